"""Effects by imputation: what treated units would have had, from unit and time effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.panel import Panel
from causal.staggered.cells import Cells

REACHABLE = 1e-8
"""How far a combination of coefficients may leave what the data determine; rounding errors."""


@dataclass(frozen=True, eq=False)
class Centred:
    """Outcomes and regressors less each unit's averages over its untreated times.

    Regressors are one dummy for each time but the first, then the covariates; the dummies are alike
    for units of one pattern (cohort, and which times are known), so they are kept by pattern.

    Attributes:
        pattern: (unit,) which pattern each unit has.
        untreated: (pattern, time) booleans: known and not yet treated.
        known: (pattern, time) booleans.
        dummies: (pattern, time, time - 1) centred dummies.
        outcome: (unit, time) centred outcomes, 0 where not known.
        covariates: (unit, time, covariate) centred covariates, 0 where not known.
    """

    pattern: np.ndarray
    untreated: np.ndarray
    known: np.ndarray
    dummies: np.ndarray
    outcome: np.ndarray
    covariates: np.ndarray


def imputable(panel: Panel, anticipation: int) -> np.ndarray:
    """(unit,) booleans: observed untreated at least once, so that there is a unit effect.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.
    """
    return (panel.known & untreated_times(panel, anticipation)).any(axis=1)


def untreated_times(panel: Panel, anticipation: int) -> np.ndarray:
    """(unit, time) booleans: before any reaction to the treatment."""
    return (
        np.arange(len(panel.times))
        < panel.first_treated[:, None] - np.where(panel.never_treated, 0, anticipation)[:, None]
    )


def imputed_effects(
    panel: Panel, weights: np.ndarray, cells: Cells, anticipation: int
) -> np.ndarray:
    """Outcomes of each cohort, less what unit effects, time effects and covariates predict.

    The model is fitted to untreated outcomes alone, by weighted least squares, so nothing of the
    treated ones leaks into what they are compared with. A covariate that never changes within
    units would be part of the unit effects; it gets a coefficient for each time instead.

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
    centred = centre(panel, anticipation)
    squares, products = normal_equations(centred, weights)
    used = determined_columns(normal_equations(centred, np.ones((1, len(weights[0]))))[0][0])
    coefficients = np.zeros_like(products)
    coefficients[:, used] = np.linalg.solve(
        squares[:, used[:, None], used], products[:, used, None]
    )[..., 0]
    outcomes, regressors = cell_means(panel, centred, weights, cells)
    return outcomes - np.einsum("dcp,dp->dc", regressors, coefficients)


def reachable_cells(panel: Panel, cells: Cells, anticipation: int) -> Cells:
    """The cells that have known outcomes and whose prediction the untreated outcomes determine.

    Args:
        panel: Units that are observed untreated at least once.
        cells: The cells.
        anticipation: How many times before treatment a unit may react to it.
    """
    ones = np.ones((1, len(panel.outcome)))
    known = panel.known
    seen = [
        bool(known[panel.first_treated == cohort, time].any())
        for cohort, time in zip(cells.cohort, cells.time, strict=True)
    ]
    cells = cells.take(np.array(seen, dtype=bool))
    centred = centre(panel, anticipation)
    squares = normal_equations(centred, ones)[0][0]
    _, regressors = cell_means(panel, centred, ones, cells)
    values, vectors = np.linalg.eigh(squares)
    free = vectors[:, values <= REACHABLE * max(values.max(initial=0.0), 1e-300)]
    left = np.abs(regressors[0] @ free).max(axis=1, initial=0.0)
    return cells.take(left <= np.sqrt(REACHABLE) * (1 + np.abs(regressors[0]).max(initial=0.0)))


def centre(panel: Panel, anticipation: int) -> Centred:
    """Takes unit effects out of outcomes and regressors."""
    known = panel.known
    untreated = known & untreated_times(panel, anticipation)
    # The cohort belongs to the pattern, so that the weights of a pattern are those of one cohort.
    both = np.concatenate([known, untreated, panel.first_treated[:, None]], axis=1)
    found, pattern = np.unique(both, axis=0, return_inverse=True)
    patterns, count = found[:, :-1] > 0, len(panel.times)
    dummies = np.broadcast_to(np.eye(count)[:, 1:], (len(patterns), count, count - 1))
    covariates = regressors_of(panel)
    return Centred(
        pattern.ravel(),
        patterns[:, count:],
        patterns[:, :count],
        less_average(dummies, patterns[:, count:], patterns[:, :count]),
        less_average(panel.outcome[..., None], untreated, known)[..., 0],
        less_average(covariates, untreated, known),
    )


