"""The posterior of a jump at a cutoff: two limits, and what covariates explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from causal.discontinuity.bandwidth import LEAST, optimal_bandwidths, smallest_window
from causal.discontinuity.curve import Curve
from causal.discontinuity.limits import Limit, covariate_slopes, side_limit

WIDER = 1.5
"""The default window, in bandwidths that are best for local lines."""


@dataclass(frozen=True, eq=False)
class Jump:
    """The joint posterior of both limits at a cutoff.

    Attributes:
        below: The limit from below.
        above: The limit from above.
        doubt: (outcome,) variances of the jump from not knowing the slopes in the covariates.
        bandwidth: The window.
    """

    below: Limit
    above: Limit
    doubt: np.ndarray
    bandwidth: float

    @property
    def centre(self) -> np.ndarray:
        """(outcome,) posterior means of the jumps."""
        return self.above.mean - self.below.mean

    @property
    def sd(self) -> np.ndarray:
        """(outcome,) posterior standard deviations of the jumps."""
        return np.sqrt(np.diag(self.below.variance + self.above.variance) + self.doubt)

    @property
    def tail(self) -> np.ndarray:
        """(outcome,) twice the posterior probability that the jump has the other sign."""
        degrees = min(self.below.degrees, self.above.degrees)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.sd > 0, np.abs(self.centre) / self.sd, 0.0)
        return 2 * scipy.stats.t.sf(ratio, degrees)

    def draw(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draws both limits.

        Args:
            rng: Decides the draws.
            size: How many.

        Returns:
            (size, outcome) draws of the limit from below, and of that from above.
        """
        below, above = self.below.draw(rng, size), self.above.draw(rng, size)
        return below, above + np.sqrt(self.doubt) * rng.normal(size=above.shape)


def jump_at_zero(
    x: np.ndarray,
    outcomes: np.ndarray,
    bandwidth: float,
    curve: Curve = Curve(),  # noqa: B008 -- a frozen value
    covariates: np.ndarray | None = None,
) -> Jump:
    """Computes the posterior of the jump of several outcomes at position 0.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        outcomes: (n, outcome) outcomes.
        bandwidth: Rows farther away are left out.
        curve: What the outcomes may look like on each side.
        covariates: (n, covariate) numbers whose common slopes are taken out.

    Raises:
        DataError: Too few distinct positions lie near the cutoff.

    Example:
        >>> x = np.linspace(-1, 1, 101)
        >>> y = 3.0 * (x >= 0) + x + 0.01 * np.random.default_rng(1).normal(size=101)
        >>> jump = jump_at_zero(x, y[:, None], 0.5)
        >>> bool(abs(jump.centre[0] - 3) < 4 * jump.sd[0])
        True
    """
    sides = (x < 0, x >= 0)
    doubt = np.zeros(outcomes.shape[1])
    if covariates is not None and covariates.shape[1]:
        slopes, variances = covariate_slopes(
            sides, x, outcomes, covariates, bandwidth, curve.degree
        )
        near = np.abs(x) <= bandwidth
        moved = covariates - covariates[near].mean(axis=0)
        line = Curve.polynomial(curve.degree)
        limits = [side_limit(x[s], moved[s], bandwidth, line).mean for s in sides]
        gap = limits[1] - limits[0]
        outcomes = outcomes - moved @ slopes
        doubt = np.einsum("i,oij,j->o", gap, variances, gap)
    below, above = (side_limit(x[s], outcomes[s], bandwidth, curve) for s in sides)
    return Jump(below, above, doubt, bandwidth)


def window_for(x: np.ndarray, y: np.ndarray) -> float:
    """The default window: half as wide again as the one that is best for local lines.

    A parabola that may bend is less biased than a line, and can use rows farther away.
    The factor was chosen by simulation, for coverage near nominal; see
    `benchmarks/coverage_designs.py`.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
    """
    return max(WIDER * optimal_bandwidths(x, y).effect, smallest_window(x, LEAST))


def default_jump(x: np.ndarray, y: np.ndarray) -> Jump:
    """The jump of one outcome in its own window, as the checks compute it.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
    """
    return jump_at_zero(x, y[:, None], window_for(x, y))
