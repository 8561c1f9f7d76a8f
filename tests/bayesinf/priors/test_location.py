"""Priors on the real line against SciPy, and the gamma ratio against exact arithmetic."""

from fractions import Fraction
from math import log

import jax
import numpy as np
import pytest
from scipy import special, stats

from bayesinf.numerics.precision import double
from bayesinf.numerics.special import log_gamma_ratio, stirling_remainder
from bayesinf.priors.location import Cauchy, Normal, StudentT

X = np.array([-1e6, -40.0, -3.0, -0.2, 0.0, 1e-8, 0.7, 5.0, 300.0])


@pytest.mark.parametrize(
    ("prior", "reference"),
    [
        (Normal(1.5, 0.3), stats.norm(1.5, 0.3)),
        (StudentT(3.0, -1.0, 2.5), stats.t(3.0, -1.0, 2.5)),
        (StudentT(0.8, 0.0, 1.0), stats.t(0.8)),
        (StudentT(60.0, 0.0, 4.0), stats.t(60.0, 0.0, 4.0)),
        (Cauchy(0.4, 2.0), stats.cauchy(0.4, 2.0)),
    ],
    ids=lambda value: value.describe() if hasattr(value, "describe") else "",
)
def test_log_density(prior, reference):
    np.testing.assert_allclose(prior.log_density(X), reference.logpdf(X), rtol=1e-9, atol=1e-9)


def test_student_t_with_huge_df_is_normal():
    near = X[np.abs(X) < 6.0]
    expected = stats.norm.logpdf(near)
    np.testing.assert_allclose(StudentT(1e13, 0.0, 1.0).log_density(near), expected, atol=1e-9)


@pytest.mark.parametrize("x", [0.3, 9.5, 10.0, 11.25, 1e3, 1e6, 1e10, 1e15])
@pytest.mark.parametrize("step", [0, 1, 3, 40])
def test_gamma_ratio_of_whole_steps_is_a_product(x, step):
    expected = sum(log(Fraction(x) + i) for i in range(step))
    found = log_gamma_ratio(np.array([x]), float(step)).item()
    assert found == pytest.approx(expected, rel=1e-14, abs=1e-14)


def test_gamma_ratio_is_smooth_where_its_formula_changes():
    x = np.array([10.0 - 1e-12, 10.0])
    below, above = log_gamma_ratio(x, 0.5)
    assert above == pytest.approx(below, rel=1e-14)
    with double():
        slope = jax.vmap(jax.grad(lambda x: log_gamma_ratio(x, 0.5)))(jax.numpy.asarray(x))
    expected = special.digamma(x + 0.5) - special.digamma(x)
    np.testing.assert_allclose(slope, expected, rtol=1e-11)


def test_stirling_remainder_completes_the_formula():
    x = np.array([10.0, 12.5, 30.0])
    leading = (x - 0.5) * np.log(x) - x + 0.5 * np.log(2.0 * np.pi)
    np.testing.assert_allclose(leading + stirling_remainder(x), special.gammaln(x), rtol=1e-15)
