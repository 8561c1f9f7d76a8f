"""Pooling of cohort-time effects: cells of few units borrow from the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from causal.staggered.cells import Cells

WIDE = 10.0
"""Prior sd of an event time's effect, in units of the largest sd of the grid: as good as flat."""

POINTS = 40
"""Points of the grid of the learned standard deviation, equally far apart in its logarithm."""


class Pooling(ABC):
    """How much cells borrow from each other."""

    @abstractmethod
    def pool(
        self,
        cells: Cells,
        estimates: np.ndarray,
        effects: np.ndarray,
        scale: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        """Pools draws of effects.

        Args:
            cells: The treated cells.
            estimates: (cell,) effects with all units weighing alike.
            effects: (draw, cell) draws of the same, each cell by itself.
            scale: What counts as a large effect: the sd of outcome changes among the untreated.
            generator: Decides the draws.

        Returns:
            (draw, cell) draws.
        """

    @abstractmethod
    def sentence(self) -> str:
        """Says what is done, to stand in the answer's method."""


@dataclass(frozen=True)
class NoPooling(Pooling):
    """Every cell by itself, under a flat prior: reproduces published numbers."""

    def pool(
        self,
        cells: Cells,  # noqa: ARG002 -- one of two members; the other needs it
        estimates: np.ndarray,  # noqa: ARG002
        effects: np.ndarray,
        scale: float,  # noqa: ARG002
        generator: np.random.Generator,  # noqa: ARG002
    ) -> np.ndarray:
        """Leaves the draws as they are."""
        return effects

    def sentence(self) -> str:
        """Says that nothing is pooled."""
        return "No cell borrows from another."


@dataclass(frozen=True)
class LearnedPooling(Pooling):
    """Cohorts at the same event time borrow from each other, as far as the data say they are alike.

    The effect of cohort g at event time e is `a[e] + b[g, e]`: a by itself for each event time,
    under a prior so wide that it is flat, and b normal around zero with a standard deviation that
    has a half-Cauchy prior. The draws of the bootstrap take the place of the likelihood: normal
    around the estimates, with the draws' covariance. Given the standard deviation the posterior has
    a closed form; it is summed over a grid. Each draw stays tied to the unit weights it came from,
    so that what cells have in common (their controls) is kept; where the standard deviation is
    large, the draws are those of `NoPooling`. Nothing is borrowed between event times, because
    effects often grow with time.

    Attributes:
        width: Scale of the half-Cauchy prior in standard deviations of the outcome changes among
            the untreated; smaller expects cohorts to be more alike.

    Source:
        Efron and Morris (1975), Journal of the American Statistical Association 70, with a learned
        variance as in Gelman (2006), Bayesian Analysis 1; the draws by Matheron's rule (Journel
        and Huijbregts, 1978).

    Example:
        >>> cells = Cells(np.array([1, 2]), np.array([1, 2]), np.array([0, 1]))
        >>> rng = np.random.default_rng(1)
        >>> effects = np.array([1.0, 3.0]) + rng.normal(size=(4000, 2))
        >>> pooled = LearnedPooling().pool(cells, np.array([1.0, 3.0]), effects, 1.0, rng)
        >>> bool(1 < pooled[:, 0].mean() < pooled[:, 1].mean() < 3)
        True
    """

    width: float = 1.0

    def pool(
        self,
        cells: Cells,
        estimates: np.ndarray,
        effects: np.ndarray,
        scale: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        """Shrinks each draw by what a draw of the standard deviation asks for."""
        together = cells.event_time[:, None] == cells.event_time
        noise = np.atleast_2d(np.cov(effects, rowvar=False))
        typical = float(np.sqrt(np.median(np.diag(noise))))
        # Without cells to pool, or without noise to pool them for, they stay as they are.
        large = max(scale, float(np.abs(estimates).max()))
        if together.sum() == len(cells) or typical <= 1e-9 * large:
            return effects
        points = np.geomspace(0.05 * typical, 10 * max(scale, np.ptp(estimates), typical), POINTS)
        wide = (WIDE * points[-1]) ** 2 * together
        chances = self.chances(points, wide, noise, estimates, scale)
        picked = generator.choice(POINTS, size=len(effects), p=chances)
        pooled = np.empty_like(effects)
        for point in np.unique(picked):
            own = np.flatnonzero(picked == point)
            prior = wide + points[point] ** 2 * np.eye(len(cells))
            gain = np.linalg.solve(prior + noise, prior).T
            start = generator.standard_normal((len(own), len(cells))) @ np.linalg.cholesky(prior).T
            pooled[own] = start + (effects[own] - start) @ gain.T
        return pooled

    def chances(
        self,
        points: np.ndarray,
        wide: np.ndarray,
        noise: np.ndarray,
        estimates: np.ndarray,
        scale: float,
    ) -> np.ndarray:
        """The posterior probability of each standard deviation, on a grid of its logarithm.

        Args:
            points: (point,) standard deviations of cohorts around their event time's effect.
            wide: (cell, cell) prior covariance of the event times' effects.
            noise: (cell, cell) covariance of the estimates.
            estimates: (cell,) estimates.
            scale: Standard deviation of outcome changes among the untreated.
        """
        logs = np.empty(len(points))
        for position, deviation in enumerate(points):
            factor = np.linalg.cholesky(wide + deviation**2 * np.eye(len(estimates)) + noise)
            standard = np.linalg.solve(factor, estimates)
            likelihood = -np.log(np.diag(factor)).sum() - 0.5 * standard @ standard
            prior = np.log(deviation) - np.log1p((deviation / (self.width * scale)) ** 2)
            logs[position] = likelihood + prior
        chances = np.exp(logs - logs.max())
        return chances / chances.sum()

    def sentence(self) -> str:
        """Says what is pooled."""
        return (
            "Cohorts at the same event time borrow from each other, as far as the data say that "
            "they are alike."
        )
