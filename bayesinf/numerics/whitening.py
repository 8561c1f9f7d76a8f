"""Densities in coordinates where they are almost a standard normal, as trajectories want them.

Whitened points y stand for x = place + factor y. The change of variables is linear, so that the
density differs by a constant factor only, which is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from bayesinf.numerics.compiled import (
    Density,
    Slopes,
    compiled_gradient,
    compiled_value_and_gradient,
)
from bayesinf.numerics.devices import Devices
from bayesinf.types import Array


class Whitened(NamedTuple):
    """Data of a density in whitened coordinates.

    Attributes:
        place: Shape (size,). The point that is zero: the mode.
        factor: Shape (size, size). The lower triangular factor of the covariance there.
        data: The data of the density itself.
    """

    place: Array
    factor: Array
    data: Any


@lru_cache(maxsize=128)
def whitened(density: Density) -> Density:
    """The density of whitened points, whose data are `Whitened`, up to a constant factor."""

    def at_whitened(points: Array, given: Whitened) -> Array:
        return density(given.place + points @ given.factor.T, given.data)

    return at_whitened


@dataclass(frozen=True, eq=False)
class CompiledField:
    """A compiled density as `hmc.HostMover` asks for it.

    Attributes:
        size: The number of unknowns.
        slopes: From points (n, d) to log densities and gradients.
        gradients_alone: From points (n, d) to gradients.
    """

    size: int
    slopes: Slopes
    gradients_alone: Callable[[np.ndarray], np.ndarray]

    def gradients(self, points: np.ndarray) -> np.ndarray:
        """Gradients (size, chain) at points (size, chain)."""
        return self.gradients_alone(points.T).T

    def both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (chain,) and gradients (size, chain)."""
        values, gradients = self.slopes(points.T)
        return values, gradients.T


def compiled_field(
    density: Density, data: Any, size: int, chains: int, devices: Devices | None = None
) -> CompiledField:
    """Makes a field of a density; programs are shared by densities that are the same object."""
    return CompiledField(
        size,
        compiled_value_and_gradient(density, data, chains, devices),
        compiled_gradient(density, data, chains, devices),
    )
