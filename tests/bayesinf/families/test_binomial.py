"""Binomial outcomes against SciPy."""

import numpy as np
import pytest
from scipy import special, stats

from bayesinf.errors import ModelError
from bayesinf.families import Bernoulli, Binomial
from bayesinf.family import Known
from bayesinf.links import CLogLog, Logit, Probit

ETA = np.array([-9.0, -2.0, 0.0, 0.4, 1.1, 5.0])
Y = np.array([0.0, 3.0, 5.0, 1.0, 400.0, 12.0])
KNOWN = Known(trials=np.array([10.0, 10.0, 5.0, 1.0, 1000.0, 12.0]))
PROBABILITY = {
    Logit(): special.expit(ETA),
    Probit(): stats.norm.cdf(ETA),
}


@pytest.mark.parametrize("link", PROBABILITY, ids=repr)
def test_density_and_distribution_function(link):
    reference, family = stats.binom(KNOWN.trials, PROBABILITY[link]), Binomial(link)
    density = family.log_density(Y, ETA, {}, KNOWN)
    np.testing.assert_allclose(density, reference.logpmf(Y), rtol=1e-9)
    for y in (Y, Y - 1.0, Y + 0.3, Y + 5.0, np.full(6, -2.0)):
        np.testing.assert_allclose(family.cdf(y, ETA, {}, KNOWN), reference.cdf(y), rtol=1e-9)
    np.testing.assert_allclose(family.mean(ETA, {}, KNOWN), reference.mean(), rtol=1e-9)
    np.testing.assert_allclose(family.variance(ETA, {}, KNOWN), reference.var(), rtol=1e-9)


def test_small_probabilities_keep_their_digits_in_the_distribution_function():
    """P(Y = 0) is one and P(Y > 0) is lost to rounding on one side, never on the other."""
    known = Known(trials=np.array([10.0, 10.0]))
    eta = np.array([-40.0, 40.0])
    below = Binomial().cdf(np.array([0.0, 9.0]), eta, {}, known)
    assert below[0] == 1.0
    assert below[1] == pytest.approx(10.0 * np.exp(-40.0), rel=1e-12)


@pytest.mark.parametrize("link", [Logit(), Probit(), CLogLog()], ids=repr)
def test_one_trial_is_bernoulli(link):
    y, known = np.array([0.0, 1.0, 1.0, 0.0, 0.0, 1.0]), Known(trials=np.ones(6))
    one = Binomial(link).log_density(y, ETA, {}, known)
    np.testing.assert_allclose(one, Bernoulli(link).log_density(y, ETA, {}, Known()), atol=1e-12)


def test_support_depends_on_the_trials_of_the_row():
    y = np.array([0.0, 4.0, 5.0, 2.5, -1.0, np.nan])
    outside = Binomial().outside_support(y, Known(trials=np.full(6, 4.0)))
    np.testing.assert_array_equal(outside, [False, False, True, True, True, True])


def test_draws_stay_within_the_trials_of_the_row(generator):
    known = Known(trials=np.array([0.0, 1.0, 50.0]))
    y = Binomial().sample(generator, np.zeros((200, 3)), {}, known)
    assert np.all(y <= known.trials)
    assert y[:, 2].max() > 30.0


def test_without_trials_there_is_no_density():
    with pytest.raises(ModelError, match="number of trials"):
        Binomial().log_density(Y, ETA, {}, Known())
