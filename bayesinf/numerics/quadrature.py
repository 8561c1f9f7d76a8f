"""One-dimensional densities by tabulation: their normalising constant, and exact draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.errors import SamplingError

NODES = 2001
"""Nodes of the table. The trapezoidal rule is spectrally accurate for smooth densities that vanish
at both ends; inversion between nodes errs by less than 1e-6 of the spread."""

DROP = 45.0
"""How far, in log density below its top, the table reaches: a relative mass of exp(-45) = 3e-20."""


FARTHEST = 300.0
"""The logarithm beyond which squares overflow: exp(600) = 1e260."""


@dataclass(frozen=True, eq=False)
class Tabulated:
    """A density on a grid.

    Attributes:
        nodes: Shape (NODES,), equally spaced.
        density: Shape (NODES,), normalised.
        log_constant: The logarithm of the integral of the unnormalised density.
    """

    nodes: np.ndarray
    density: np.ndarray
    log_constant: float

    def draw(self, generator: np.random.Generator, count: int) -> np.ndarray:
        """Independent draws by inverting the distribution function.

        Within a cell the density is taken as linear, so that the inversion is a quadratic root.
        """
        step = self.nodes[1] - self.nodes[0]
        cells = 0.5 * (self.density[1:] + self.density[:-1]) * step
        cumulated = np.concatenate([[0.0], np.cumsum(cells)])
        target = generator.random(count) * cumulated[-1]
        cell = np.clip(np.searchsorted(cumulated, target, side="right") - 1, 0, len(cells) - 1)
        low, rise = self.density[cell], (self.density[cell + 1] - self.density[cell]) / step
        rest = target - cumulated[cell]
        root = np.sqrt(np.maximum(low**2 + 2 * rise * rest, 0.0))
        return self.nodes[cell] + np.clip(2 * rest / np.maximum(low + root, 1e-300), 0.0, step)


def tabulate(
    log_density: Callable[[np.ndarray], np.ndarray], start: float, step: float = 0.25
) -> Tabulated:
    """Tabulates a one-dimensional density over all of its mass.

    Args:
        log_density: Vectorised, unnormalised, of the logarithm of a positive quantity.
        start: A point near the mass; peaks are sought from 20 below it to 40 above.
        step: The width of the search grid; narrower peaks than that must lie at the start.

    Returns:
        The density on equally spaced nodes that cover every peak within `DROP` of the highest.

    Raises:
        SamplingError: When the density does not fall off on both sides: it is improper.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        # The ends of the search overflow to a density of zero, which is their right weight.
        peaks = _peaks(log_density, start, step)
        heights = log_density(peaks)
        kept = peaks[heights > heights.max() - DROP]
        floor = float(heights.max()) - DROP
        low = min(_reach(log_density, peak, -step, floor) for peak in kept)
        high = max(_reach(log_density, peak, step, floor) for peak in kept)
        nodes = np.linspace(low, high, NODES)
        values = np.nan_to_num(log_density(nodes), nan=-np.inf)
    density = np.exp(values - values.max())
    total = float(np.trapezoid(density, nodes))
    return Tabulated(nodes, density / total, float(values.max() + np.log(total)))


def _peaks(
    log_density: Callable[[np.ndarray], np.ndarray], start: float, step: float
) -> np.ndarray:
    """The tops that the start and every local top of a coarse grid lead to."""
    grid = start + step * np.arange(-80, 161)
    coarse = np.nan_to_num(log_density(grid), nan=-np.inf)
    tops = 1 + np.flatnonzero((coarse[1:-1] >= coarse[:-2]) & (coarse[1:-1] > coarse[2:]))
    return np.array([_climb(log_density, place, step) for place in (start, *grid[tops])])


def _climb(log_density: Callable[[np.ndarray], np.ndarray], start: float, step: float) -> float:
    """Finds a top by widening, then narrowing, a grid around the best point so far."""
    centre = start
    while abs(centre) < FARTHEST:
        grid = centre + step * np.arange(-8, 9)
        best = int(np.argmax(np.nan_to_num(log_density(grid), nan=-np.inf)))
        centre = float(grid[best])
        if best in (0, len(grid) - 1):
            step *= 2
        elif abs(step) < 1e-7:
            return centre
        else:
            step /= 4
    raise _improper()


def _reach(
    log_density: Callable[[np.ndarray], np.ndarray], top: float, step: float, floor: float
) -> float:
    """Finds a point where the density has fallen to `floor`, by doubling and then bisection."""
    reach = step
    while float(log_density(np.array([top + reach]))[0]) > floor:
        reach *= 2
        if abs(top + reach) > FARTHEST:
            raise _improper()
    inside, outside = (0.0 if reach == step else reach / 2), reach
    for _ in range(12):
        middle = 0.5 * (inside + outside)
        above = float(log_density(np.array([top + middle]))[0]) > floor
        inside, outside = (middle, outside) if above else (inside, middle)
    return top + outside


def _improper() -> SamplingError:
    return SamplingError(
        "The posterior of sigma does not fall off, so it is improper: these rows and priors do not "
        "determine it.",
        code="improper-posterior",
        hint="Give sigma and the coefficients proper priors, or use more rows.",
    )
