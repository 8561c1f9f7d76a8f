"""Grid sums, and that a wrong engine fails beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate

from bayesinf.validation.posteriors import (
    compared,
    counts,
    grid_moments,
    grouped_gaussian,
    grouped_logistic,
    location_scale,
    logistic,
)

SMALL = (location_scale, logistic, counts, grouped_logistic, grouped_gaussian)


@pytest.mark.parametrize("small", SMALL, ids=lambda one: one.__name__)
def test_the_fastest_engine_agrees(small) -> None:
    model = small()
    check = compared(model, model.engines[0], *grid_moments(model))
    assert check.passed, check.found


@pytest.mark.parametrize("small", (location_scale, counts), ids=lambda one: one.__name__)
def test_a_grid_sum_is_the_integral(small) -> None:
    """Adaptive quadrature of the same density."""
    model = small()
    mean, sd = grid_moments(model)
    (low, high), (lower, upper) = model.axes.values()
    top = float(model.log_density(*(np.array(value) for value in mean)))

    def moment(power: int) -> float:
        def integrand(second: float, first: float) -> float:
            logs = model.log_density(np.array(first), np.array(second))
            return float(np.exp(logs - top) * first**power)

        return integrate.dblquad(integrand, low, high, lower, upper, epsabs=1e-7)[0]

    total, first, second = (moment(power) for power in range(3))
    assert mean[0] == pytest.approx(first / total, abs=1e-4 * sd[0])
    assert sd[0] == pytest.approx(np.sqrt(second / total - (first / total) ** 2), rel=1e-3)


def test_wrong_priors_fail() -> None:
    model = counts()
    moments = grid_moments(model)
    wider = replace(model, priors={**model.priors, "x": type(model.priors["x"])(0, 0.5)})
    assert not compared(wider, "laplace", *moments).passed
