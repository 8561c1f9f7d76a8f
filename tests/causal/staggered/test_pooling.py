import numpy as np
import pytest

from causal.staggered.cells import Cells
from causal.staggered.pooling import LearnedPooling, NoPooling

PAIR = Cells(np.array([1, 2, 1]), np.array([1, 2, 2]), np.array([0, 1, 0]))
"""Two cohorts at event time 0, one of them at 1."""


def pooled(estimates, errors, draws=40_000, **changes) -> np.ndarray:
    rng = np.random.default_rng(1)
    effects = np.array(estimates) + rng.normal(size=(draws, len(estimates))) * errors
    return LearnedPooling(**changes).pool(PAIR, np.array(estimates), effects, 1.0, rng)


def test_means_are_those_of_numerical_integration():
    estimates, errors = np.array([1.0, 2.0, 5.0]), np.array([0.5, 0.5, 0.5])
    found = pooled(estimates, errors)
    # The difference d of the two cohorts is normal with variance 2 (0.25 + w^2), and its share
    # that is kept is w^2 / (w^2 + 0.25); w has a half-Cauchy prior of scale 1.
    deviation = np.exp(np.linspace(np.log(1e-4), np.log(1e4), 20_001))
    variance = 2 * (0.25 + deviation**2)
    density = deviation / (1 + deviation**2) / np.sqrt(variance) * np.exp(-0.5 / variance)
    kept = np.sum(density * deviation**2 / (deviation**2 + 0.25)) / density.sum()
    assert found[:, 1].mean() - found[:, 0].mean() == pytest.approx(kept, abs=0.02)
    assert found[:, :2].mean() == pytest.approx(1.5, abs=0.01)
    # Nothing is borrowed from another event time.
    assert found[:, 2].mean() == pytest.approx(5, abs=0.02)
    assert found[:, 2].std() == pytest.approx(0.5, rel=0.02)


def test_equal_cohorts_borrow_and_different_ones_do_not():
    alike = pooled([1.0, 1.0, 1.0], 0.5)
    apart = pooled([1.0, 51.0, 1.0], 0.5)
    assert alike[:, 0].std() < 0.45
    assert apart[:, 0].mean() == pytest.approx(1, abs=0.02)
    assert apart[:, 0].std() == pytest.approx(0.5, rel=0.02)


def test_a_narrow_prior_pools_more():
    wide, narrow = pooled([1.0, 2.0, 5.0], 0.5), pooled([1.0, 2.0, 5.0], 0.5, width=0.01)
    assert np.ptp(narrow[:, :2].mean(axis=0)) < 0.7 * np.ptp(wide[:, :2].mean(axis=0))


def test_draws_stay_tied_to_their_unit_weights():
    rng = np.random.default_rng(1)
    effects = rng.normal(size=(4000, 1)) + 0.1 * rng.normal(size=(4000, 3))
    found = LearnedPooling().pool(PAIR, np.zeros(3), effects, 1.0, rng)
    assert np.corrcoef(found.mean(axis=1), effects.mean(axis=1))[0, 1] > 0.98


def test_without_pooling_and_with_nothing_to_pool_draws_stay_as_they_are():
    effects = np.random.default_rng(1).normal(size=(100, 3))
    rng = np.random.default_rng(2)
    assert NoPooling().pool(PAIR, effects[0], effects, 1.0, rng) is effects
    single = Cells(np.array([1, 1, 1]), np.array([1, 2, 3]), np.array([0, 0, 0]))
    assert LearnedPooling().pool(single, effects[0], effects, 1.0, rng) is effects
