"""Gaussian outcomes against SciPy."""

import numpy as np
import pytest
from scipy import stats

from bayesinf.families import Gaussian
from bayesinf.family import Known
from bayesinf.links import Log

Y = np.array([-200.0, -1.3, 0.0, 0.4, 2.0, 900.0])
ETA = np.array([0.3, -2.0, 1.0, 0.4, -0.7, 3.0])


@pytest.mark.parametrize(("family", "mean"), [(Gaussian(), ETA), (Gaussian(Log()), np.exp(ETA))])
def test_density_and_distribution_function(family, mean):
    reference = stats.norm(mean, 1.7)
    parameters = {"sigma": 1.7}
    density = family.log_density(Y, ETA, parameters, Known())
    np.testing.assert_allclose(density, reference.logpdf(Y), rtol=1e-9)
    cdf = family.cdf(Y, ETA, parameters, Known())
    np.testing.assert_allclose(cdf, reference.cdf(Y), rtol=1e-9)
    np.testing.assert_array_equal(family.mean(ETA, parameters, Known()), mean)


def test_known_standard_errors_replace_sigma_row_by_row():
    known = Known(standard_error=np.array([0.1, 0.5, 1.0, 2.0, 5.0, 100.0]))
    reference = stats.norm(ETA, known.standard_error)
    density = Gaussian().log_density(Y, ETA, {}, known)
    np.testing.assert_allclose(density, reference.logpdf(Y), rtol=1e-9)
    np.testing.assert_allclose(Gaussian().variance(ETA, {}, known), reference.var(), rtol=1e-12)
    assert Gaussian().active_parameters(known) == ()


def test_only_the_identity_link_is_log_concave():
    assert Gaussian().log_concave
    assert not Gaussian(Log()).log_concave


def test_support():
    outside = Gaussian().outside_support(np.array([-1e300, 0.0, np.nan, np.inf]), Known())
    np.testing.assert_array_equal(outside, [False, False, True, True])
