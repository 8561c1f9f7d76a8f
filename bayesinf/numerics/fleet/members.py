"""Log densities of one structure, each with data of its own, evaluated in one compiled program.

In this folder m counts members, d the numbers in a flat vector, and n points.
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
"""Point-row pairs evaluated at once (32 MB per temporary array)."""


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
        members, count, _ = points.shape
        lanes, points_each = batch_sizes(members, count, self.rows)
        program = _values_program(self.density, lanes)
        filled = _fill(_fill(points, lanes, 0), points_each, 1)
        found = np.empty(filled.shape[:2])
        with double():
            for lane in range(0, members, lanes):
                # The last stretch of members ends where they end, and overlaps the one before.
                first = max(0, min(lane, members - lanes))
                for place in range(0, count, points_each):
                    part = filled[first : first + lanes, place : place + points_each]
                    values = program(part, self.data, first)
                    found[first : first + lanes, place : place + points_each] = values
        found = found[:members, :count]
        return np.where(np.isnan(found), -np.inf, found)

    def derivatives(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradients and Hessians of the log densities.

        Args:
            points: Shape (m, s, d).

        Returns:
            Shapes (m, s, d) and (m, s, d, d); not finite where they do not exist.
        """
        with double():
            gradients, hessians = _derivatives_program(self.density)(points, self.data)
            return np.asarray(gradients), np.asarray(hessians)


def batch_sizes(members: int, points: int, rows: int) -> tuple[int, int]:
    """How many members, and how many points of each, one call evaluates.

    Returns:
        As many members as `LARGEST_BATCH` allows, a power of two unless it is all of them; and
        fewer points than asked for where those of one member alone pass it.
    """
    lanes = max(1, LARGEST_BATCH // (points * rows))
    if lanes >= members:
        return members, points
    if points * rows <= LARGEST_BATCH:
        return 1 << (lanes.bit_length() - 1), points
    pieces = -(-points * rows // LARGEST_BATCH)
    return 1, -(-points // pieces)


def _fill(points: np.ndarray, size: int, axis: int) -> np.ndarray:
    """Repeats the first entries along an axis until its length is a multiple of a size."""
    missing = -points.shape[axis] % size
    if not missing or points.shape[axis] < size:
        return points
    first = np.take(points, np.zeros(missing, dtype=int), axis=axis)
    return np.concatenate([points, first], axis=axis)


@lru_cache(maxsize=128)
def _values_program(density: Density, lanes: int) -> Callable[..., jax.Array]:
    def program(points: jax.Array, data: Any, first: int) -> jax.Array:
        own = jax.tree.map(lambda leaf: jax.lax.dynamic_slice_in_dim(leaf, first, lanes), data)
        return jax.vmap(density)(points, own)

    return jax.jit(program)


@lru_cache(maxsize=64)
def _derivatives_program(density: Density) -> Callable[..., tuple[jax.Array, jax.Array]]:
    one = single(density)

    def at_point(flat: jax.Array, data: Any) -> tuple[jax.Array, jax.Array]:
        return jax.grad(one)(flat, data), jax.hessian(one)(flat, data)

    return jax.jit(jax.vmap(jax.vmap(at_point, in_axes=(0, None)), in_axes=(0, 0)))
