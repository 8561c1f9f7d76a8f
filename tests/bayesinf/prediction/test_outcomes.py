"""Summaries of draws and of outcomes, and simulated outcomes."""

import numpy as np
import pytest

from bayesinf.families import Binomial, Gaussian, Poisson
from bayesinf.family import Known
from bayesinf.numerics.random import Streams
from bayesinf.prediction.mixture import Mixture
from bayesinf.prediction.outcomes import describe_draws, describe_outcomes, simulate
from tests.conftest import within


@pytest.fixture
def mixture(generator) -> Mixture:
    sigma = 1.0 + generator.random((2000, 1))
    return Mixture(Gaussian(), generator.normal(3, 1, (2000, 6)), {"sigma": sigma}, Known())


def test_draws_are_described_by_their_own_statistics(generator):
    draws = generator.normal(size=(500, 3))
    mean, sd, lower, upper = describe_draws(draws, "eti", 0.8).T
    assert np.allclose(mean, draws.mean(0))
    assert np.allclose(sd, draws.std(0, ddof=1))
    assert np.allclose([lower, upper], np.quantile(draws, [0.1, 0.9], axis=0))


def test_one_draw_has_no_spread():
    assert describe_draws(np.array([[2.0]]), "eti", 0.8).tolist() == [[2.0, 0.0, 2.0, 2.0]]


def test_an_equal_tailed_interval_leaves_equal_tails(mixture):
    _, _, lower, upper = describe_outcomes(mixture, "eti", 0.8, Streams(1)).T
    assert np.allclose(mixture.cdf(lower), 0.1, atol=1e-5)
    assert np.allclose(mixture.cdf(upper), 0.9, atol=1e-5)


def test_a_highest_density_interval_is_short_and_holds_its_probability(mixture):
    mean, sd, lower, upper = describe_outcomes(mixture, "hdi", 0.8, Streams(1)).T
    exact, width = mixture.moments
    assert np.array_equal(mean, exact) and np.array_equal(sd, width)
    held = mixture.cdf(upper) - mixture.cdf(lower)
    assert within(held, 0.8, np.full(6, np.sqrt(0.8 * 0.2 / 2000)))
    equal = describe_outcomes(mixture, "eti", 0.8, Streams(1))
    assert ((upper - lower) < 1.05 * (equal[:, 3] - equal[:, 2])).all()


def test_simulated_outcomes_have_the_moments_of_the_mixture(mixture):
    outcomes = simulate(mixture, Streams(1), 0)
    mean, sd = mixture.moments
    assert within(outcomes.mean(0), mean, sd / np.sqrt(2000))
    assert within(outcomes.var(0), sd**2, sd**2 * np.sqrt(2 / 2000) * 1.2)


def test_rows_are_independent_given_the_draw():
    draws = 4000
    mixture = Mixture(Poisson(), np.full((draws, 2), 1.0), {}, Known())
    one, two = simulate(mixture, Streams(1), 0).T
    assert within(np.corrcoef(one, two)[0, 1], 0.0, 1 / np.sqrt(draws))


def test_a_position_has_its_own_stream_and_a_summary_has_none(mixture):
    whole = simulate(mixture, Streams(1), 0)
    part = mixture.take(slice(2, 6))
    assert np.array_equal(simulate(part, Streams(1), 2), whole[:, 2:])
    assert not np.array_equal(simulate(part, Streams(1), 0), whole[:, 2:])
    assert np.array_equal(
        simulate(part, Streams(1), None), simulate(mixture, Streams(1), None)[:, 2:]
    )


def test_each_row_keeps_its_trials():
    mixture = Mixture(
        Binomial(), np.full((50, 3), 40.0), {}, Known(trials=np.array([1.0, 7.0, 20.0]))
    )
    assert (simulate(mixture, Streams(1), 0) == [1.0, 7.0, 20.0]).all()
