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

LARGEST_BATCH = 4_000_000
"""Numbers per temporary array (32 MB): members, and points, are evaluated in batches of this."""


@dataclass(frozen=True, eq=False)
class Members:
    """Many log densities that differ in their data alone.

    Attributes:
        density: Log density of flat vectors (n, d), given the data of one member; runs in JAX.
        data: A pytree of arrays, each with the members along its first axis.
        rows: Rows of data that one evaluation of one member passes over, which bounds the memory.
    """

    density: Density
    data: Any
    rows: int

    def __len__(self) -> int:
        return len(jax.tree.leaves(self.data)[0])

    def placed(self) -> Members:
        """The same members, their data moved to the device once."""
        with double():
            return Members(self.density, jax.device_put(self.data), self.rows)

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
        """Runs a program on stretches of members, each member forming arrays of so many numbers."""
        members = len(points)
        lanes = members
        if members * numbers > LARGEST_BATCH:
            # A power of two, so that fleets of different sizes share the program.
            lanes = min(members, 1 << (max(1, LARGEST_BATCH // numbers).bit_length() - 1))
        program = kind(self.density, lanes)
        # The last stretch ends where the members end, and overlaps the one before.
        firsts = [min(first, members - lanes) for first in range(0, members, lanes)]
        with double():
            parts = [
                np.asarray(program(points[first : first + lanes], self.data, first))
                for first in firsts
            ]
        fresh = -(members - lanes * (len(parts) - 1))
        return np.concatenate([*parts[:-1], parts[-1][fresh:]])


type Program = Callable[[Density, int], Callable[..., jax.Array]]
"""From a density and a number of members to a compiled function of points (members, n, d), the data
of all members, and the first member's place among them."""


@lru_cache(maxsize=128)
def _values_program(density: Density, lanes: int) -> Callable[..., jax.Array]:
    def values(points: jax.Array, data: Any, first: int) -> jax.Array:
        return jax.vmap(density)(points, _stretch(data, first, lanes))

    return jax.jit(values)


@lru_cache(maxsize=128)
def _derivatives_program(density: Density, lanes: int) -> Callable[..., jax.Array]:
    """Gradients and, below them, Hessians in one array (members, s, 1 + d, d)."""
    one = single(density)

    def at_point(flat: jax.Array, data: Any) -> jax.Array:
        gradient, hessian = jax.grad(one)(flat, data), jax.hessian(one)(flat, data)
        return jax.numpy.concatenate([gradient[None], hessian])

    def derivatives(points: jax.Array, data: Any, first: int) -> jax.Array:
        each = jax.vmap(jax.vmap(at_point, in_axes=(0, None)))
        return each(points, _stretch(data, first, lanes))

    return jax.jit(derivatives)


def _stretch(data: Any, first: int, lanes: int) -> Any:
    return jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, first, lanes), data)
