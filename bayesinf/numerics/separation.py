"""Recession: directions of the predictors along which a likelihood does not vanish.

The rows of a likelihood see the unknowns b through their predictors X b. A row is open above where
its likelihood does not vanish as its predictor goes up for ever (a success; no trial at all), and
open below where it does not on the way down (a failure, a count of zero). The directions along
which no row vanishes form the cone

    C = {d : (X d)_i <= 0 in rows not open above, (X d)_i >= 0 in rows not open below},

whatever point the way starts from. Where the rows' log likelihoods are bounded and vanish at least
exponentially at the ends that are not open, the likelihood integrates to a finite number over b
exactly if C holds no direction but 0. A direction in C that moves a row separates the outcomes.

A linear programme finds one: at most a few hundred rows bound a direction, so it starts with some
and takes up those that its answer breaks, until there are none.

Source: Albert and Anderson (1984), Biometrika 71, 1-10, whose complete and quasi-complete
separation are the directions that move all rows, or some; Rockafellar (1970), Convex Analysis,
sections 8 and 27, for the cone; the linear programme is Konis' (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 12
"""Of Newton's method, which settles in six or so where there is a maximum."""

SMALLEST = 1e-7
"""Of a row of length one, what counts as moved."""

SMALLEST_RELATIVE = 1e-10
"""Of the longest row, what counts as seen: less is rounding."""

EMPTY = np.zeros(0, dtype=int)

ROWS_AT_FIRST = 400
"""Rows that the linear programme starts with; it takes up so many more at a time."""

MOST_ROUNDS = 40

MOST_COLUMNS = 300
"""Columns up to which directions of several are searched; with more, columns are looked at alone,
as levels of factors are."""

LARGEST_CLIMB = 500_000
"""Rows times columns up to which Newton's method is quicker than the linear programme."""

LARGEST_CONE = 1_000_000
"""Rows times columns up to which the size of a cone is measured, where levels have columns."""


@dataclass(frozen=True, eq=False)
class Bounds:
    """A cone of directions, without those that no row sees.

    Attributes:
        basis: Shape (column, direction). Directions that rows closed on both sides do not see.
        sides: Shape (side, direction). What the others ask: `sides @ d >= 0`, of length one each.
    """

    basis: np.ndarray
    sides: np.ndarray


def bounds_of(columns: np.ndarray, above: np.ndarray, below: np.ndarray) -> Bounds:
    """Writes down what the rows allow.

    Args:
        columns: Shape (row, column).
        above: Shape (row,). Rows whose likelihood does not vanish on the way up.
        below: Shape (row,). Rows whose likelihood does not vanish on the way down.
    """
    closed = ~(above | below)
    one_sided = slice(None) if not closed.any() and not (above & below).any() else above ^ below
    basis = null_space(columns[closed])
    kept = columns[one_sided]
    sides = kept @ basis if basis.shape[1] < len(basis) else kept
    length = _lengths(sides)
    # A row that sees next to nothing of its own size sees rounding.
    seen = length > SMALLEST_RELATIVE * _lengths(kept)
    sign = np.where(above[one_sided][seen], 1.0, -1.0) / length[seen]
    return Bounds(basis, sides[seen] * sign[:, None])


