"""Text of many levels that is no factor: numbers or dates of a file read amiss, or groups."""

from __future__ import annotations

import numpy as np

from bayesinf.errors import DataError, as_read
from bayesinf.texts import LOOKED_AT, LOOKED_THROUGH, Meaning, Strays, is_number, meaning_of

FEW_LEVELS, MANY_LEVELS = 4, 20
"""Numbers of up to 20 levels may well be codes; of up to 4, even where most rows have their own."""

UNITS = 10
"""Numbers with units of up to 10 levels may be doses or sizes that were chosen."""

MOST_LEVELS = 1000
"""Of text that is coded without being asked to; C(...) asks."""

INSIST = "If they are codes, write C({0}) for a coefficient of each level."
"""How those have their way who mean levels."""


def refuse_disguised(
    name: str,
    values: np.ndarray,
    present: set[object],
    positions: np.ndarray | None = None,
    insist: str = INSIST,
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
    few = max(FEW_LEVELS, min(MANY_LEVELS, len(values) // 2))
    if len(present) <= min(few, UNITS):
        return
    if len(present) <= LOOKED_AT:
        levels = sorted(map(str, present))
    else:
        levels = [str(value) for value in dict.fromkeys(values[:: len(values) // LOOKED_AT])]
    meaning = meaning_of(name, levels)
    if meaning is not None and (len(present) > few or meaning.is_measured):
        raise _disguised(name, values, len(present), meaning, positions, insist)
    if len(present) > MOST_LEVELS:
        raise many_levels(name, values[0], len(present), positions)


def _disguised(
    name: str,
    values: np.ndarray,
    count: int,
    meaning: Meaning,
    positions: np.ndarray | None,
    insist: str,
) -> DataError:
    reads = meaning.reads
    first = next(row for row, value in enumerate(values) if reads(str(value)))
    searched = values if reads is is_number else values[:LOOKED_THROUGH]
    strays = Strays.among(searched.tolist(), reads, positions)
    but = f", but for {strays.sentence()}" if strays.rows else ""
    return DataError(
        f"Column '{name}' is text of {count:,} levels that are {meaning.what}, such as "
        f"{values[first]!r} in row {as_read([first], positions)[0]}{but}; each level but one would "
        "have a coefficient.",
        code=meaning.code,
        column=name,
        rows=strays.places,
        hint="\n  ".join(filter(None, [meaning.advice(strays), insist.format(name)])),
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
