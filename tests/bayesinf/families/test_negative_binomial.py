"""Negative binomial outcomes against SciPy and the Poisson limit."""

import jax
import numpy as np
import pytest
from scipy import stats

from bayesinf.families import NegativeBinomial, Poisson
from bayesinf.family import Known
from bayesinf.numerics.precision import double
from bayesinf.priors import InverseGamma

Y = np.array([0.0, 1.0, 7.0, 40.0, 1000.0, 0.0])
ETA = np.array([-2.0, 0.3, 2.1, 3.0, 6.5, 5.0])


@pytest.mark.parametrize("shape", [0.05, 0.9, 4.0, 9.99, 10.01, 300.0, 1e5])
def test_density_and_distribution_function(shape):
    mean, parameters = np.exp(ETA), {"shape": shape}
    reference = stats.nbinom(shape, shape / (shape + mean))
    density = NegativeBinomial().log_density(Y, ETA, parameters, Known())
    np.testing.assert_allclose(density, reference.logpmf(Y), rtol=1e-9)
    for y in (Y, Y + 0.9, Y - 1.0):
        found = NegativeBinomial().cdf(y, ETA, parameters, Known())
        np.testing.assert_allclose(found, reference.cdf(y), rtol=1e-9)
    variance = NegativeBinomial().variance(ETA, parameters, Known())
    np.testing.assert_allclose(variance, reference.var(), rtol=1e-9)


@pytest.mark.parametrize("shape", [1e12, 1e15])
def test_a_huge_shape_is_poisson(shape):
    """The two differ by mu^2 / (2 shape), which is 1.1e-8 at most here."""
    parameters = {"shape": shape}
    density = NegativeBinomial().log_density(Y, ETA, parameters, Known())
    np.testing.assert_allclose(density, Poisson().log_density(Y, ETA, {}, Known()), rtol=2e-8)
    found = NegativeBinomial().cdf(Y, ETA, parameters, Known())
    np.testing.assert_allclose(found, Poisson().cdf(Y, ETA, {}, Known()), rtol=2e-8)
    with double():

        def total(log_shape):
            shape = {"shape": jax.numpy.exp(log_shape)}
            return NegativeBinomial().log_density(Y, ETA, shape, Known()).sum()

        assert abs(float(jax.grad(total)(np.log(shape)))) < 1e-6


def test_eta_of_800_keeps_a_finite_density_and_slope():
    y, parameters = np.array([0.0, 3.0]), {"shape": 2.0}
    eta = np.array([800.0, 800.0])
    density = NegativeBinomial().log_density(y, eta, parameters, Known())
    # As mu grows the density tends to that of a fixed y against (shape / mu)^shape.
    assert density[0] == pytest.approx(2.0 * (np.log(2.0) - 800.0), rel=1e-12)
    assert density[1] == pytest.approx(np.log(4.0) + 2.0 * (np.log(2.0) - 800.0), rel=1e-12)


def test_default_prior():
    (shape,) = NegativeBinomial.parameters
    assert (shape.name, shape.lower) == ("shape", 0.0)
    assert shape.prior(123.0).prior == InverseGamma(0.4, 0.3)