def _lengths(rows: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def null_space(rows: np.ndarray) -> np.ndarray:
    """An orthonormal basis, shape (column, direction), of what rows do not see."""
    basis = np.eye(rows.shape[1])
    length = _lengths(rows).max(initial=0.0)
    start, stretch = 0, 4 * rows.shape[1] + ROWS_AT_FIRST
    # A first stretch mostly settles it, and then the others need not be looked at.
    while start < len(rows) and basis.shape[1]:
        seen = rows[start : start + stretch] @ basis
        if _lengths(seen).max() > SMALLEST_RELATIVE * length:
            triangle = np.linalg.qr(seen, mode="r") if len(seen) > seen.shape[1] else seen
            _, sizes, directions = np.linalg.svd(triangle)
            rank = int((sizes > SMALLEST_RELATIVE * max(length, sizes[0])).sum())
            basis = basis @ directions[rank:].T
        start += stretch
    return basis


def separating_columns(
    population: np.ndarray, above: np.ndarray, below: np.ndarray, has_intercept: bool
) -> np.ndarray:
    """Finds a direction that separates.

    Args:
        population: Shape (row, column).
        above: Shape (row,). Rows that more of the predictor never makes all but impossible.
        below: Shape (row,). The same for less of the predictor; a row that is neither has its own
            best value, and does not allow any movement.
        has_intercept: Whether column 0 is an intercept.

    Returns:
        The positions of the columns in it, few if there is a choice; none where nothing separates.
    """
    sample = _some_rows(above, below)
    if len(sample) < len(population):
        # Rows that are left out could only forbid more.
        some = (population[sample], above[sample], below[sample])
        if len(separating_columns(*some, has_intercept)) == 0:
            return EMPTY
    speaks = ~(above & below) if (above & below).any() else slice(None)
    size = np.abs(population).max(axis=0, initial=0.0)
    scaled = population[speaks] / np.where(size > 0, size, 1.0)
    above, below = above[speaks], below[speaks]
    sign = above.astype(float) - below.astype(float)
    alone = _of_one_column(scaled, sign, has_intercept)
    if len(alone) or not 2 <= scaled.shape[1] <= MOST_COLUMNS or _has_maximum(scaled, sign):
        return alone
    bounds = bounds_of(scaled, above, below)
    direction = bounds.basis @ _fewest(bounds)
    return np.flatnonzero(np.abs(direction) > SMALLEST * np.abs(direction).max(initial=0.0))


def _some_rows(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Rows of each kind: open above, below, and on neither side; all of them where they are few."""
    found = []
    for kind in (above & ~below, below & ~above, ~above & ~below):
        rows = np.flatnonzero(kind)
        found.append(rows[first_rows(len(rows))])
    sample = np.concatenate(found)
    return sample if 4 * len(sample) < len(above) else np.arange(len(above))


def _of_one_column(scaled: np.ndarray, sign: np.ndarray, has_intercept: bool) -> np.ndarray:
    """A column that separates by itself, or with the intercept, as a threshold does."""
    if has_intercept and len(sign) and ((sign > 0).all() or (sign < 0).all()):
        return np.array([0])
    free = sign == 0
    for place in range(int(has_intercept), scaled.shape[1]):
        column = scaled[:, place]
        moved = sign * column
        moves = np.abs(column).max(initial=0.0) > SMALLEST and not column[free].any()
        if moves and ((moved >= 0).all() or (moved <= 0).all()):
            return np.array([place])
        if has_intercept and not free.any() and _is_threshold(column, sign):
            return np.array([0, place])
    return EMPTY


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
        return null_space(scaled[free]).shape[1] == 0
    if scaled.size > LARGEST_CLIMB:
        return False
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


def _fewest(bounds: Bounds) -> np.ndarray:
    """The direction, in the basis, of few columns that moves the rows; zeros where there is none.

    It has the smallest sum of absolute coefficients of those that move the rows by 1 on average.
    """
    from scipy.optimize import linprog

    basis, sides = bounds.basis, bounds.sides
    count, none = basis.shape[0], np.zeros(basis.shape[1])
    if len(sides) == 0:
        return none
    # Unknowns: the positive and the negative parts of the coefficients.
    mean = basis @ sides.mean(axis=0)
    outside = null_space(basis.T).T
    equal = np.vstack([np.hstack([outside, -outside]), np.hstack([mean, -mean])])
    asked = np.append(np.zeros(len(outside)), 1.0)
    taken = first_rows(len(sides))
    for _ in range(MOST_ROUNDS):
        rows = sides[taken] @ basis.T
        found = linprog(
            np.ones(2 * count),
            A_ub=np.hstack([-rows, rows]),
            b_ub=np.zeros(len(rows)),
            A_eq=equal,
            b_eq=asked,
            bounds=(0.0, 1e7),
            method="highs",
        )
        if found.x is None:
            return none
        direction = basis.T @ (found.x[:count] - found.x[count:])
        more = broken_rows(sides @ direction, taken)
        if len(more) == 0:
            return direction
        taken = np.union1d(taken, more)
    return none


def first_rows(count: int) -> np.ndarray:
    """The rows that a linear programme starts with."""
    return np.unique(np.linspace(0, count - 1, min(count, ROWS_AT_FIRST)).astype(int))


def broken_rows(moved: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The rows furthest on the wrong side of a direction, unless the programme knows of them."""
    left = np.setdiff1d(np.flatnonzero(moved < -SMALLEST * np.abs(moved).max(initial=0.0)), taken)
    return left[np.argsort(moved[left])[:ROWS_AT_FIRST]]


def size_of_cone(columns: np.ndarray, above: np.ndarray, below: np.ndarray) -> int:
    """Counts the independent directions among those along which no row vanishes.

    Args:
        columns: Shape (row, column).
        above: Shape (row,). Rows whose likelihood does not vanish on the way up.
        below: Shape (row,). Rows whose likelihood does not vanish on the way down.

    Returns:
        The dimension of the space that the cone spans; 0 where it holds no direction, and where
        it is not found in `MOST_ROUNDS`.
    """
    size = np.abs(columns).max(axis=0, initial=0.0)
    bounds = bounds_of(columns / np.where(size > 0, size, 1.0), above, below)
    sides = bounds.sides
    taken = first_rows(len(sides))
    for _ in range(MOST_ROUNDS if len(sides) else 0):
        direction, still = _furthest(sides[taken])
        free = null_space(sides[taken][still])
        moved = sides @ direction
        limit = SMALLEST * np.abs(moved).max(initial=0.0)
        resting = np.flatnonzero(np.abs(moved) <= limit)
        asking = resting[_lengths(sides[resting] @ free) > SMALLEST_RELATIVE]
        more = np.setdiff1d(np.union1d(np.flatnonzero(moved < -limit), asking), taken)
        if len(more) == 0 or free.shape[1] == 0:
            return free.shape[1]
        taken = np.union1d(taken, more[np.argsort(moved[more])[:ROWS_AT_FIRST]])
    return 0 if len(sides) else bounds.basis.shape[1]


def _furthest(sides: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A direction of the cone that moves as many sides as any, and a mask of those that rest.

    One direction moves all sides that any does: each side counts by how far it moves, up to 1.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    rows, count = sides.shape
    found = linprog(
        np.append(np.zeros(count), -np.ones(rows)),
        A_ub=hstack([csr_array(-sides), eye_array(rows)]),
        b_ub=np.zeros(rows),
        bounds=[(-1e6, 1e6)] * count + [(0.0, 1.0)] * rows,
        method="highs",
    )
    answer = np.asarray(found.x)
    return answer[:count], answer[count:] <= SMALLEST
