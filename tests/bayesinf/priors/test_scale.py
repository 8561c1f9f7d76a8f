"""Priors on positive numbers against SciPy."""

import numpy as np
import pytest
from scipy import stats

from bayesinf.priors.scale import (
    Exponential,
    Gamma,
    HalfCauchy,
    HalfNormal,
    HalfStudentT,
    InverseGamma,
    LogNormal,
)

X = np.array([1e-12, 1e-3, 0.2, 1.0, 3.7, 80.0, 1e5])


@pytest.mark.parametrize(
    ("prior", "reference"),
    [
        (HalfNormal(2.0), stats.halfnorm(scale=2.0)),
        (HalfCauchy(0.7), stats.halfcauchy(scale=0.7)),
        (Exponential(0.3), stats.expon(scale=1 / 0.3)),
        (Gamma(2.0, 0.1), stats.gamma(2.0, scale=10.0)),
        (Gamma(0.4, 3.0), stats.gamma(0.4, scale=1 / 3.0)),
        (InverseGamma(0.4, 0.3), stats.invgamma(0.4, scale=0.3)),
        (LogNormal(-0.5, 1.3), stats.lognorm(1.3, scale=np.exp(-0.5))),
    ],
    ids=lambda value: value.describe() if hasattr(value, "describe") else "",
)
def test_log_density(prior, reference):
    np.testing.assert_allclose(prior.log_density(X), reference.logpdf(X), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("df", [1.0, 3.0, 30.0])
def test_half_student_t_is_twice_the_upper_half(df):
    expected = np.log(2.0) + stats.t.logpdf(X, df, scale=1.7)
    np.testing.assert_allclose(HalfStudentT(df, 1.7).log_density(X), expected, rtol=1e-9)


def test_a_missing_number_stays_missing():
    assert np.isnan(HalfNormal(1.0).log_density(np.array([np.nan]))).all()
