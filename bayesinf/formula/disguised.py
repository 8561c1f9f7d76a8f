"""Text of many levels that is no factor: numbers or dates of a file read amiss, or groups."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from bayesinf.errors import DataError, as_read

FEW_LEVELS, MANY_LEVELS = 4, 20
"""Numbers of up to 20 levels may well be codes; of up to 4, even where most rows have their own."""

MOSTLY = 0.9
"""Of the levels, this share must read as numbers, or as dates."""

MOST_LEVELS = 1000
"""Of text that is coded without being asked to; C(...) asks."""

LOOKED_AT = 1000
"""Levels; text that is numbers shows it at once."""

DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?"
)


def refuse_disguised(
    name: str, values: np.ndarray, present: set[object], positions: np.ndarray | None = None
) -> None:
    """Refuses text of many levels, above all where they are numbers or dates; C(...) insists.

    Args:
        name: The column, coded by the formula without C(...) and without declared levels.
        values: Shape (row,), text.
        present: The levels.
        positions: Where the rows stood before some were left out.

    Raises:
        DataError: `numbers-as-text`, `dates-as-text` or `many-levels`.
    """
    if len(present) <= max(FEW_LEVELS, min(MANY_LEVELS, len(values) // 2)):
        return
    sample = [str(level) for _, level in zip(range(LOOKED_AT), present, strict=False)]
    for kind, reads, way in (
        ("numbers", _is_number, f"pandas.to_numeric(frame['{name}'], errors='coerce')"),
        ("dates", _is_date, f"pandas.to_datetime(frame['{name}'])"),
    ):
        if sum(map(reads, sample)) > MOSTLY * len(sample):
            raise _disguised(name, values, len(present), kind, way, positions)
    if len(present) > MOST_LEVELS:
        raise many_levels(name, values[0], len(present), positions)


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


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    return DATE.fullmatch(text.strip()) is not None


def _disguised(
    name: str,
    values: np.ndarray,
    count: int,
    kind: str,
    way: str,
    positions: np.ndarray | None,
) -> DataError:
    after = " and then days since a first one" if kind == "dates" else ""
    row = _first_row(values, kind)
    return DataError(
        f"Column '{name}' is text of {count:,} levels that are {kind}, such as {values[row]!r} in "
        f"row {as_read([row], positions)[0]}; each level but one would have a coefficient.",
        code=f"{kind}-as-text",
        column=name,
        hint=f"Convert it to {kind} before the fit, by {way}{after}; or write C({name}) for a "
        "coefficient of each level.",
    )


def _first_row(values: Sequence[str] | np.ndarray, kind: str) -> int:
    reads = _is_number if kind == "numbers" else _is_date
    return next(row for row, value in enumerate(values) if reads(str(value)))
