"""Pareto smoothed weights against ArviZ and against weights whose tail is known."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from bayesinf.numerics.pareto import pareto_k, psis


@pytest.mark.parametrize("n", [30, 100, 225, 226, 1000, 4000])
@pytest.mark.parametrize("heaviness", [0.1, 1.0, 3.0])
def test_psis_equals_arviz(n, heaviness):
    log_weights = heaviness * np.random.default_rng(n).normal(size=n)
    expected, expected_k = array_stats.psislw(-log_weights)
    smoothed, k = psis(log_weights)
    np.testing.assert_allclose(smoothed, expected, rtol=1e-9, atol=1e-9)
    assert k == pytest.approx(float(expected_k), rel=1e-9)
    assert pareto_k(log_weights) == k


def test_k_hat_finds_the_shape_of_pareto_weights():
    for shape in (0.2, 0.5, 0.9):
        uniform = np.random.default_rng(11).random(100_000)
        k = pareto_k(-shape * np.log(uniform))
        # 948 tail points: the standard error of a shape is about (1 + k) / sqrt(t).
        assert k == pytest.approx(shape, abs=4.0 * (1.0 + shape) / np.sqrt(948))


def test_equal_weights_have_no_tail():
    smoothed, k = psis(np.zeros(1000))
    assert k == -np.inf
    np.testing.assert_allclose(np.exp(smoothed), 1e-3)


def test_too_few_weights_are_not_smoothed():
    log_weights = np.random.default_rng(2).normal(size=20)
    smoothed, k = psis(log_weights)
    assert k == np.inf
    np.testing.assert_allclose(smoothed - smoothed[0], log_weights - log_weights[0], atol=1e-12)


def test_points_outside_the_support_keep_weight_zero():
    log_weights = np.random.default_rng(2).normal(size=1000)
    log_weights[::2] = -np.inf
    smoothed, k = psis(log_weights)
    assert np.isfinite(k)
    assert (smoothed[::2] == -np.inf).all()
    assert np.exp(smoothed).sum() == pytest.approx(1.0)


def test_a_few_points_inside_the_support_are_no_sample():
    log_weights = np.full(1000, -np.inf)
    log_weights[:10] = np.random.default_rng(2).normal(size=10)
    assert pareto_k(log_weights) == np.inf


def test_hopeless_weights_give_a_large_k_and_no_overflow():
    smoothed, k = psis(1000.0 * np.random.default_rng(0).normal(size=2000))
    assert k > 10.0
    assert np.exp(smoothed).sum() == pytest.approx(1.0)
