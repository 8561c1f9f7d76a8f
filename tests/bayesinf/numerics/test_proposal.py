"""Proposals against SciPy's multivariate t and against their own draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesinf.errors import SamplingError
from bayesinf.numerics.proposal import Mixture, Student

SCALE = np.array([[2.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 0.5]])
MEAN = np.array([1.0, -2.0, 30.0])


def test_log_density_equals_scipy():
    student = Student.with_scale(MEAN, SCALE, df=5.0)
    points = MEAN + 3.0 * np.random.default_rng(0).normal(size=(20, 3))
    expected = stats.multivariate_t(MEAN, SCALE, df=5.0).logpdf(points)
    np.testing.assert_allclose(student.log_density(points), expected, rtol=1e-12)


def test_mixture_density_is_the_sum_of_its_parts():
    parts = (Student.with_scale(MEAN, SCALE), Student.with_scale(-MEAN, 4.0 * SCALE, df=4.0))
    points = np.concatenate([part.sample(np.random.default_rng(1), 10) for part in parts])
    expected = 0.3 * np.exp(parts[0].log_density(points)) + 0.7 * np.exp(
        parts[1].log_density(points)
    )
    mixture = Mixture(parts, (0.3, 0.7))
    np.testing.assert_allclose(np.exp(mixture.log_density(points)), expected, rtol=1e-12)


@pytest.mark.parametrize("guarded", [False, True], ids=["student", "guarded"])
def test_draws_follow_the_density(guarded):
    # The probability integral transform of one coordinate of a Student part is exact.
    student = Student.with_scale(MEAN, SCALE, df=7.0)
    proposal = student.guarded() if guarded else student
    points = proposal.sample(np.random.default_rng(2), 20_000)
    z = (points[:, 1] - MEAN[1]) / np.sqrt(SCALE[1, 1])
    expected = stats.t(7.0).cdf(z)
    if guarded:
        expected = 0.7 * expected + 0.3 * stats.t(4.0).cdf(z / 1.5)
    assert stats.kstest(expected, "uniform").pvalue > 1e-3
    correlation = stats.spearmanr(points[:, 0], points[:, 1]).statistic
    assert correlation == pytest.approx(0.6 / np.sqrt(2.0), abs=0.05)


def test_mixture_order_does_not_tell_the_part():
    parts = (Student.with_scale(MEAN, SCALE), Student.with_scale(MEAN + 1e6, SCALE))
    points = Mixture(parts, (0.5, 0.5)).sample(np.random.default_rng(3), 2000)
    first_half = (points[:1000, 0] > 1e5).mean()
    assert first_half == pytest.approx(0.5, abs=4.0 * 0.5 / np.sqrt(1000))


def test_at_mode_inverts_the_hessian_whatever_the_units():
    units = np.array([1e-6, 1.0, 1e8])
    covariance = SCALE * np.outer(units, units)
    student = Student.at_mode(MEAN, -np.linalg.inv(SCALE) / np.outer(units, units))
    np.testing.assert_allclose(student.cholesky @ student.cholesky.T, covariance, rtol=1e-12)


def test_a_flat_direction_is_an_error():
    with pytest.raises(SamplingError, match="not positive definite") as caught:
        Student.at_mode(np.zeros(2), np.diag([-1.0, 0.0]))
    assert caught.value.code == "flat-direction"
