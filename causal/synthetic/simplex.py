"""Weights that are not negative and sum to one, chosen so that weighted columns meet a target."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import scipy

SPARSE = 4
"""Frank and Wolfe's first weights below the largest one divided by this are set to zero."""


class Solver(ABC):
    """A way to find simplex weights."""

    @abstractmethod
    def solve(
        self, columns: np.ndarray, target: np.ndarray, penalty: float, unit: float
    ) -> np.ndarray:
        """Finds the weights w that minimise mean((columns w - target)**2) + penalty**2 sum(w**2).

        Args:
            columns: (row, column) numbers.
            target: (row,) numbers to be met.
            penalty: Weight of the ridge, in the unit of the target; not negative.
            unit: A difference in the target that matters; solvers that stop early stop by it.

        Returns:
            (column,) weights, none negative, with sum one.
        """


@dataclass(frozen=True)
class Exact(Solver):
    """Finds the minimum itself, to rounding error, by an active set.

    Since the weights sum to one, the objective is the squared length of a point of the convex hull
    of the columns less the target. The u >= 0 that minimises |P u|**2 + (sum(u) - 1)**2 is a
    multiple of the weights sought, whatever the multiple is: non-negative least squares is enough.

    Source:
        Lawson and Hanson (1974), Solving Least Squares Problems, chapter 23, for the algorithm;
        Wolfe (1976), Finding the nearest point in a polytope, for the geometry.

    Example:
        >>> Exact().solve(np.array([[0.0, 2.0]]), np.array([0.5]), 0.0, 1.0).round(3)
        array([0.75, 0.25])
    """

    def solve(
        self, columns: np.ndarray, target: np.ndarray, penalty: float, unit: float = 1.0
    ) -> np.ndarray:
        """Finds the weights; see `Solver.solve`."""
        del unit  # the minimum does not depend on when another solver would stop
        return nearest_point(hull_points(columns, target, penalty))


@dataclass(frozen=True)
class FrankWolfe(Solver):
    """Goes towards the best single column step by step, and stops early, as R's synthdid does.

    With the defaults the published numbers of that package come out, to 1e-6; they differ from the
    minimum (`Exact`) in the third figure, because the limit on steps ends the search first.

    Attributes:
        steps: The most steps after small weights were set to zero.
        steps_before: The most steps before.
        tolerance: A step that gains less than the square of this share of the unit is the last.

    Source:
        Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic
        difference-in-differences, American Economic Review 111, algorithm 1; the
        defaults are those that the package's reference page states for `synthdid_estimate`.
    """

    steps: int = 10_000
    steps_before: int = 100
    tolerance: float = 1e-5

    def solve(
        self, columns: np.ndarray, target: np.ndarray, penalty: float, unit: float
    ) -> np.ndarray:
        """Finds the weights; see `Solver.solve`."""
        start = np.full(columns.shape[1], 1 / columns.shape[1])
        least = (self.tolerance * unit) ** 2
        rough = self._walk(columns, target, penalty, least, start, self.steps_before)
        rough = np.where(rough <= rough.max() / SPARSE, 0.0, rough)
        return self._walk(columns, target, penalty, least, rough / rough.sum(), self.steps)

    @staticmethod
    def _walk(
        columns: np.ndarray,
        target: np.ndarray,
        penalty: float,
        least: float,
        weights: np.ndarray,
        steps: int,
    ) -> np.ndarray:
        """Walks from the given weights, each step with the length that gains most."""
        ridge = len(target) * penalty**2
        fitted, before = columns @ weights, np.inf
        for _ in range(steps):
            slope = columns.T @ (fitted - target) + ridge * weights
            best = int(slope.argmin())
            towards = -weights
            towards[best] += 1
            change = columns[:, best] - fitted
            bend = float(change @ change + ridge * towards @ towards)
            if bend == 0:
                return weights
            step = min(1.0, max(0.0, -float(slope @ towards) / bend))
            weights, fitted = weights + step * towards, fitted + step * change
            now = float(penalty**2 * weights @ weights + np.mean((fitted - target) ** 2))
            if before - now <= least:
                return weights
            before = now
        return weights


