"""Log densities at impossible points."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.density import evaluate


def test_overflow_and_nan_mean_zero_density():
    # exp(1e4) overflows and inf - inf is not a number; log(-1) neither. No warning escapes: pytest
    # would turn it into an error.
    def value(points: np.ndarray) -> np.ndarray:
        return np.log(points[:, 0]) + np.exp(points[:, 0]) - np.exp(points[:, 0])

    values = evaluate(value, np.array([[1.0], [1e4], [-1.0], [0.0]]))
    np.testing.assert_array_equal(values, [0.0, -np.inf, -np.inf, -np.inf])
