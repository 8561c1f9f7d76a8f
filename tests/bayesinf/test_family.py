"""What all families share: scales of default priors, known columns, counts of any size."""

import jax
import numpy as np
import pytest

from bayesinf.errors import ModelError
from bayesinf.families import Bernoulli, Binomial, Gaussian, Poisson
from bayesinf.family import Known, draw_counts, known_trials, spread
from bayesinf.links import Log
from tests.conftest import within

Y = np.array([3.0, 5.0, 10.0, 2.0])


def test_the_predictor_is_measured_in_outcome_units_under_the_identity_link_only():
    assert Gaussian().predictor_scale(Y) == pytest.approx(np.sqrt(np.sum((Y - 5.0) ** 2) / 3.0))
    assert Gaussian().predictor_centre(Y) == 5.0
    for family in (Gaussian(Log()), Poisson(), Bernoulli()):
        assert family.predictor_scale(Y) == 1.0
        assert family.predictor_centre(Y) == 0.0


def test_sigma_is_measured_in_outcome_units_under_every_link():
    assert Gaussian(Log()).outcome_scale(Y) == Gaussian().predictor_scale(Y)


@pytest.mark.parametrize("y", [np.array([4.0]), np.full(50, 0.1), np.zeros(0)], ids=len)
def test_an_outcome_without_a_scale_counts_as_one(y):
    assert Gaussian().outcome_scale(y) == 1.0


def test_known_columns_travel_through_compiled_programs():
    known = Known(trials=np.array([3.0, 4.0]))
    doubled = jax.jit(lambda known: jax.tree.map(lambda leaf: 2.0 * leaf, known))(known)
    assert isinstance(doubled, Known)
    assert doubled.standard_error is None
    np.testing.assert_array_equal(doubled.trials, [6.0, 8.0])


def test_a_known_standard_error_takes_the_place_of_sigma():
    assert spread({"sigma": 2.0}, Known()) == 2.0
    assert spread({}, Known(standard_error=np.array([3.0]))) == np.array([3.0])


def test_missing_trials_are_an_error_that_says_what_to_write():
    with pytest.raises(ModelError, match=r"trials\(n\)") as caught:
        known_trials(Binomial(), Known())
    assert caught.value.code == "trials-missing"


@pytest.mark.parametrize("mean", [0.0, 1e-30, 3.0, 9e8, 1.1e9, 1e14, 1e25, 1e300])
def test_counts_of_any_mean_are_whole_and_have_it(mean, generator):
    counts = draw_counts(generator, np.full(4000, mean))
    assert np.isfinite(counts).all()
    assert np.array_equal(counts, np.rint(counts))
    if mean < 1e-10:
        assert not counts.any()
    elif mean < 1e16:
        assert within(counts.mean(), mean, np.sqrt(mean / 4000))
        assert within(counts.var(), mean, mean * np.sqrt(2.5 / 4000))
    else:
        assert counts.mean() == pytest.approx(mean, rel=1e-9)
