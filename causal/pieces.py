"""What an adjuster brings into a formula, and what of it other terms bring already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

import bayesinf as bi

REST = 1e-9
"""Share of a column's length below which what other columns leave of it is rounding."""


@dataclass(frozen=True)
class Piece:
    """How an adjuster enters a formula.

    Attributes:
        main: The part that may be multiplied by the treatment; empty for a constant column.
        bend: What is added to it, such as a square.
        products: How many columns a product with the treatment makes; 0 where there can be none.
    """

    main: str
    bend: str = ""
    products: int = 0

    @property
    def texts(self) -> tuple[str, ...]:
        """The parts that are not empty."""
        return tuple(text for text in (self.main, self.bend) if text)


def width_of(term: str, table: bi.Table, received: np.ndarray) -> int:
    """Counts the columns of numbers that a term becomes in these rows."""
    return numbers_of(term, table, received).shape[1]


def numbers_of(term: str, table: bi.Table, received: np.ndarray) -> np.ndarray:
    """(row, number) columns of numbers that a term becomes in these rows."""
    response = "received"
    while response in table.columns:
        response += "_"
    columns = {**table.columns, response: received.astype(float)}
    rows = bi.Table(columns, table.levels, table.index, table.n)
    design = bi.model(f"{response} ~ {term}", rows).design
    known = [name != "Intercept" for name in design.names]
    return np.asarray(design.rows.population)[:, known]


def without_repeats(
    pieces: Sequence[Piece], written: Sequence[str], table: bi.Table, received: np.ndarray
) -> list[Piece]:
    """Leaves out of pieces what terms as they were written say already, such as `x` in `x*g`.

    Otherwise the same numbers stood in the formula twice, and no data could tell them apart.

    Args:
        pieces: Those of columns that are in these terms too.
        written: The terms, which stay as they are.
        table: Rows without missing values.
        received: (n,) booleans, True for the rows that had the treatment.
    """
    if not pieces:
        return []
    one = np.ones((table.n, 1))
    span = basis(one, *(numbers_of(text, table, received) for text in written))
    found = []
    for piece in pieces:
        kept = []
        for text in piece.texts:
            numbers = numbers_of(text, table, received)
            rest = numbers - span @ (span.T @ numbers)
            if (np.linalg.norm(rest, axis=0) > REST * np.linalg.norm(numbers, axis=0)).any():
                span = basis(span, rest)
                kept.append(text)
        bend = "".join(kept[1:])
        found.append(replace(piece, main=kept[0], bend=bend) if kept else Piece(""))
    return found


def basis(*blocks: np.ndarray) -> np.ndarray:
    """(row, direction) orthonormal columns that span those of some matrices.

    Example:
        >>> x = np.arange(4.0)[:, None]
        >>> basis(x, 2 * x).shape
        (4, 1)
    """
    columns = np.column_stack(blocks)
    sizes = np.linalg.norm(columns, axis=0)
    left, values, _ = np.linalg.svd(columns[:, sizes > 0] / sizes[sizes > 0], full_matrices=False)
    return left[:, values > REST * values[0]]
