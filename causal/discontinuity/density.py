"""Whether rows crowd on one side of a cutoff, as they would if people chose their side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 30
"""Bins on each side, at most."""

WINDOW = 4.0
"""The window, in sd times n**(-1/5): wide enough for a parabola in the log density."""

FEWEST = 5
"""Bins on a side without which its density has no limit to be told."""


@dataclass(frozen=True)
class DensityJump:
    """How much denser rows are just above a cutoff than just below.

    Attributes:
        log_ratio: Logarithm of the density just above over that just below.
        error: Its standard error, by the counts' own dispersion where that exceeds Poisson's.
        rows: How many rows the window holds.
        bandwidth: The window.
    """

    log_ratio: float
    error: float
    rows: int
    bandwidth: float

    @property
    def detectable(self) -> float:
        """The ratio of densities that a test at 5 % would notice four times out of five."""
        return float(np.exp(2.8 * self.error))


def density_jump(x: np.ndarray) -> DensityJump | None:
    """Compares the density of positions on the two sides of 0.

    Counts in bins follow a Poisson distribution whose logarithm is a parabola in the position, on
    each side by itself.

    Args:
        x: (n,) positions, measured from the cutoff.

    Returns:
        The jump; None where too few distinct positions lie near the cutoff to tell.

    Source:
        McCrary (2008), Manipulation of the running variable, Journal of Econometrics 142, for the
        question; here with a Poisson likelihood and a parabola in place of its histogram's line.

    Example:
        >>> x = np.random.default_rng(1).normal(size=4000)
        >>> abs(density_jump(x).log_ratio) < 3 * density_jump(x).error
        True
    """
    window = min(WINDOW * float(np.std(x)) * len(x) ** -0.2, float(np.abs(x).max()))
    near = x[np.abs(x) <= window]
    values = np.unique(near)
    steps = np.diff(values)
    grid = float(steps.min()) if steps.size else 0.0
    even = grid > 0 and np.allclose(steps / grid, np.round(steps / grid), atol=1e-6)
    # Positions on a coarse grid keep its cells; a cell reaches half a step to either side.
    discrete = even and 2 * window / grid <= 2 * BINS
    shift = grid / 2 if discrete else 0.0
    width = grid if discrete else window / BINS
    edge = {-1: -float(near.min(initial=0.0)), 1: float(near.max(initial=0.0))}
    found = []
    for sign in (-1, 1):
        place = sign * (near + shift)
        place = place[place >= 0]
        bins = int(
            min(np.floor(edge[sign] / width + 1e-9) + discrete, BINS if not discrete else 1e9)
        )
        if sign < 0 and discrete:
            bins -= 1
        if bins < FEWEST:
            return None
        counts = np.bincount((place / width).astype(int), minlength=bins)[:bins]
        if np.count_nonzero(counts) < FEWEST:
            return None
        found.append(log_limit((np.arange(bins) + 0.5) / bins, counts.astype(float)))
    (below, noise_below), (above, noise_above) = found
    return DensityJump(above - below, float(np.sqrt(noise_below + noise_above)), len(near), window)


def log_limit(place: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """Fits a parabola to the logarithm of Poisson counts; its value at 0, with the variance.

    Args:
        place: (bin,) middles of the bins.
        counts: (bin,) counts.
    """
    design = place[:, None] ** np.arange(3)
    coefficients = np.array([np.log(counts.mean()), 0.0, 0.0])
    information = np.eye(3)
    for _ in range(50):
        mean = np.exp(np.clip(design @ coefficients, -30.0, 30.0))
        information = design.T @ (mean[:, None] * design)
        step = np.linalg.lstsq(information, design.T @ (counts - mean), rcond=None)[0]
        coefficients = coefficients + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    mean = np.exp(np.clip(design @ coefficients, -30.0, 30.0))
    dispersion = max(1.0, float(((counts - mean) ** 2 / mean).sum()) / (len(counts) - 3))
    return float(coefficients[0]), dispersion * float(np.linalg.pinv(information)[0, 0])
