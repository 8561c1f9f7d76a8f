"""How good a refusal is: one point each for what, how many, where, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bayesinf.errors import BayesinfError

PLACE = re.compile(r"\brows? \d|^\s*\^+\s*$", re.MULTILINE)
"""A row by its number, or a caret under the formula."""

IMPERATIVE = re.compile(
    r"(?:^|[.:;,] |\n\s*)(?:or )?(Add|Ask|Average|Call|Change|Check|Choose|Compare|Convert|Correct|"
    r"Declare|Draw|Drop|Encode|Fill|Fit|Flatten|Give|Group|Install|Join|Keep|Leave|Let|List|Load|Make|"
    r"Measure|Move|Name|Pass|Put|Quote|Read|Recode|Refit|Remove|Rename|Replace|Rescale|Reshape|Round|"
    r"Save|Say|Set|Shorten|Split|State|Take|Turn|Use|Write)\b"
)
"""A hint tells the reader to do something."""


@dataclass(frozen=True)
class Grade:
    """The points of one message.

    Attributes:
        names: It names the column, the level, or the part of the formula.
        counts: It says how many.
        places: It says where.
        advises: It says what to do.
    """

    names: bool
    counts: bool
    places: bool
    advises: bool

    @property
    def points(self) -> int:
        return sum((self.names, self.counts, self.places, self.advises))


def grade(error: BayesinfError, names: str, count: int | None) -> Grade:
    """Grades a message by what stands in it.

    Args:
        error: As raised.
        names: What it must name, in quotes or backticks.
        count: The number that it must say; None where nothing can be counted.
    """
    text = str(error)
    said = {int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\d|\d", text)}
    return Grade(
        names=re.search(rf"['\"`]{re.escape(names)}['\"`]", text) is not None,
        counts=count is not None and count in said,
        places=PLACE.search(text) is not None,
        advises=error.hint is not None and IMPERATIVE.search(error.hint) is not None,
    )
