"""Rows that are the same in everything that a model reads, found quickly where there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAMPLE = 2000
"""Rows that are looked at first. Of a million rows with fewer than 400,000 different ones in equal
shares, two of the sample are the same with a probability above 0.99."""

WORTH = 0.5
"""Rows are worth collapsing when no more than this share of them is left."""

SEED = 5_081_811
"""Of the sample, which decides about speed only."""


@dataclass(frozen=True, eq=False)
class Distinct:
    """The different rows among many.

    Attributes:
        first: Shape (distinct,). The position of the first row of each kind, in ascending order.
        kind: Shape (row,). Which of them each row equals.
    """

    first: np.ndarray
    kind: np.ndarray

    def sums(self, weights: np.ndarray | None) -> np.ndarray:
        """The weights of all rows of each kind together; the rows are counted without weights."""
        return np.bincount(self.kind, weights=weights, minlength=len(self.first)).astype(float)


def distinct_rows(columns: list[np.ndarray]) -> Distinct | None:
    """Finds the different rows of a table.

    Args:
        columns: Arrays of shape (row,), numbers.

    Returns:
        The different rows; None where more than `WORTH` of all rows would be left, or where a
        sample shows no two that are the same.
    """
    rows = len(columns[0])
    sample = np.arange(rows)
    if rows > SAMPLE:
        sample = np.sort(np.random.default_rng(SEED).choice(rows, SAMPLE, replace=False))
    seen = np.unique(row_hashes([column[sample] for column in columns]))
    if len(seen) == SAMPLE:
        return None
    place, known = _numbered(row_hashes(columns), seen)
    if len(known) > WORTH * rows:
        return None
    first = np.empty(len(known), dtype=np.int64)
    first[place[::-1]] = np.arange(rows)[::-1]  # of equal rows the last one written is the first
    order = np.argsort(first)
    rank = np.empty(len(known), dtype=np.int64)
    rank[order] = np.arange(len(known))
    found = Distinct(first[order], rank[place])
    return found if _is_right(found, columns) else None


def _numbered(hashes: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of each hash among the different ones, which are sorted.

    A search among the few that were seen before is several times as fast as sorting all.
    """
    place = np.minimum(np.searchsorted(seen, hashes), len(seen) - 1)
    new = seen[place] != hashes
    if not new.any():
        return place, seen
    known = np.union1d(seen, hashes[new])
    return np.searchsorted(known, hashes), known


def _is_right(found: Distinct, columns: list[np.ndarray]) -> bool:
    """Whether rows with one hash are one, which chance denies once in 1e7 tables of a million."""
    return all(np.array_equal(column[found.first][found.kind], column) for column in columns)


def row_hashes(columns: list[np.ndarray]) -> np.ndarray:
    """One 64-bit number per row, which depends on every bit of every column.

    Source: the mixing steps of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, figure 15).
    """
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        # Adding zero makes -0.0 and 0.0 one number.
        total += np.ascontiguousarray(column + 0.0, dtype=np.float64).view(np.uint64)
        total ^= total >> np.uint64(30)
        total *= np.uint64(0xBF58476D1CE4E5B9)
        total ^= total >> np.uint64(27)
        total *= np.uint64(0x94D049BB133111EB)
        total ^= total >> np.uint64(31)
    return total
