"""Effects by imputation: what treated units would have had, from unit and time effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal.panel import Panel
from causal.staggered.cells import Cells

SINGULAR = 1e-8
"""Share of a matrix's scale below which what is left of it is taken for rounding errors."""

BLOCK = 4_000_000
"""How many averages by pattern, time and column are held at once: 32 megabytes."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """Units of one cohort that are known at the same times: for two-way effects they are one.

    Attributes:
        of: (unit,) the pattern of each unit.
        cohort: (pattern,) first treated time.
        known: (pattern, time) booleans.
        untreated: (pattern, time) booleans: known, and before any reaction to the treatment.
    """

    of: np.ndarray
    cohort: np.ndarray
    known: np.ndarray
    untreated: np.ndarray


def find_patterns(panel: Panel, anticipation: int) -> Patterns:
    """Sorts units into patterns.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.
    """
    both = np.concatenate([panel.known, panel.first_treated[:, None]], axis=1)
    found, of = np.unique(both, axis=0, return_inverse=True)
    cohort, known = found[:, -1].astype(int), found[:, :-1] > 0
    return Patterns(of.ravel(), cohort, known, known & before(panel, cohort, anticipation))


def before(panel: Panel, first_treated: np.ndarray, anticipation: int) -> np.ndarray:
    """(row, time) booleans: before any reaction to a treatment that begins at the given times."""
    count = len(panel.times)
    reacts = np.where(first_treated < count, first_treated - anticipation, count)
    return np.arange(count) < reacts[:, None]


def imputable(panel: Panel, anticipation: int) -> np.ndarray:
    """(unit,) booleans: observed untreated at least once, so that there is a unit effect.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.
    """
    return (panel.known & before(panel, panel.first_treated, anticipation)).any(axis=1)


def imputed_effects(
    panel: Panel, weights: np.ndarray, cells: Cells, anticipation: int
) -> np.ndarray:
    """Outcomes of each cohort, less what unit effects, time effects and covariates predict.

    The model is fitted to untreated outcomes alone, by weighted least squares, so nothing of the
    treated ones leaks into what they are compared with. A covariate that never changes within
    units would be part of the unit effects; it gets a coefficient for each time instead.

    Outcome and covariates are imputed alike, by unit and time effects, from averages over units of
    one pattern; the outcome's errors are then regressed on the covariates' (Frisch and Waugh).

    Args:
        panel: Units that are observed untreated at least once; gaps are allowed.
        weights: (draw, unit) weights of the units.
        cells: Cells that the untreated outcomes reach (see `reachable_cells`); bases are not used.
        anticipation: How many times before treatment a unit may react to it.

    Returns:
        (draw, cell) effects. Cells before treatment hold residuals of the fit.

    Source:
        Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91, theorem 2, with units
        weighted.

    Example:
        >>> panel = Panel(
        ...     np.array([[1.0, 4.0], [2.0, 3.0]]), ("a", "b"), (1, 2), np.array([1, 2]), {}
        ... )
        >>> cells = Cells(np.array([1]), np.array([1]), np.array([0]))
        >>> imputed_effects(panel, np.ones((1, 2)), cells, 0)
        array([[2.]])
    """
    patterns = find_patterns(panel, anticipation)
    extra = regressors_of(panel)
    columns = np.where(
        panel.known[..., None], np.concatenate([panel.outcome[..., None], extra], axis=-1), 0.0
    )
    size = max(1, BLOCK // (patterns.known.size * columns.shape[-1]))
    blocks = [
        impute(patterns, columns, weights[start : start + size], cells)
        for start in range(0, len(weights), size)
    ]
    return np.concatenate(blocks)


def impute(
    patterns: Patterns, columns: np.ndarray, weights: np.ndarray, cells: Cells
) -> np.ndarray:
    """(draw, cell) effects from (unit, time, column) outcomes and covariates, 0 if not known."""
    sizes, means = pattern_means(patterns, columns, weights)
    counts = np.bincount(patterns.of, minlength=len(patterns.cohort)).astype(float)
    times = time_effects(patterns.untreated, sizes, means, counts)
    left = less_effects(patterns, means, times)
    cell_values = average_cells(patterns, sizes, left, cells)
    if columns.shape[-1] == 1:
        return cell_values[..., 0]
    slopes = covariate_slopes(patterns, columns, weights, sizes, means, times)
    return cell_values[..., 0] - np.einsum("dck,dk->dc", cell_values[..., 1:], slopes)


def pattern_means(
    patterns: Patterns, columns: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sizes (draw, pattern) and means (draw, pattern, time, column) of the patterns."""
    sizes = np.empty((len(weights), len(patterns.cohort)))
    means = np.empty((*sizes.shape, *columns.shape[1:]))
    for pattern in range(len(patterns.cohort)):
        members = patterns.of == pattern
        own, values = weights[:, members], columns[members]
        sizes[:, pattern] = own.sum(axis=1)
        sums = own @ values.reshape(len(values), -1)
        means[:, pattern] = (sums / sizes[:, pattern, None]).reshape(-1, *columns.shape[1:])
    return sizes, means


