"""Covariates as numbers for a kernel: standardised values, and steps between ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import bayesinf as bi

STEPS = 16
"""Cuts per covariate at quantiles; with more of them the answers of the benchmarks stayed."""

FARTHEST = 6.0
"""Standardised values are moved to this many standard deviations, where slopes stop being seen."""

RAREST = 5
"""Rows that must differ from a covariate's most frequent value; fewer say nothing about it."""


@dataclass(frozen=True, eq=False)
class Encoding:
    """Covariates of rows, ready for kernels.

    Attributes:
        names: (covariate,) what each column of `values` is.
        values: (row, covariate) of mean 0 and standard deviation 1.
        steps: (row, step) numbers whose squared distance within one covariate is the share of its
            cuts that lie between two rows.
        owner: (step,) the covariate of each step.
    """

    names: tuple[str, ...]
    values: np.ndarray
    steps: np.ndarray
    owner: np.ndarray

    def take(self, rows: np.ndarray) -> Encoding:
        """The same encoding of some rows."""
        return Encoding(self.names, self.values[rows], self.steps[rows], self.owner)


def encode_columns(columns: Mapping[str, np.ndarray]) -> Encoding:
    """Encodes columns of a table: numbers and booleans as they are, text as indicators.

    Args:
        columns: (row,) values without missing ones.

    Raises:
        DataError: A number is infinite or missing.

    Example:
        >>> encode_columns({"g": np.array(["a", "b"] * 5, dtype=object)}).names
        ("g = 'b'",)
    """
    names: list[str] = []
    found: list[np.ndarray] = []
    for name, given in columns.items():
        values = np.asarray(given)
        if values.dtype.kind in "OUS":
            for level in sorted(set(values.tolist()))[1:]:
                names.append(f"{name} = {level!r}")
                found.append((values == level).astype(np.float64))
        else:
            names.append(name)
            found.append(values.astype(np.float64))
    rows = len(next(iter(columns.values()))) if columns else 0
    matrix = np.column_stack(found) if found else np.empty((rows, 0))
    return encode_matrix(matrix, tuple(names))


def encode_matrix(matrix: np.ndarray, names: tuple[str, ...] | None = None) -> Encoding:
    """Standardises covariates, cuts them at quantiles, and leaves out those that are constant.

    Ordering by rank makes the steps blind to monotone transformations of a covariate, as trees
    are; the standardised values are not, and are kept within six standard deviations.

    Args:
        matrix: (row, covariate) numbers.
        names: One per covariate; None numbers them.

    Raises:
        DataError: A number is infinite or missing.

    Example:
        >>> found = encode_matrix(np.array([[1.0, 5.0]] * 6 + [[2.0, 5.0]] * 6))
        >>> found.names, found.values[0], found.steps.shape
        (('x1',), array([-1.]), (12, 1))
    """
    called = names or tuple(f"x{j + 1}" for j in range(matrix.shape[1]))
    for name, column in zip(called, matrix.T, strict=True):
        if not np.isfinite(column).all():
            raise bi.DataError(
                f"'{name}' is missing or infinite in {np.count_nonzero(~np.isfinite(column))} "
                "rows.",
                code="not-finite",
                column=name,
                hint="Leave these rows out, or fill in the values.",
            )
    kept = [j for j in range(matrix.shape[1]) if varies(matrix[:, j])]
    used = matrix[:, kept].astype(np.float64)
    values = np.empty(used.shape)
    for j, column in enumerate(used.T):
        values[:, j] = np.clip((column - column.mean()) / column.std(), -FARTHEST, FARTHEST)
    blocks = [steps_of(column) for column in used.T]
    steps = np.concatenate([np.empty((len(matrix), 0)), *blocks], axis=1)
    owner = np.repeat(np.arange(len(kept)), [block.shape[1] for block in blocks])
    return Encoding(tuple(called[j] for j in kept), values, steps, owner.astype(int))


def varies(column: np.ndarray) -> bool:
    """Whether enough rows differ from the most frequent value."""
    _, counts = np.unique(column, return_counts=True)
    return len(column) - int(counts.max()) >= min(RAREST, len(column) // 4)


def steps_of(column: np.ndarray) -> np.ndarray:
    """Marks on which side of each cut the values lie: (row, step)."""
    distinct = np.unique(column)
    middle = (distinct[1:] + distinct[:-1]) / 2
    if len(middle) > STEPS:
        middle = np.unique(np.quantile(column, (np.arange(STEPS) + 0.5) / STEPS))
    return (column[:, None] > middle) / np.sqrt(len(middle))
