"""A log density as the host sees it: values and gradients of many points, compiled where that pays.

Searches and samplers that are driven from Python ask for points of ever other numbers; here they
are served in batches that bound the memory, filled up to size buckets so that few programs are
compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayesinf.numerics.compiled import (
    Density,
    Slopes,
    compiled_value,
    compiled_value_and_gradient,
)
from bayesinf.numerics.density import Value, evaluate
from bayesinf.numerics.precision import bucket

LARGEST_BATCH = 8_000_000
"""Row-point pairs evaluated at once (64 MB per temporary array)."""

COMPILE_ABOVE = 300_000
"""Rows times unknowns above which a batch of values is worth a compiled program."""

STEEPEST = 1e100
"""Slopes beyond which a point counts as outside: the density next to it is zero, and what would be
computed from such a slope overflows."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """What may be asked of a log density.

    Attributes:
        values: Log densities of points (n, d), shape (n,); minus infinity where they are not
            numbers.
        slopes: The same, and gradients (n, d), which are 0 where the density is.
    """

    values: Value
    slopes: Slopes


def survey(
    density: Density, data: Any, size: int, rows: int, traced: bool, together: int = 8
) -> Landscape:
    """Makes a landscape of a density and its data.

    Args:
        density: From flat vectors (n, d) and the data to log densities (n,).
        data: Its second argument.
        size: Length d of the flat vectors.
        rows: Rows of data that one evaluation passes over.
        traced: Whether the density runs on JAX arrays only; else small ones are evaluated in NumPy,
            which compiles nothing.
        together: About how many gradients will be asked for at once, by which the devices are
            chosen.

    Returns:
        The landscape. Programs belong to the density: other data of the same shapes compile
        nothing.
    """
    largest = max(16, LARGEST_BATCH // max(rows, 1))
    steep = compiled_value_and_gradient(density, data, min(together, largest))

    def slopes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = [_filled(steep, part) for part in _batches(points, largest)]
        values = np.concatenate([values for values, _ in parts])
        gradients = np.concatenate([gradients for _, gradients in parts])
        steepest = np.abs(gradients).max(axis=1, initial=0.0)
        # Also false where one of them is not a number.
        outside = ~(np.isfinite(values) & (steepest < STEEPEST))
        gradients[outside] = 0.0
        return np.where(outside, -np.inf, values), gradients

    if not traced and rows * size <= COMPILE_ABOVE:

        def value(points: np.ndarray) -> np.ndarray:
            return np.asarray(density(points, data))
    else:
        level = compiled_value(density, data, largest)

        def value(points: np.ndarray) -> np.ndarray:
            return _filled(lambda filled: (level(filled),), points)[0]

    def values(points: np.ndarray) -> np.ndarray:
        return np.concatenate([evaluate(value, part) for part in _batches(points, largest)])

    return Landscape(values, slopes)


def _batches(points: np.ndarray, largest: int) -> list[np.ndarray]:
    """Cuts points into as few parts of about equal size as the memory allows."""
    return np.array_split(points, max(1, -(-len(points) // largest)))


def _filled(
    program: Callable[[np.ndarray], tuple[np.ndarray, ...]], points: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Runs a program on points repeated up to the next size bucket, and drops what was added."""
    count = len(points)
    filled = points[np.minimum(np.arange(bucket(count)), count - 1)]
    return tuple(result[:count] for result in program(filled))
