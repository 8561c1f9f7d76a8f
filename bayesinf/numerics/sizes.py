"""Batches filled up to few sizes, so that a compiled density is compiled for no more of them."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.density import Value

SIZES = (64, 1024)
"""A search for a mode asks for 1 to 50 points at a time, a sampler for hundreds and thousands."""


def in_sizes(value: Value, sizes: tuple[int, ...] = SIZES) -> Value:
    """The same function of points, called with batches of few sizes only.

    Args:
        value: From points (n, d) to log densities (n,), compiled for each n that it meets.
        sizes: The batch sizes, rising. More points than the largest are taken in several batches.

    Returns:
        A function of any number of points. Batches are filled up with copies of their first point.
    """

    def values(points: np.ndarray) -> np.ndarray:
        parts = [np.empty(0)]
        start = 0
        while start < len(points):
            batch = points[start : start + sizes[-1]]
            size = next(size for size in sizes if size >= len(batch))
            filling = np.repeat(batch[:1], size - len(batch), axis=0)
            parts.append(value(np.concatenate([batch, filling]))[: len(batch)])
            start += len(batch)
        return np.concatenate(parts)

    return values
