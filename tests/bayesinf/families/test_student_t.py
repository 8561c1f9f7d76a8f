"""Student t outcomes against SciPy."""

import numpy as np
import pytest
from scipy import stats

from bayesinf.families import StudentT
from bayesinf.family import Known
from bayesinf.links import Log
from bayesinf.priors import Gamma, HalfStudentT

Y = np.array([-2e4, -1.3, 0.0, 0.4, 2.0, 9e5])
ETA = np.array([0.3, -2.0, 1.0, 0.4, -0.7, 3.0])


@pytest.mark.parametrize("nu", [1.1, 2.0, 4.5, 60.0])
@pytest.mark.parametrize(("family", "mean"), [(StudentT(), ETA), (StudentT(Log()), np.exp(ETA))])
def test_density_and_distribution_function(family, mean, nu):
    reference = stats.t(nu, mean, 1.7)
    parameters = {"sigma": 1.7, "nu": nu}
    density = family.log_density(Y, ETA, parameters, Known())
    np.testing.assert_allclose(density, reference.logpdf(Y), rtol=1e-9)
    cdf = family.cdf(Y, ETA, parameters, Known())
    np.testing.assert_allclose(cdf, reference.cdf(Y), rtol=1e-9)


def test_variance_is_infinite_up_to_two_degrees_of_freedom():
    nu = np.array([[1.5], [2.0], [2.5], [30.0]])
    variance = StudentT().variance(ETA, {"sigma": 2.0, "nu": nu}, Known())
    expected = np.array([[np.inf], [np.inf], [20.0], [4.0 * 30.0 / 28.0]])
    np.testing.assert_allclose(variance, expected + 0.0 * ETA, rtol=1e-14)


def test_default_priors_and_bounds():
    sigma, nu = StudentT.parameters
    assert (sigma.name, sigma.lower, sigma.prior(5.0).prior) == ("sigma", 0.0, HalfStudentT(3, 5))
    assert (nu.name, nu.lower, nu.prior(5.0).prior) == ("nu", 1.0, Gamma(2.0, 0.1))


def test_known_standard_errors_leave_nu_to_be_estimated():
    known = Known(standard_error=np.linspace(0.1, 2.0, 6))
    assert [parameter.name for parameter in StudentT().active_parameters(known)] == ["nu"]
    density = StudentT().log_density(Y, ETA, {"nu": 4.0}, known)
    expected = stats.t.logpdf(Y, 4.0, ETA, known.standard_error)
    np.testing.assert_allclose(density, expected, rtol=1e-9)


def test_an_outlier_is_never_log_concave():
    assert not StudentT().log_concave
