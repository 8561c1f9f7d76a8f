"""Separation: directions of the predictors along which a likelihood has no maximum.

With outcomes of two kinds, a direction b separates when x b >= 0 in every row of successes and
x b <= 0 in every row of failures, and not all are 0: moving the coefficients along b never makes
the data less probable. With counts, it is a direction that only rows of zeros feel. Priors alone
bound the coefficients along it.

Source: Albert and Anderson (1984), Biometrika 71, 1-10; the linear programme is Konis' (2007).
"""

from __future__ import annotations

import numpy as np

LARGEST_SEARCH = 500_000
"""Rows times columns up to which directions of several columns are searched; beyond, single columns
alone are looked at, as levels of factors are."""

LARGEST_PROGRAMME = 50_000
"""Rows times columns up to which the linear programme is solved, where the search needs it."""

STEPS = 12
"""Of Newton's method, which settles in six or so where there is a maximum."""

SMALLEST = 1e-7
"""Of a column of size one, what counts as different from 0."""


def separating_columns(
    population: np.ndarray, up: np.ndarray, down: np.ndarray, has_intercept: bool
) -> np.ndarray:
    """Finds a direction that separates.

    Args:
        population: Shape (row, column).
        up: Shape (row,). Rows that more of the predictor never makes less probable.
        down: Shape (row,). Rows that less of the predictor never makes less probable; a row that is
            neither has its own best value, and does not allow any movement.
        has_intercept: Whether column 0 is an intercept.

    Returns:
        The positions of the columns in it; none where nothing separates.
    """
    size = np.abs(population).max(axis=0, initial=0.0)
    scaled = population / np.where(size > 0, size, 1.0)
    sign = up.astype(float) - down.astype(float)
    alone = _of_one_column(scaled, sign, has_intercept)
    if len(alone):
        return alone
    if scaled.size > LARGEST_SEARCH or _has_maximum(scaled, sign):
        return np.zeros(0, dtype=int)
    rows = np.unique(np.column_stack([scaled, sign]), axis=0)
    if rows.size > LARGEST_PROGRAMME:
        return np.zeros(0, dtype=int)
    return _of_any(rows[:, :-1], rows[:, -1])


def _of_one_column(scaled: np.ndarray, sign: np.ndarray, has_intercept: bool) -> np.ndarray:
    """A column that separates by itself, or with the intercept, as a threshold does."""
    free = sign == 0
    for place in range(int(has_intercept), scaled.shape[1]):
        column = scaled[:, place]
        moved = sign * column
        moves = np.abs(column).max(initial=0.0) > SMALLEST and not column[free].any()
        if moves and ((moved >= 0).all() or (moved <= 0).all()):
            return np.array([place])
        if has_intercept and not free.any() and _is_threshold(column, sign):
            return np.array([0, place])
    return np.zeros(0, dtype=int)


def _is_threshold(column: np.ndarray, sign: np.ndarray) -> bool:
    high, low = column[sign > 0], column[sign < 0]
    if not len(high) or not len(low) or column.min() == column.max():
        return False
    return bool(high.min() >= low.max() or high.max() <= low.min())


def _has_maximum(scaled: np.ndarray, sign: np.ndarray) -> bool:
    """Whether a likelihood is seen to have a maximum, which no direction then separates.

    Rows that allow no movement settle it where they have full rank. With outcomes of two kinds,
    Newton steps on the logistic likelihood settle down; along a direction that separates, each step
    moves the predictor by about 1 for ever.
    """
    free = sign == 0
    if free.any():
        return bool(np.linalg.matrix_rank(scaled[free]) == scaled.shape[1])
    predictor = np.zeros(len(sign))
    for _ in range(STEPS if (sign > 0).any() else 0):
        share = 1.0 / (1.0 + np.exp(-predictor))
        curvature = (scaled * (share * (1.0 - share))[:, None]).T @ scaled
        slope = ((sign > 0) - share) @ scaled
        moved = scaled @ np.linalg.lstsq(curvature, slope, rcond=None)[0]
        predictor = predictor + moved
        furthest = float(np.abs(moved).max(initial=0.0))
        if furthest < SMALLEST or not furthest < 100.0:
            return furthest < SMALLEST
    return False


def _of_any(scaled: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Solves for the direction, of coefficients within 1, that moves the rows furthest."""
    from scipy.optimize import linprog

    bound, free = sign != 0, sign == 0
    moved = scaled[bound] * sign[bound, None]
    found = linprog(
        -moved.sum(axis=0),
        A_ub=-moved,
        b_ub=np.zeros(len(moved)),
        A_eq=scaled[free] if free.any() else None,
        b_eq=np.zeros(int(free.sum())) if free.any() else None,
        bounds=(-1.0, 1.0),
        method="highs",
    )
    if found.x is None or (moved @ found.x).max(initial=0.0) < SMALLEST:
        return np.zeros(0, dtype=int)
    return np.flatnonzero(np.abs(found.x) > SMALLEST)
