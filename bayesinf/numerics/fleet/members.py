"""Log densities of one structure, each with data of its own, evaluated in one compiled program.

In this folder m counts members, n points of each, s starts of a search, and d the numbers in a flat
vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from bayesinf.numerics.compiled import Density, single
from bayesinf.numerics.precision import double
from bayesinf.types import Array

LARGEST_BATCH = 4_000_000
"""Numbers per temporary array (32 MB): members, and points, are evaluated in batches of this."""

MOST_LANES = 256
"""Members evaluated at once: more would cost nothing less, and small fleets are filled up to it."""


@dataclass(frozen=True, eq=False)
class Members:
    """Many log densities that differ in their data alone.

    Attributes:
        density: Log density of flat vectors (n, d), given the data of one member; runs in JAX.
        data: A pytree of NumPy arrays, each with the members along its first axis.
        rows: Rows of data that one evaluation of one member passes over, which bounds the memory.
    """

    density: Density
    data: Any
    rows: int

    def __len__(self) -> int:
        return len(jax.tree.leaves(self.data)[0])

    def take(self, places: np.ndarray | slice) -> Members:
        """Some of the members."""
        part = jax.tree.map(lambda leaf: leaf[places], self.data)
        return Members(self.density, part, self.rows)

    def values(self, points: np.ndarray) -> np.ndarray:
        """Log densities of points.

        Args:
            points: Shape (m, n, d).

        Returns:
            Shape (m, n); minus infinity where a density is not a number.
        """
        count = points.shape[1]
        pieces = -(-count * self.rows // LARGEST_BATCH)
        each = -(-count // pieces)
        filled = np.concatenate([points, points[:, : pieces * each - count]], axis=1)
        found = np.concatenate(
            [
                self._evaluate(_values_program, filled[:, place : place + each], each * self.rows)
                for place in range(0, pieces * each, each)
            ],
            axis=1,
        )[:, :count]
        return np.where(np.isnan(found), -np.inf, found)

    def derivatives(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradients and Hessians of the log densities.

        Args:
            points: Shape (m, s, d).

        Returns:
            Shapes (m, s, d) and (m, s, d, d); not finite where they do not exist.
        """
        _, starts, size = points.shape
        both = self._evaluate(_derivatives_program, points, starts * size * self.rows)
        return both[..., 0, :], both[..., 1:, :]

    def _evaluate(self, kind: Program, points: np.ndarray, numbers: int) -> np.ndarray:
        """Runs a program on stretches of members, each member forming arrays of so many numbers.

        The last stretch is filled up with copies of its last member, so that fleets of every size
        share their programs.
        """
        lanes = min(MOST_LANES, 1 << (max(1, LARGEST_BATCH // numbers).bit_length() - 1))
        program = kind(self.density)
        parts = []
        for first in range(0, len(points), lanes):
            wanted = np.minimum(np.arange(first, first + lanes), len(points) - 1)
            stretch = slice(first, first + lanes) if wanted[-1] == first + lanes - 1 else wanted
            with double():
                parts.append(np.asarray(program(points[stretch], self.take(stretch).data)))
        return np.concatenate(parts)[: len(points)]


type Program = Callable[[Density], Callable[[Array, Any], Array]]
"""From a density to a compiled function of points (m, n, d) and of the data of m members."""


@lru_cache(maxsize=128)
def _values_program(density: Density) -> Callable[[Array, Any], Array]:
    return jax.jit(jax.vmap(density))


@lru_cache(maxsize=128)
def _derivatives_program(density: Density) -> Callable[[Array, Any], Array]:
    """Gradients and, below them, Hessians in one array (m, s, 1 + d, d)."""
    one = single(density)

    def at_point(flat: Array, data: Any) -> Array:
        gradient, hessian = jax.grad(one)(flat, data), jax.hessian(one)(flat, data)
        return jax.numpy.concatenate([gradient[None], hessian])

    return jax.jit(jax.vmap(jax.vmap(at_point, in_axes=(0, None))))
