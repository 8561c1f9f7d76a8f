"""The LKJ prior against NumPyro, against its known marginal, and its draws against both."""

import jax
import numpy as np
import numpyro.distributions as dist
import pytest
from scipy import stats

from bayesinf.numerics.precision import double
from bayesinf.priors.correlation import LKJ


@pytest.mark.parametrize("dimension", [2, 3, 5])
@pytest.mark.parametrize("concentration", [0.5, 1.0, 2.0, 7.3])
def test_log_density_equals_numpyro(dimension, concentration, generator):
    factors = LKJ(concentration).sample(generator, (4, 5), dimension)
    found = LKJ(concentration).log_density(factors)
    assert found.shape == (4, 5)
    with double():
        reference = dist.LKJCholesky(dimension, concentration)
        expected = np.asarray(reference.log_prob(jax.numpy.asarray(factors)))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("dimension", "concentration"), [(2, 1.0), (3, 2.0), (4, 0.7)])
def test_draws_are_factors_whose_correlations_have_the_beta_marginal(
    dimension, concentration, generator
):
    """Lewandowski, Kurowicka & Joe (2009), section 3.2: (r + 1) / 2 is Beta(b, b) for every pair,
    with b = concentration - 1 + dimension / 2."""
    factors = LKJ(concentration).sample(generator, 4000, dimension)
    matrices = factors @ np.swapaxes(factors, -1, -2)
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    np.testing.assert_allclose(diagonal, 1.0, rtol=1e-12)
    assert np.all(np.triu(factors, 1) == 0.0)
    b = concentration - 1.0 + 0.5 * dimension
    for row, column in zip(*np.tril_indices(dimension, -1), strict=True):
        test = stats.kstest(matrices[:, row, column], stats.beta(b, b, loc=-1.0, scale=2.0).cdf)
        assert test.pvalue > 1e-3


def test_one_effect_has_one_factor_and_nothing_to_believe(generator):
    factors = LKJ(2.0).sample(generator, 3, 1)
    np.testing.assert_array_equal(factors, np.ones((3, 1, 1)))
    np.testing.assert_array_equal(LKJ(2.0).log_density(factors), np.zeros(3))
