"""One-dimensional densities by tabulation: their normalising constant, and exact draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NODES = 2001
"""Nodes of the table. The trapezoidal rule is spectrally accurate for smooth densities that vanish
at both ends; inversion between nodes errs by less than 1e-6 of the spread."""

DROP = 45.0
"""How far, in log density below its top, the table reaches: a relative mass of exp(-45) = 3e-20."""


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

    def mean(self, function: Callable[[np.ndarray], np.ndarray]) -> float:
        """The expectation of a function of the variable."""
        return float(np.trapezoid(function(self.nodes) * self.density, self.nodes))

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
        log_density: Vectorised, unnormalised; unimodal.
        start: A point near the mass.
        step: The first step of the search for the top.

    Returns:
        The density on equally spaced nodes.

    Raises:
        ArithmeticError: When the density does not fall off on both sides.
    """
    top = _climb(log_density, start, step)
    peak = float(log_density(np.array([top]))[0])
    low = _reach(log_density, top, -step, peak)
    high = _reach(log_density, top, step, peak)
    nodes = np.linspace(low, high, NODES)
    values = log_density(nodes)
    density = np.exp(values - values.max())
    total = float(np.trapezoid(density, nodes))
    return Tabulated(nodes, density / total, float(values.max() + np.log(total)))


def _climb(log_density: Callable[[np.ndarray], np.ndarray], start: float, step: float) -> float:
    """Finds the top by widening, then narrowing, a grid around the best point so far."""
    centre = start
    for _ in range(200):
        grid = centre + step * np.arange(-8, 9)
        best = int(np.nanargmax(log_density(grid)))
        moved = grid[best]
        if best in (0, len(grid) - 1):
            step *= 2
        else:
            step /= 4
        if abs(step) < 1e-7:
            return float(moved)
        centre = float(moved)
    raise ArithmeticError("The density rises without end, so it cannot be normalised.")


def _reach(
    log_density: Callable[[np.ndarray], np.ndarray], top: float, step: float, peak: float
) -> float:
    """Finds a point where the density has fallen by `DROP`, by doubling and then bisection."""
    reach = step
    for _ in range(60):
        if not float(log_density(np.array([top + reach]))[0]) > peak - DROP:
            break
        reach *= 2
    else:
        raise ArithmeticError("The density does not fall off, so it cannot be normalised.")
    inside, outside = (0.0 if reach == step else reach / 2), reach
    for _ in range(12):
        middle = 0.5 * (inside + outside)
        above = float(log_density(np.array([top + middle]))[0]) > peak - DROP
        inside, outside = (middle, outside) if above else (inside, middle)
    return top + outside
