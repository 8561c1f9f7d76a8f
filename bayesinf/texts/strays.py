"""The few texts among many numbers: marks of missing values, censored values, and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import filterfalse
from typing import Any

import numpy as np

from bayesinf.errors import as_read, name_rows
from bayesinf.texts.bounds import Bound, bound_in

LIKE_MISSING = frozenset(
    ("", " ", "NA", "na", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NaT", "NULL", "null", "?")
)
"""What files write for a missing value."""

SAID_MISSING = frozenset(
    ("-", "--", ".", "$-", "$ -", "none", "unknown", "missing", "not available", "n.a.")
)
"""What people write for one, where numbers are expected."""

UNKNOWN = frozenset(("unknown", "missing", "not available", "n.a.", "not known", "no data"))
"""What people write where answers are expected; `none` and `-` are answers there."""

UNDETECTED = frozenset(("nd", "n.d.", "bdl", "lod", "bql", "blq", "lloq", "not detected", "trace"))
"""What laboratories write for less than they can measure; `ND` may say "no data" too."""

SHOWN = 4
"""Different texts that a sentence names."""

IN_A_LINE = 12
"""Different texts that a line of Python lists."""


STRETCH = 500
"""Texts that are read at once."""


def is_number(text: str) -> bool:
    """Whether Python reads it as a number; nan says that it is none."""
    try:
        value = float(text)
    except ValueError:
        return False
    return value == value


@dataclass(frozen=True)
class Strays:
    """Texts that are no numbers, in a column that holds numbers otherwise.

    Attributes:
        rows: Positions of the rows of each text, by text, the first seen first.
        reads: Whether a text is a number, as the column writes them.
    """

    rows: Mapping[str, Sequence[int]]
    reads: Callable[[str], bool] = is_number

    @staticmethod
    def among(values: Sequence[Any], reads: Callable[[str], bool], positions: Any = None) -> Strays:
        """Finds the texts of a column that are no numbers.

        Args:
            values: One text per row; None for missing is passed over.
            reads: Whether a text is a number, as this column writes them.
            positions: Where the rows stood before some were left out.
        """
        rows: dict[str, list[int]] = {}
        for row, text in _no_numbers(values) if reads is is_number else _unread(values, reads):
            rows.setdefault(text, []).append(row)
        return Strays({text: as_read(found, positions) for text, found in rows.items()}, reads)

    @property
    def places(self) -> list[int]:
        """All rows concerned."""
        return sorted(row for rows in self.rows.values() for row in rows)

    @property
    def gaps(self) -> list[str]:
        """Those that give no number at all, not even a bound."""
        return [text for text in self.rows if text not in self.bounds]

    @property
    def bounds(self) -> dict[str, Bound]:
        """The bound in each censored value whose limit can stand in its place."""
        found = {text: bound_in(text) for text in self.rows}
        return {text: bound for text, bound in found.items() if bound and self.reads(bound.limit)}

    def sentence(self) -> str:
        """Names the texts and their rows.

        Example:
            >>> Strays({"n/a": [3, 8], "<80": [5]}).sentence()
            "'n/a' in rows 3, 8 and '<80' in row 5"
        """
        named = [f"'{text}' in {name_rows(rows)}" for text, rows in self.rows.items()]
        if len(named) > SHOWN:
            named = [*named[:SHOWN], f"{len(named) - SHOWN} other texts"]
        return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))

    def steps(self, column: str) -> str:
        """What a series goes through before its texts are all numbers."""
        limits = {text: bound.limit for text, bound in self.bounds.items()}
        steps = f".replace({limits})" if limits else ""
        return steps + (f".mask({column}.isin({self.gaps}))" if self.gaps else "")

    def warning(self) -> str:
        """What the line that converts the column does to them, and when that is wrong.

        Example:
            >>> print(Strays({"<80": [5]}).warning())
            '<80' is a censored value, known to be below 80 and so not missing: left out, it would \
make the rest too high. The line puts the limit in its place; say so, or put a number that you can \
defend.
        """
        said = []
        for text, bound in list(self.bounds.items())[:1]:
            said.append(
                f"'{text}' is a censored value, known to be {bound.side} {bound.limit} and so not "
                "missing: left out, it would make the rest too "
                f"{'high' if bound.side == 'below' else 'low'}. The line puts the limit in its "
                "place; say so, or put a number that you can defend."
            )
        undetected = [text for text in self.gaps if text.strip("<≤ ").casefold() in UNDETECTED]
        if undetected:
            said.append(
                f"Find out whether '{undetected[0]}' says that there was too little to measure: "
                "that is a censored value, and the rest are too high without it; put a number that "
                "you can defend in its place."
            )
        others = [text for text in self.gaps if text not in undetected and not _is_missing(text)]
        if others:
            said.append(f"Check what '{others[0]}' means before it is made missing.")
        return " ".join(said)


def _no_numbers(texts: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Those that are no numbers; stretches that are numbers throughout are passed over at once.

    Row by row: texts that were made one after the other are read fastest in that order.
    """
    for start in range(0, len(texts), STRETCH):
        stretch = texts[start : start + STRETCH]
        try:
            if not np.isnan(np.fromiter(map(float, stretch), np.float64)).any():
                continue
        except (TypeError, ValueError):
            pass
        for row, text in enumerate(stretch, start):
            if text is not None and not is_number(text):
                yield row, text


def _unread(texts: Sequence[str], reads: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Those that are not read so, each text looked at once."""
    different = dict.fromkeys(text for text in texts if text is not None)
    strange = set(filterfalse(reads, different))
    return ((row, text) for row, text in enumerate(texts if strange else ()) if text in strange)


def says_missing(text: str) -> bool:
    """Whether an answer in words says that there is none.

    Example:
        >>> [says_missing(text) for text in ("", "N/A", "Unknown", "none", "-")]
        [True, True, True, False, False]
    """
    return text in LIKE_MISSING or text.strip().casefold() in UNKNOWN


def _is_missing(text: str) -> bool:
    return text in LIKE_MISSING or text.strip().casefold() in SAID_MISSING | {""}
