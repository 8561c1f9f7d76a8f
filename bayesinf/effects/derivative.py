"""Where to look at a function for its derivative, without leaving the range of its fit."""

from __future__ import annotations

import numpy as np

STEP = 1e-4
"""Of the range. A second-order difference then errs by about 1e-8 of the range squared times the
third derivative, and by 1e-12 of the function's size from rounding."""

FACTORS = np.array([[0.5, -2.0, 1.5], [-0.5, 0.0, 0.5], [-1.5, 2.0, -0.5]])
"""Second-order differences from three points: the last of them, the middle and the first are where
the derivative is wanted. Source: Abramowitz and Stegun (1964), 25.3.4."""


def difference_points(values: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Where a function is looked at, and with which factors, to give its derivative.

    Args:
        values: Shape (row,). Where the derivative is wanted.
        low: Lower end of a range that points do not leave for values within it.
        high: Its upper end.

    Returns:
        Points and factors, both of shape (3, row): the derivative is the sum over the first axis of
        factor times function at the point. Exact for parabolas.

    Example:
        >>> points, factors = difference_points(np.array([0.0, 3.0, 5.0]), 0.0, 5.0)
        >>> bool(points.min() >= 0 and points.max() <= 5)
        True
        >>> (factors * points**2).sum(axis=0).round(6).tolist()
        [0.0, 6.0, 10.0]
    """
    step = STEP * ((high - low) or max(1.0, abs(low)))
    first = np.full(len(values), -1)
    first[(values >= low) & (values - step < low)] = 0
    first[(values <= high) & (values + step > high)] = -2
    points = values + step * (first + np.arange(3)[:, None])
    return points, FACTORS[first + 2].T / step