def time_effects(
    untreated: np.ndarray, sizes: np.ndarray, means: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Time effects of a weighted least-squares fit of pattern and time effects.

    Args:
        untreated: (pattern, time) booleans: what is fitted.
        sizes: (draw, pattern) weights of the patterns.
        means: (draw, pattern, time, column) what is fitted.
        counts: (pattern,) number of units, by which it is decided which effects are free.

    Returns:
        (draw, time, column) time effects, up to what nothing determines; 0 where a time has no
        untreated outcomes.
    """
    filled = sizes[..., None] * untreated
    equal = counts[:, None] * untreated
    if len(counts) > untreated.shape[1]:
        return row_effects(filled.swapaxes(1, 2), means.swapaxes(1, 2), equal.T)
    rows = row_effects(filled, means, equal)
    totals = positive(filled.sum(axis=1))
    return np.einsum("dpt,dptc->dtc", filled, means - rows[:, :, None]) / totals[..., None]


def row_effects(filled: np.ndarray, means: np.ndarray, equal: np.ndarray) -> np.ndarray:
    """Row effects of a weighted least-squares fit of row and column effects.

    Args:
        filled: (draw, row, column) weights.
        means: (draw, row, column, series) what is fitted.
        equal: (row, column) one set of weights, by which it is decided which effects are free.

    Returns:
        (draw, row, series) effects; those that follow from the others are 0.
    """
    totals = positive(filled.sum(axis=1))
    averages = np.einsum("dij,dijc->djc", filled, means) / totals[..., None]
    goals = np.einsum("dij,dijc->dic", filled, means - averages[:, None])
    used = determined_columns(row_squares(equal[None])[0])
    found = np.zeros_like(goals)
    if used.size:
        squares = row_squares(filled[:, used], totals)
        found[:, used] = np.linalg.solve(squares, goals[:, used])
    return found


def row_squares(filled: np.ndarray, totals: np.ndarray | None = None) -> np.ndarray:
    """(draw, row, row) normal equations of row effects, column effects taken out."""
    totals = positive(filled.sum(axis=1)) if totals is None else totals
    scaled = filled / np.sqrt(totals)[:, None]
    squares = -scaled @ scaled.swapaxes(1, 2)
    diagonal = np.arange(filled.shape[1])
    squares[:, diagonal, diagonal] += filled.sum(axis=2)
    return squares


def positive(totals: np.ndarray) -> np.ndarray:
    """Totals to divide by: 1 in place of 0."""
    return np.where(totals > 0, totals, 1.0)


def determined_columns(squares: np.ndarray) -> np.ndarray:
    """Positions of columns that do not follow from those before them."""
    kept: list[int] = []
    scale = np.sqrt(positive(np.diag(squares)))
    scaled = squares / np.outer(scale, scale)
    for column in range(len(squares)):
        tried = [*kept, column]
        if scaled[column, column] < SINGULAR:
            continue
        rest = scaled[np.ix_(kept, kept)]
        across = scaled[kept, column]
        own = scaled[column, column] - across @ np.linalg.solve(rest, across)
        kept = tried if own > SINGULAR else kept
    return np.array(kept, dtype=int)


def less_effects(patterns: Patterns, means: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(draw, pattern, time, column) means less unit and time effects."""
    left = means - times[:, None]
    share = patterns.untreated / positive(patterns.untreated.sum(axis=1))[:, None]
    return left - np.einsum("pt,dptc->dpc", share, left)[:, :, None]


def average_cells(
    patterns: Patterns, sizes: np.ndarray, left: np.ndarray, cells: Cells
) -> np.ndarray:
    """(draw, cell, column) averages over the patterns of each cell that are known in it."""
    found = np.empty((len(sizes), len(cells), left.shape[-1]))
    for position, (cohort, time) in enumerate(zip(cells.cohort, cells.time, strict=True)):
        own = np.flatnonzero((patterns.cohort == cohort) & patterns.known[:, time])
        values = np.einsum("dp,dpc->dc", sizes[:, own], left[:, own, time])
        found[:, position] = values / sizes[:, own].sum(axis=1, keepdims=True)
    return found


def covariate_slopes(
    patterns: Patterns,
    columns: np.ndarray,
    weights: np.ndarray,
    sizes: np.ndarray,
    means: np.ndarray,
    times: np.ndarray,
) -> np.ndarray:
    """(draw, covariate) slopes of the outcome on the covariates, two-way effects taken out."""
    untreated = patterns.untreated[patterns.of]
    kept = columns * untreated[..., None]
    average = kept.sum(axis=1, keepdims=True) / positive(untreated.sum(axis=1))[:, None, None]
    centred = (columns - average) * untreated[..., None]
    products = np.einsum("nti,ntj->nij", centred[..., 1:], centred, optimize=True)
    shape = products.shape[1:]
    total = (weights @ products.reshape(len(products), -1)).reshape(-1, *shape)
    share = patterns.untreated / positive(patterns.untreated.sum(axis=1))[:, None]
    own = means - np.einsum("pt,dptc->dpc", share, means)[:, :, None]
    by_time = np.einsum("dp,pt,dptc->dtc", sizes, patterns.untreated, own, optimize=True)
    total -= np.einsum("dti,dtj->dij", times[..., 1:], by_time, optimize=True)
    used = determined_columns(total.mean(axis=0)[:, 1:])
    slopes = np.zeros(total.shape[:2])
    squares, goals = total[:, used[:, None], 1 + used], total[:, used, :1]
    slopes[:, used] = np.linalg.solve(squares, goals)[..., 0]
    return slopes


def regressors_of(panel: Panel) -> np.ndarray:
    """(unit, time, column) covariates; those that never change, times the dummies of times."""
    count = len(panel.times)
    columns = [np.empty((*panel.outcome.shape, 0))]
    for values in panel.covariates.values():
        steady = np.nanmax(np.nanmax(values, axis=1) - np.nanmin(values, axis=1)) == 0
        wanted = np.eye(count)[:, 1:] if steady else np.ones((count, 1))
        columns.append(values[..., None] * wanted)
    return np.concatenate(columns, axis=-1)


def reachable_cells(panel: Panel, cells: Cells, anticipation: int) -> Cells:
    """The cells that have known outcomes and whose prediction the untreated outcomes determine.

    Args:
        panel: Units that are observed untreated at least once.
        cells: The cells.
        anticipation: How many times before treatment a unit may react to it.
    """
    known, untreated = panel.known, before(panel, panel.first_treated, anticipation)
    untreated = untreated & known
    dummies = np.broadcast_to(np.eye(len(panel.times)), (len(known), *[len(panel.times)] * 2))
    columns = np.concatenate([dummies, np.nan_to_num(regressors_of(panel))], axis=-1)
    kept = columns * untreated[..., None]
    columns = (
        columns - kept.sum(axis=1, keepdims=True) / positive(untreated.sum(axis=1))[:, None, None]
    )
    kept = columns * untreated[..., None]
    flat = kept.reshape(-1, kept.shape[-1])
    values, vectors = np.linalg.eigh(flat.T @ flat)
    free = vectors[:, values <= SINGULAR * max(float(values.max(initial=0.0)), 1.0)]
    reached = np.zeros(len(cells), dtype=bool)
    for position, (cohort, time) in enumerate(zip(cells.cohort, cells.time, strict=True)):
        own = (panel.first_treated == cohort) & known[:, time] & untreated.any(axis=1)
        left = np.abs(columns[own, time] @ free).max(axis=1, initial=0.0)
        limit = np.sqrt(SINGULAR) * (1 + np.abs(columns[own, time]).max(initial=0.0))
        reached[position] = bool(own.any()) and bool(left.max(initial=0.0) <= limit)
    return cells.take(reached)
