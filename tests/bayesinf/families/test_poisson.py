"""Poisson outcomes against SciPy."""

import jax
import numpy as np
from scipy import stats

from bayesinf.families import Poisson
from bayesinf.family import Known
from bayesinf.numerics.precision import double

Y = np.array([0.0, 1.0, 7.0, 40.0, 1000.0, 0.0])
ETA = np.array([-2.0, 0.3, 2.1, 3.0, 7.0, 5.0])


def test_density_and_distribution_function():
    reference = stats.poisson(np.exp(ETA))
    density = Poisson().log_density(Y, ETA, {}, Known())
    np.testing.assert_allclose(density, reference.logpmf(Y), rtol=1e-9)
    for y in (Y, Y + 0.9, Y - 1.0):
        found = Poisson().cdf(y, ETA, {}, Known())
        np.testing.assert_allclose(found, reference.cdf(y), rtol=1e-9)
    np.testing.assert_allclose(Poisson().mean(ETA, {}, Known()), np.exp(ETA), rtol=1e-14)


def test_rare_events_keep_their_digits():
    y, eta = np.array([0.0, 1.0, 3.0]), np.full(3, -50.0)
    density = Poisson().log_density(y, eta, {}, Known())
    np.testing.assert_allclose(density, [-np.exp(-50.0), -50.0, -150.0 - np.log(6.0)], rtol=1e-14)
    with double():
        slope = jax.grad(lambda eta: Poisson().log_density(y, eta, {}, Known()).sum())
        np.testing.assert_allclose(slope(jax.numpy.asarray(eta)), y - np.exp(-50.0), rtol=1e-14)


def test_whole_numbers_may_come_as_integers():
    as_floats = Poisson().log_density(Y, ETA, {}, Known())
    np.testing.assert_array_equal(Poisson().log_density(Y.astype(int), ETA, {}, Known()), as_floats)


def test_support():
    y = np.array([0.0, 3.0, 1e12, 0.5, -1.0, np.inf, np.nan])
    outside = Poisson().outside_support(y, Known())
    np.testing.assert_array_equal(outside, [False] * 3 + [True] * 4)
