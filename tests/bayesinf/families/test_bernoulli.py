"""Bernoulli outcomes against SciPy, and far into both tails."""

import jax
import numpy as np
import pytest
from scipy import special, stats

from bayesinf.families import Bernoulli
from bayesinf.family import Known
from bayesinf.links import CLogLog, Logit, Probit
from bayesinf.numerics.precision import double

ETA = np.linspace(-4.0, 2.5, 12)
PROBABILITY = {
    Logit(): special.expit(ETA),
    Probit(): stats.norm.cdf(ETA),
    CLogLog(): -np.expm1(-np.exp(ETA)),
}


@pytest.mark.parametrize("link", PROBABILITY, ids=repr)
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_density_and_distribution_function(link, y):
    reference, family = stats.bernoulli(PROBABILITY[link]), Bernoulli(link)
    outcomes = np.full(12, y)
    density = family.log_density(outcomes, ETA, {}, Known())
    np.testing.assert_allclose(density, reference.logpmf(outcomes), rtol=1e-9)
    cdf = family.cdf(outcomes, ETA, {}, Known())
    np.testing.assert_allclose(cdf, reference.cdf(outcomes), rtol=1e-9)
    np.testing.assert_allclose(family.mean(ETA, {}, Known()), reference.mean(), rtol=1e-9)
    np.testing.assert_allclose(family.variance(ETA, {}, Known()), reference.var(), rtol=1e-9)


def test_logit_at_800_is_exact_with_its_gradient():
    eta, y = np.array([-800.0, -800.0, 800.0, 800.0]), np.array([0.0, 1.0, 0.0, 1.0])

    def total(eta):
        return Bernoulli().log_density(y, eta, {}, Known()).sum()

    density = Bernoulli().log_density(y, eta, {}, Known())
    np.testing.assert_array_equal(density, [0.0, -800.0, -800.0, 0.0])
    with double():
        slope = jax.grad(total)(jax.numpy.asarray(eta))
    np.testing.assert_array_equal(slope, [0.0, 1.0, -1.0, 0.0])


@pytest.mark.parametrize("y", [0.0, 1.0])
def test_probit_at_800_follows_mills_ratio(y):
    eta = np.array([-800.0, -60.0, 60.0, 800.0])
    with double():
        slope = jax.vmap(jax.grad(lambda eta: Bernoulli(Probit()).log_density(y, eta, {}, Known())))
        found = np.asarray(slope(jax.numpy.asarray(eta)))
    wrong_side = (eta < 0.0) == (y == 1.0)
    # The hazard of the normal distribution: Abramowitz & Stegun (1964), 26.2.12.
    distance = np.abs(eta)
    hazard = distance / (1.0 - distance**-2.0 + 3.0 * distance**-4.0)
    expected = np.where(wrong_side, -np.sign(eta) * hazard, 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_cloglog_stays_finite_at_800():
    eta, y = np.array([-800.0, 800.0]), np.array([1.0, 0.0])

    def total(eta):
        return Bernoulli(CLogLog()).log_density(y, eta, {}, Known()).sum()

    with double():
        there = jax.numpy.asarray(eta)
        value, slope = float(total(there)), np.asarray(jax.grad(total)(there))
    assert np.isfinite(value)
    assert slope[0] == 1.0
    assert np.isfinite(slope[1]) and slope[1] < 0.0


def test_support():
    y = np.array([0.0, 1.0, 0.5, 2.0, -1.0, np.nan])
    outside = Bernoulli().outside_support(y, Known())
    np.testing.assert_array_equal(outside, [False, False, True, True, True, True])
    assert not Bernoulli().outside_support(np.array([True, False]), Known()).any()
