"""Averages of draws over rows: all of them, by the levels of a column, or each row by itself.

Averaging knows nothing of contrasts: it turns draws of rows, which arrive in stretches, into draws
of a few cases, and never holds more than one stretch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from bayesinf.data.missing import refuse_missing
from bayesinf.data.table import Table
from bayesinf.errors import DataError, ModelError, name_rows


@dataclass(frozen=True, eq=False)
class Cells:
    """Which rows enter which average, and how much each of them counts.

    Attributes:
        names: What the labels are names of; empty for one average over all rows.
        labels: One label per cell, each with one entry per name.
        codes: Shape (row,). The cell of each row.
        weights: Shape (row,). They add up to one in each cell.
        weighted_by: The column that the weights come from; None where all rows count alike.
        single: Whether every row is a cell of its own.
        once: Said of rows that count alike here and did not in the fit; else empty.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[object, ...], ...]
    codes: np.ndarray
    weights: np.ndarray
    weighted_by: str | None = None
    single: bool = False
    once: str = ""

    @property
    def counts(self) -> np.ndarray:
        """How many rows each cell has."""
        return np.bincount(self.codes, minlength=len(self.labels))

    def times(self, factors: np.ndarray) -> Cells:
        """The same cells with each row's weight multiplied, for sums that are not averages."""
        return replace(self, weights=self.weights * factors)


def all_rows(table: Table, weights: str | None = None) -> Cells:
    """One average over all rows.

    Args:
        table: The rows.
        weights: The column that says how much each row counts; None counts all alike.
    """
    codes = np.zeros(table.n, dtype=np.intp)
    return Cells((), ((),), codes, _normalised(codes, table, weights), weights)


def rows_by(table: Table, column: str, weights: str | None = None) -> Cells:
    """One average per level of a column, in declared order, else sorted.

    Args:
        table: The rows.
        column: A complete column of them.
        weights: The column that says how much each row counts; None counts all alike.

    Raises:
        DataError: `missing-values`, in the column.
    """
    values = table.columns[column]
    refuse_missing(Table({column: values}, {}))
    present = values.tolist()
    levels = table.levels.get(column) or tuple(sorted(set(present)))
    place = {level: code for code, level in enumerate(levels)}
    codes = np.fromiter((place[value] for value in present), dtype=np.intp, count=table.n)
    labels = tuple((level,) for level in levels)
    return Cells((column,), labels, codes, _normalised(codes, table, weights), weights)


def each_row(table: Table) -> Cells:
    """Every row by itself, labelled by the frame's index, else by position."""
    index = range(table.n) if table.index is None else table.index.tolist()
    labels = tuple((label,) for label in index)
    return Cells(("row",), labels, np.arange(table.n), np.ones(table.n), single=True)


def cell_averages(
    stretches: Iterable[tuple[slice, np.ndarray]], cells: Cells, draws: int
) -> np.ndarray:
    """Averages draws of rows within cells, one stretch of rows at a time.

    Args:
        stretches: Pairs of the rows' positions and their draws (draw, row).
        cells: Which rows enter which average.
        draws: Number of draws.

    Returns:
        Shape (draw, cell): draw by draw the exact weighted average.
    """
    totals = np.zeros((draws, len(cells.labels)))
    for rows, block in stretches:
        codes, weights = cells.codes[rows], cells.weights[rows]
        if codes[0] == codes[-1] and (codes == codes[0]).all():
            totals[:, codes[0]] += block @ weights
            continue
        order = np.argsort(codes, kind="stable")
        ordered = codes[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        # Prediction lays the draws of a row side by side; sums then run along memory.
        weighted = block.T[order]
        weighted *= weights[order, None]
        totals[:, ordered[starts]] += np.add.reduceat(weighted, starts, axis=0).T
    return totals


def _normalised(codes: np.ndarray, table: Table, column: str | None) -> np.ndarray:
    weights = np.ones(table.n) if column is None else _weights(table, column)
    totals = np.bincount(codes, weights=weights)
    if not (totals > 0).all():
        empty = np.flatnonzero(codes == int(np.flatnonzero(totals <= 0)[0]))
        raise DataError(
            f"The weights '{column}' are all zero in {name_rows(empty.tolist())}, which one "
            "average is made of.",
            code="zero-weights",
            column=column,
            rows=empty.tolist(),
        )
    return weights / totals[codes]


def _weights(table: Table, column: str) -> np.ndarray:
    values = table.columns[column]
    refuse_missing(Table({column: values}, {}))
    if values.dtype == object:
        raise ModelError(
            f"Weights are numbers; the column '{column}' is text.", code="weights", column=column
        )
    weights = values.astype(np.float64)
    wrong = np.flatnonzero((weights < 0) | ~np.isfinite(weights)).tolist()
    if wrong:
        raise DataError(
            f"Weights must be finite and not negative; '{column}' is {weights[wrong[0]]:g} in "
            f"{name_rows(wrong)}.",
            code="negative-weights",
            column=column,
            rows=wrong,
        )
    return weights
