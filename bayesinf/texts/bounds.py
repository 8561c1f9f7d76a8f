"""Bounds in place of a value: `<80`, `under 18`, `65+`, `60 or more`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bayesinf.texts.way import SHORT

LIMIT = r"(?:US\$|[$€£¥₹])?\s*[-+.\d].*?"

BELOW = ("<=?|≤|less than|fewer than|under|below|at most|up to|no more than",
         "(?:or|and) (?:less|fewer|lower|below|under|younger)")  # fmt: skip
ABOVE = (">=?|≥|more than|over|above|at least|no less than",
         r"\+|(?:or|and) (?:more|higher|above|over|older|greater|up|upwards)")  # fmt: skip
"""What stands before the limit, and what behind it."""


def _form(before: str, behind: str) -> re.Pattern[str]:
    return re.compile(
        rf"{SHORT}\s*(?:(?:{before})\s*(?P<first>{LIMIT})|(?P<last>{LIMIT})\s*(?:{behind}))\s*",
        re.IGNORECASE,
    )


FORMS: tuple[tuple[Literal["below", "above"], re.Pattern[str]], ...] = (
    ("below", _form(*BELOW)),
    ("above", _form(*ABOVE)),
)


@dataclass(frozen=True)
class Bound:
    """What is known of a censored value.

    Attributes:
        side: Whether the value is below the limit, or above.
        limit: As it is written.
    """

    side: Literal["below", "above"]
    limit: str


def bound_in(text: str) -> Bound | None:
    """The bound that a text gives; None where it gives none.

    Example:
        >>> bound_in("<0.5"), bound_in("65+").limit, bound_in("18-25")
        (Bound(side='below', limit='0.5'), '65', None)
    """
    if text[:1].isdigit() and text[-1:].isdigit():  # a number or a date, as most texts are
        return None
    for side, form in FORMS:
        if match := form.fullmatch(text):
            return Bound(side, (match["first"] or match["last"]).strip())
    return None
