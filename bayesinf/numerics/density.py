"""Log densities evaluated where they were never meant to be: at proposed and trial points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

type Value = Callable[[np.ndarray], np.ndarray]


def evaluate(value: Value, points: np.ndarray) -> np.ndarray:
    """Evaluates a log density at points that may lie far outside its support.

    Args:
        value: From points (n, d) to log densities (n,), in NumPy.
        points: Shape (n, d).

    Returns:
        Shape (n,); minus infinity where the density is not a number.
    """
    # Far out, exp overflows: the density there is zero, and the caller rejects the point.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = np.asarray(value(points), dtype=float)
    return np.where(np.isnan(values), -np.inf, values)