def regressors_of(panel: Panel) -> np.ndarray:
    """(unit, time, column) covariates; those that never change, times the dummies of times."""
    count = len(panel.times)
    columns = [np.empty((*panel.outcome.shape, 0))]
    for values in panel.covariates.values():
        steady = np.nanmax(np.nanmax(values, axis=1) - np.nanmin(values, axis=1)) == 0
        wanted = np.eye(count)[:, 1:] if steady else np.ones((count, 1))
        columns.append(values[..., None] * wanted)
    return np.concatenate(columns, axis=-1)


def less_average(values: np.ndarray, untreated: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Values (unit, time, column) less their averages over untreated times; 0 if not known."""
    kept = np.where(known[..., None], values, 0.0)
    counts = np.maximum(untreated.sum(axis=1), 1)[:, None, None]
    average = (kept * untreated[..., None]).sum(axis=1, keepdims=True) / counts
    return np.where(known[..., None], kept - average, 0.0)


def normal_equations(centred: Centred, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sums over untreated outcomes: (draw, p, p) squares and (draw, p) products."""
    untreated = centred.untreated[centred.pattern].astype(float)
    x = centred.covariates * untreated[..., None]
    y = centred.outcome * untreated
    dummies = centred.dummies[centred.pattern]
    times, extra = dummies.shape[-1], x.shape[-1]
    by_pattern = pattern_sums(centred, weights)
    squares = np.empty((len(weights), times + extra, times + extra))
    alike = np.einsum(
        "pt,pti,ptj->pij", centred.untreated.astype(float), centred.dummies, centred.dummies
    )
    squares[:, :times, :times] = np.einsum("dp,pij->dij", by_pattern, alike, optimize=True)
    if extra:
        mixed = np.einsum("nti,ntj->nij", dummies, x, optimize=True)
        squares[:, :times, times:] = weigh(weights, mixed)
        squares[:, times:, :times] = squares[:, :times, times:].swapaxes(1, 2)
        squares[:, times:, times:] = weigh(weights, np.einsum("nti,ntj->nij", x, x, optimize=True))
    # Outcomes are centred, so the products with the dummies are those with their raw columns.
    products = np.concatenate([y[:, 1:], np.einsum("nti,nt->ni", x, y)], axis=1)
    return squares, weights @ products


def pattern_sums(centred: Centred, weights: np.ndarray) -> np.ndarray:
    """(draw, pattern) sums of the weights of the units of each pattern."""
    members = np.zeros((weights.shape[1], len(centred.untreated)))
    members[np.arange(weights.shape[1]), centred.pattern] = 1
    return weights @ members


def weigh(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums values (unit, ...) over units: (draw, ...)."""
    flat = values.reshape(len(values), -1)
    return (weights @ flat).reshape(len(weights), *values.shape[1:])


def determined_columns(squares: np.ndarray) -> np.ndarray:
    """Positions of columns that do not follow from those before them."""
    kept: list[int] = []
    for column in range(len(squares)):
        tried = [*kept, column]
        block = squares[np.ix_(tried, tried)]
        scale = np.sqrt(np.maximum(np.diag(block), 1e-300))
        if np.linalg.eigvalsh(block / np.outer(scale, scale))[0] > REACHABLE:
            kept = tried
    return np.array(kept, dtype=int)


def cell_means(
    panel: Panel, centred: Centred, weights: np.ndarray, cells: Cells
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted means over the units known in a cell: outcomes, (draw, cell, p) regressors."""
    times, extra = centred.dummies.shape[-1], centred.covariates.shape[-1]
    outcomes = np.empty((len(weights), len(cells)))
    regressors = np.zeros((len(weights), len(cells), times + extra))
    by_pattern = pattern_sums(centred, weights)
    known = panel.known
    for position, (cohort, time) in enumerate(zip(cells.cohort, cells.time, strict=True)):
        members = np.flatnonzero((panel.first_treated == cohort) & known[:, time])
        if not len(members):
            raise bi.DataError(
                f"No unit first treated at {panel.times[cohort]!r} has an outcome at "
                f"{panel.times[time]!r}.",
                code="empty-cell",
            )
        own = weights[:, members]
        total = own.sum(axis=1)
        patterns = np.unique(centred.pattern[members])
        outcomes[:, position] = own @ centred.outcome[members, time] / total
        regressors[:, position, :times] = (
            by_pattern[:, patterns] @ centred.dummies[patterns, time]
        ) / total[:, None]
        regressors[:, position, times:] = own @ centred.covariates[members, time] / total[:, None]
    return outcomes, regressors