def hull_points(columns: np.ndarray, target: np.ndarray, penalty: float) -> np.ndarray:
    """Writes the ridge as further rows: the squared length of P w is the objective at w.

    Args:
        columns: (row, column) numbers.
        target: (row,) numbers.
        penalty: Weight of the ridge.

    Returns:
        P, (row + column, column).
    """
    rows, count = columns.shape
    return np.vstack([(columns - target[:, None]) / np.sqrt(rows), penalty * np.eye(count)])


def nearest_point(points: np.ndarray) -> np.ndarray:
    """Finds the weights of the point of a convex hull that is nearest to the origin.

    Args:
        points: (dimension, point) the corners.

    Returns:
        (point,) weights.

    Example:
        >>> nearest_point(np.array([[1.0, 1.0], [-1.0, 3.0]])).round(3)
        array([0.75, 0.25])
    """
    size = np.sqrt((points**2).sum(axis=0).min())
    if size == 0:
        exact = (points**2).sum(axis=0) == 0
        return exact / exact.sum()
    count = points.shape[1]
    rows = np.vstack([points / size, np.ones(count)])
    found, _ = scipy.optimize.nnls(rows, np.append(np.zeros(len(points)), 1.0), maxiter=30 * count)
    return found / found.sum()


def project_posterior(
    columns: np.ndarray,
    target: np.ndarray,
    penalty: float,
    weights: np.ndarray,
    rng: np.random.Generator,
    draws: int,
) -> np.ndarray:
    """Draws weights from the Gaussian regression's posterior, projected onto the simplex.

    Each draw perturbs target and ridge by what their Gaussian densities allow and finds the nearest
    weights again. So a draw keeps exact zeros, and where several weights meet the target equally
    well the draws spread over all of them. The residual variance has the prior 1/variance and the
    degrees of freedom that the weights leave (at least one).

    Args:
        columns: (row, column) numbers.
        target: (row,) numbers.
        penalty: Weight of the ridge.
        weights: (column,) the minimum itself.
        rng: Decides the draws.
        draws: How many.

    Returns:
        (draw, column) weights.

    Source:
        Patra and Dunson (2018), Constrained Bayesian inference through posterior projections
        (arXiv 1812.05741); Bardsley, Solonen, Haario and Laine (2014), Randomize-then-optimize.
    """
    rows, count = columns.shape
    scatter = float(np.sum((columns @ weights - target) ** 2))
    # No fit is believed to be exact: rounding alone would leave this much.
    scatter = max(scatter, 1e-12 * float(np.sum((target - target.mean()) ** 2)))
    freedom = max(1.0, rows - freedom_used(columns, penalty, weights))
    found = np.empty((draws, count))
    for draw, noise in enumerate(np.sqrt(scatter / rng.chisquare(freedom, draws))):
        moved = target + noise * rng.standard_normal(rows)
        points = hull_points(columns, moved, penalty)
        points[rows:] -= (noise / np.sqrt(rows) * rng.standard_normal(count))[:, None]
        found[draw] = nearest_point(points)
    return found


def freedom_used(columns: np.ndarray, penalty: float, weights: np.ndarray) -> float:
    """Counts the degrees of freedom that simplex weights use up.

    These are the trace of the ridge regression on the directions in which the non-zero weights can
    move without changing their sum.

    Args:
        columns: (row, column) numbers.
        penalty: Weight of the ridge, in the unit of `Solver.solve`.
        weights: (column,) weights.

    Returns:
        A number from 0 to the count of non-zero weights less one.

    Source:
        Tibshirani and Taylor (2012), Degrees of freedom in lasso problems, Annals of Statistics 40:
        given the active set, those of the linear fit on it.

    Example:
        >>> round(freedom_used(np.eye(3), 0.0, np.array([0.5, 0.5, 0.0])), 6)
        1.0
    """
    active = columns[:, weights > 1e-9]
    moves = active - active.mean(axis=1, keepdims=True)
    lengths = np.linalg.svd(moves, compute_uv=False) ** 2
    ridge = len(columns) * penalty**2
    lengths = lengths[lengths > 1e-12 * lengths.max(initial=0.0)]
    return float(np.sum(lengths / (lengths + ridge)))
