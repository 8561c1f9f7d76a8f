"""Posteriors and evidence by numerical integration, predictive distributions by summation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, stats

from bayesinf.errors import DataError
from bayesinf.updating.conjugacy import beta_binomial, gamma_poisson, normal_normal


def integral(function: Callable[[float], float], low: float, high: float) -> float:
    return integrate.quad(function, low, high, epsabs=0.0, epsrel=1e-10, limit=200)[0]


def test_a_probability_agrees_with_bayes_rule_by_quadrature() -> None:
    prior, likelihood = stats.beta(2.0, 3.0), lambda p: stats.binom.pmf(7, 20, p)
    evidence = integral(lambda p: prior.pdf(p) * likelihood(p), 0.0, 1.0)
    mean = integral(lambda p: p * prior.pdf(p) * likelihood(p), 0.0, 1.0) / evidence
    form = beta_binomial(7, 20, a=2.0, b=3.0)
    assert form.mean == pytest.approx(mean, rel=1e-9)
    assert form.log_evidence == pytest.approx(np.log(evidence), rel=1e-9)


def test_a_rate_agrees_with_bayes_rule_by_quadrature() -> None:
    prior = stats.gamma(1.5, scale=1 / 0.8)
    likelihood = lambda rate: stats.poisson.pmf(4, 3.0 * rate)  # noqa: E731
    evidence = integral(lambda rate: prior.pdf(rate) * likelihood(rate), 0.0, 30.0)
    mean = integral(lambda rate: rate * prior.pdf(rate) * likelihood(rate), 0.0, 30.0) / evidence
    form = gamma_poisson(4, exposure=3.0, shape=1.5, rate=0.8)
    assert form.mean == pytest.approx(mean, rel=1e-9)
    assert form.log_evidence == pytest.approx(np.log(evidence), rel=1e-9)


def test_an_effect_agrees_with_bayes_rule_by_quadrature() -> None:
    prior = stats.norm(1.0, 4.0)
    likelihood = lambda mu: stats.norm.pdf(6.0, mu, 2.0)  # noqa: E731
    evidence = integral(lambda mu: prior.pdf(mu) * likelihood(mu), -20.0, 30.0)
    mean = integral(lambda mu: mu * prior.pdf(mu) * likelihood(mu), -20.0, 30.0) / evidence
    form = normal_normal(6.0, 2.0, mean=1.0, sd=4.0)
    assert form.mean == pytest.approx(mean, rel=1e-9)
    assert form.log_evidence == pytest.approx(np.log(evidence), rel=1e-9)


def test_the_default_priors_are_the_documented_ones() -> None:
    np.testing.assert_array_equal([beta_binomial(3, 10).a, beta_binomial(3, 10).b], [4.0, 8.0])
    np.testing.assert_array_equal(
        [gamma_poisson(3, 10.0).shape, gamma_poisson(3, 10.0).rate], [3.5, 10]
    )
    assert np.isnan(gamma_poisson(3, 10.0).log_evidence)


def test_two_batches_are_one() -> None:
    k, n = np.array([3, 40]), np.array([10, 100])
    once, twice = beta_binomial(2 * k, 2 * n), beta_binomial(k, n).update(k, n)
    np.testing.assert_allclose([twice.a, twice.b], [once.a, once.b], rtol=1e-15)
    once, twice = gamma_poisson(2 * k, 14.0), gamma_poisson(k, 7.0).update(k, 7.0)
    np.testing.assert_allclose([twice.shape, twice.rate], [once.shape, once.rate], rtol=1e-15)
    twice = normal_normal(3.0, 2.0, sd=5.0).update(3.0, 2.0)
    once = normal_normal(3.0, 2.0 / np.sqrt(2.0), sd=5.0)
    np.testing.assert_allclose([twice.mean, twice.sd], [once.mean, once.sd], rtol=1e-14)


def test_evidence_follows_the_chain_rule() -> None:
    first = gamma_poisson(4, 2.0, shape=1.0, rate=1.0)
    second = first.update(9, 3.0)
    step = first.predictive(3.0).logpmf(9)
    assert second.log_evidence == pytest.approx(first.log_evidence + step, rel=1e-10)
    first = beta_binomial(4, 9)
    step = first.predictive(5).logpmf(5)
    assert first.update(5, 5).log_evidence == pytest.approx(first.log_evidence + step, rel=1e-10)
    first = normal_normal(3.0, 2.0, sd=5.0)
    step = first.predictive(1.5).logpdf(-1.0)
    assert first.update(-1.0, 1.5).log_evidence == pytest.approx(first.log_evidence + step)


def test_predictions_are_mixtures_over_the_posterior() -> None:
    form = beta_binomial(7, 20)
    by_hand = integral(lambda p: stats.binom.pmf(3, 8, p) * np.exp(form.log_density(p)), 0.0, 1.0)
    assert form.predictive(8).pmf(3) == pytest.approx(by_hand, rel=1e-9)
    rate = gamma_poisson(7, 4.0)
    by_hand = integral(
        lambda x: stats.poisson.pmf(3, 2.0 * x) * np.exp(rate.log_density(x)), 0.0, 20.0
    )
    assert rate.predictive(2.0).pmf(3) == pytest.approx(by_hand, rel=1e-9)
    effect = normal_normal(6.0, 2.0, sd=4.0)
    assert effect.predictive(3.0).std() == pytest.approx(np.hypot(effect.sd, 3.0))
    assert effect.predictive().std() == pytest.approx(effect.sd)


def test_groups_and_priors_stretch_together() -> None:
    assert beta_binomial([1, 2, 3], 10, a=[[1.0], [2.0]]).groups == (2, 3)
    one_by_one = [float(gamma_poisson(k, 2.0).mean) for k in (0, 5)]
    np.testing.assert_array_equal(gamma_poisson([0, 5], 2.0).mean, one_by_one)


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        (lambda: beta_binomial([1, 5, 9], [3, 4, 8]), "successes-exceed-trials", "positions 1, 2"),
        (lambda: beta_binomial(5, 4), "successes-exceed-trials", r"\(5 of 4\)"),
        (lambda: beta_binomial([1, -1], 4), "negative", "'successes' must not be below 0; -1"),
        (lambda: beta_binomial([1, 1.5], 4), "not-whole", "1.5 is given at position 1"),
        (lambda: beta_binomial([1, np.nan], 4), "not-finite", "finite"),
        (lambda: beta_binomial([1, 2], [3, 4, 5]), "shapes", "do not fit together"),
        (lambda: beta_binomial(1, 2, a=0.0), "not-positive", "'a' must be positive"),
        (lambda: gamma_poisson([1, 2], [1.0, 0.0]), "no-exposure", "'events' need exposure; 2"),
        (lambda: gamma_poisson([1, 0], [1.0, 0.0]), "no-exposure", "under this prior"),
        (lambda: gamma_poisson(1, -2.0), "negative", "'exposure'"),
        (lambda: normal_normal([1.0, 2.0], [1.0, 0.0], sd=1.0), "not-positive", "position 1"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], code: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        call()
    assert caught.value.code == code
