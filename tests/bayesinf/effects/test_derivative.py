from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bayesinf.effects.derivative import difference_points


@pytest.mark.parametrize(
    ("function", "derivative", "error"),
    [
        (lambda x: 3 * x**2 - x, lambda x: 6 * x - 1, 1e-9),
        (np.exp, np.exp, 1e-6),
        (np.log, lambda x: 1 / x, 1e-6),
    ],
)
def test_derivatives_within_and_at_the_ends(
    function: Callable, derivative: Callable, error: float
) -> None:
    values = np.array([0.5, 0.5 + 1e-5, 1.0, 2.0, 3.0 - 1e-5, 3.0])
    points, factors = difference_points(values, 0.5, 3.0)
    slopes = (factors * function(points)).sum(axis=0)
    np.testing.assert_allclose(slopes, derivative(values), rtol=error)
    assert points.min() >= 0.5
    assert points.max() <= 3.0


def test_values_outside_the_range_and_a_column_without_range_have_derivatives() -> None:
    values = np.array([-4.0, 7.0])
    points, factors = difference_points(values, 0.0, 1.0)
    np.testing.assert_allclose((factors * points**2).sum(axis=0), 2 * values, rtol=1e-9)
    points, factors = difference_points(np.array([2.0]), 2.0, 2.0)
    np.testing.assert_allclose((factors * points**3).sum(axis=0), 12.0, rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.7), (1e6, 1e6 + 0.3), (-1.1, 3.3)])
def test_the_ends_are_never_stepped_over(low: float, high: float) -> None:
    values = np.linspace(low, high, 1001)
    points, _ = difference_points(values, low, high)
    assert points.min() >= low
    assert points.max() <= high
