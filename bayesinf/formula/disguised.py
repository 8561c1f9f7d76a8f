"""Text of many levels that is no factor: numbers or dates of a file read amiss, or groups."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.errors import DataError, as_read

FEW_LEVELS, MANY_LEVELS = 4, 20
"""Numbers of up to 20 levels may well be codes; of up to 4, even where most rows have their own."""

MOSTLY = 0.9
"""Of the levels, this share must read as numbers, or as dates."""

MOST_LEVELS = 1000
"""Of text that is coded without being asked to; C(...) asks."""

LOOKED_AT = 1000
"""Rows; text that is numbers shows it at once."""

WRITTEN_NUMBER = re.compile(
    r"[-+]?[$€£]?\s?(\d+|\d{1,3}([,.' ]\d{3})+)([.,]\d+)?\s?[%$€£]?", re.ASCII
)
"""As people write numbers: 1,5 or 1,234.50 or $3 or 12 %."""

DATE = re.compile(r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3\d{2,4})([T ].*)?")
"""Year first or last, with a time of day or without."""


@dataclass(frozen=True)
class Disguise:
    """What text may really be.

    Attributes:
        code: Of the error.
        what: In the plural.
        reads: Whether one level is that.
        advice: How to convert a column, with `{0}` for its name.
    """

    code: str
    what: str
    reads: Callable[[str], bool]
    advice: str


def is_number(text: str) -> bool:
    """Whether Python reads it as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


DISGUISES = (
    Disguise(
        "numbers-as-text",
        "numbers",
        is_number,
        "Convert it to numbers before the fit, by pandas.to_numeric(frame['{0}'], errors='coerce')",
    ),
    Disguise(
        "dates-as-text",
        "dates",
        lambda text: DATE.fullmatch(text.strip()) is not None,
        "Convert it to dates before the fit, by pandas.to_datetime(frame['{0}']) and then days "
        "since a first one",
    ),
    Disguise(
        "numbers-as-text",
        "numbers with signs or commas",
        lambda text: is_number(text) or WRITTEN_NUMBER.fullmatch(text.strip()) is not None,
        "Convert it to numbers before the fit: take signs off, and read a file of decimal commas "
        "by pandas.read_csv(..., decimal=',', thousands='.')",
    ),
)
"""In the order in which they are tried."""


def refuse_disguised(
    name: str,
    values: np.ndarray,
    present: set[object],
    positions: np.ndarray | None = None,
    insist: str = "; or write C({0}) for a coefficient of each level",
) -> None:
    """Refuses text of many levels, above all where they are numbers or dates; C(...) insists.

    Args:
        name: The column, coded by the formula without C(...) and without declared levels.
        values: Shape (row,), text.
        present: The levels.
        positions: Where the rows stood before some were left out.
        insist: How to have it all the same, with `{0}` for the name; empty where there is no way.

    Raises:
        DataError: `numbers-as-text`, `dates-as-text` or `many-levels`.
    """
    if len(present) <= max(FEW_LEVELS, min(MANY_LEVELS, len(values) // 2)):
        return
    sample = [str(level) for level in dict.fromkeys(values[:LOOKED_AT].tolist())]
    for disguise in DISGUISES:
        if sum(map(disguise.reads, sample)) > MOSTLY * len(sample):
            raise _disguised(name, values, len(present), disguise, positions, insist)
    if len(present) > MOST_LEVELS:
        raise many_levels(name, values[0], len(present), positions)


def _disguised(
    name: str,
    values: np.ndarray,
    count: int,
    disguise: Disguise,
    positions: np.ndarray | None,
    insist: str,
) -> DataError:
    row = next(row for row, value in enumerate(values) if disguise.reads(str(value)))
    return DataError(
        f"Column '{name}' is text of {count:,} levels that are {disguise.what}, such as "
        f"{values[row]!r} in row {as_read([row], positions)[0]}; each level but one would have a "
        "coefficient.",
        code=disguise.code,
        column=name,
        hint=f"{disguise.advice.format(name)}{insist.format(name)}.",
    )


def many_levels(name: str, first: object, count: int, positions: np.ndarray | None) -> DataError:
    """The error for a factor of more levels than anybody wants coefficients of."""
    return DataError(
        f"Column '{name}' has {count:,} levels, such as {first!r} in row "
        f"{as_read([0], positions)[0]}; each level but one would have a coefficient.",
        code="many-levels",
        column=name,
        hint=f"Let it vary by group, as in (1 | {name}), which takes no columns; or write "
        f"C({name}) for a coefficient of each level.",
    )
