"""Mixtures: moments by their definition, and pieces."""

import numpy as np
import pytest
from scipy import stats

from bayesinf.families import Binomial, Gaussian, NegativeBinomial, Poisson, StudentT
from bayesinf.family import Known
from bayesinf.prediction.mixture import Mixture
from tests.conftest import within


@pytest.fixture
def mixture(generator) -> Mixture:
    shape = generator.gamma(20.0, 0.1, (300, 1))
    return Mixture(
        NegativeBinomial(), generator.normal(1, 0.3, (300, 5)), {"shape": shape}, Known()
    )


def test_moments_agree_with_summation(mixture):
    counts = np.arange(2000)
    mean, sd = mixture.moments
    for row in range(5):
        mu, shape = np.exp(mixture.predictor[:, row, None]), mixture.parameters["shape"]
        mass = stats.nbinom.pmf(counts, shape, shape / (shape + mu)).mean(0)
        exact = (mass * counts).sum()
        assert np.isclose(mean[row], exact, rtol=1e-9)
        assert np.isclose(sd[row], np.sqrt((mass * (counts - exact) ** 2).sum()), rtol=1e-9)


def test_moments_agree_with_simulation(mixture, generator):
    outcomes = mixture.family.sample(
        generator,
        np.tile(mixture.predictor, (400, 1)),
        {"shape": np.tile(mixture.parameters["shape"], (400, 1))},
        Known(),
    )
    mean, sd = mixture.moments
    size = len(outcomes)
    assert within(outcomes.mean(0), mean, sd / np.sqrt(size))
    fourth = ((outcomes - mean) ** 4).mean(0)
    assert within(outcomes.var(0), sd**2, np.sqrt((fourth - sd**4) / size))


def test_one_draw_without_a_variance_makes_it_infinite():
    parameters = {"sigma": np.ones((2, 1)), "nu": np.array([[5.0], [1.5]])}
    mixture = Mixture(StudentT(), np.zeros((2, 3)), parameters, Known())
    assert np.isinf(mixture.moments[1]).all()
    assert (mixture.width < 2).all()


def test_variances_beyond_the_largest_number_are_infinite():
    mixture = Mixture(Poisson(), np.array([[0.0], [800.0]]), {}, Known())
    assert np.isinf(mixture.moments[1]).all()


def test_pieces_cover_the_rows(mixture):
    assert mixture.pieces(600) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert len(mixture.pieces(1)) == 5


def test_pieces_take_what_is_known_along(generator):
    known = Known(trials=np.array([1.0, 2.0, 3.0]))
    mixture = Mixture(Binomial(), generator.normal(size=(10, 3)), {}, known)
    assert mixture.take(slice(1, 3)).known.trials.tolist() == [2.0, 3.0]
    assert np.array_equal(mixture.take(np.array([2])).moments[0], mixture.moments[0][2:])


def test_thinning_is_even_and_keeps_parameters_with_their_draws():
    sigma = 1.0 + np.arange(10.0)[:, None]
    mixture = Mixture(Gaussian(), sigma * np.ones((10, 2)), {"sigma": sigma}, Known())
    thin = mixture.thinned(5)
    assert thin.predictor[:, 1].tolist() == [1.0, 3.0, 5.0, 7.0, 9.0]
    assert np.array_equal(thin.predictor[:, :1], thin.parameters["sigma"])
    assert mixture.thinned(10) is mixture
