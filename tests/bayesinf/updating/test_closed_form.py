"""The questions that every closed form answers, against scipy.stats and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayesinf as bi
from bayesinf.errors import DataError, ModelError
from bayesinf.options import options
from bayesinf.updating.closed_form import ClosedForm, numbers, positions, together
from bayesinf.updating.conjugacy import beta_binomial, gamma_poisson, normal_normal

BETA = beta_binomial([0, 3, 40, 100], [10, 10, 100, 100])
GAMMA = gamma_poisson([0, 1, 12, 900], exposure=[2.0, 5.0, 400.0, 1.0], shape=0.7, rate=0.3)
NORMAL = normal_normal([28.0, -3.0], [15.0, 16.0], mean=1.0, sd=10.0)

PAIRS = [
    pytest.param(BETA, stats.beta(BETA.a, BETA.b), id="beta"),
    pytest.param(GAMMA, stats.gamma(GAMMA.shape, scale=1.0 / GAMMA.rate), id="gamma"),
    pytest.param(NORMAL, stats.norm(NORMAL.centre, NORMAL.spread), id="normal"),
]


@pytest.fixture
def shortest_intervals():
    before = options.interval
    options.interval = ("hdi", 0.9)
    yield 0.9
    options.interval = before


@pytest.mark.parametrize(("form", "peer"), PAIRS)
def test_every_number_agrees_with_scipy(form: ClosedForm, peer) -> None:
    np.testing.assert_allclose(form.mean, peer.mean(), rtol=1e-12)
    np.testing.assert_allclose(form.sd, peer.std(), rtol=1e-12)
    for bound, prob in zip(form.interval(0.9), (0.05, 0.95), strict=True):
        np.testing.assert_allclose(bound, peer.ppf(prob), rtol=1e-8)
    middle = peer.ppf(0.3)
    np.testing.assert_allclose(form.log_density(middle), peer.logpdf(middle), rtol=1e-9)
    np.testing.assert_allclose(form.probability(above=middle), 0.7, rtol=1e-8)


@pytest.mark.parametrize(("form", "peer"), PAIRS)
def test_a_tail_is_not_lost_to_cancellation(form: ClosedForm, peer) -> None:
    far = peer.isf(1e-20)
    np.testing.assert_allclose(form.probability(above=far), peer.sf(far), rtol=1e-6)


@pytest.mark.parametrize(("form", "peer"), PAIRS)
def test_draws_have_the_moments_and_the_form_of_the_library(form: ClosedForm, peer, within) -> None:
    draws = form.draws(8000, seed=3)
    assert draws.shape == (4, 2000, *form.groups)
    assert draws.dtype == np.float64
    flat = draws.reshape(8000, -1)
    within(flat.mean(axis=0), peer.mean(), peer.std() / np.sqrt(8000))
    np.testing.assert_array_equal(draws, form.draws(8000, seed=3))
    assert not np.array_equal(draws, form.draws(8000, seed=4))


@pytest.mark.parametrize(("form", "peer"), PAIRS)
def test_the_shortest_interval_is_shorter_than_any_other(
    form: ClosedForm, peer, shortest_intervals: float
) -> None:
    lower, upper = form.interval()
    np.testing.assert_allclose(peer.cdf(upper) - peer.cdf(lower), shortest_intervals, atol=1e-10)
    tails = np.linspace(0.0, 1.0 - shortest_intervals, 2001)[1:-1, np.newaxis]
    others = peer.ppf(tails + shortest_intervals) - peer.ppf(tails)
    assert np.all(upper - lower <= others.min(axis=0) * (1 + 1e-9))


def test_a_density_that_is_highest_at_both_ends_has_its_interval_at_one(
    shortest_intervals: float,
) -> None:
    form = beta_binomial([0, 0], [0, 0], a=[0.5, 0.4], b=[0.5, 0.6])
    lower, upper = form.interval()
    at_zero, at_one = form.quantile(shortest_intervals), form.quantile(1 - shortest_intervals)
    np.testing.assert_allclose(upper - lower, np.minimum(at_zero, 1.0 - at_one), rtol=1e-9)


def test_the_table_of_groups() -> None:
    frame = BETA.summary(names=["a", "b", "c", "d"], prob=0.8)
    assert list(frame.columns) == ["mean", "sd", "lower", "upper"]
    assert list(frame.index) == ["a", "b", "c", "d"]
    assert frame.attrs["interval_prob"] == 0.8
    np.testing.assert_array_equal(frame["lower"], BETA.interval(0.8)[0])
    assert len(beta_binomial(3, 10).summary()) == 1
    grid = beta_binomial([[1, 2], [3, 4]], 10).summary()
    assert grid.index.tolist() == [(0, 0), (0, 1), (1, 0), (1, 1)]
    with pytest.raises(DataError, match="2 names are given for 4 groups"):
        BETA.summary(names=["a", "b"])


def test_it_prints_for_people() -> None:
    assert repr(beta_binomial(3, 10)).startswith("probability: 0.3333, 89% CrI (ETI) 0.1392 to")
    assert "4 groups" in repr(BETA)
    assert "means from 0.08333 to 0.9902" in repr(BETA)


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(ModelError, match="at least 1"):
        BETA.draws(0)
    with pytest.raises(ModelError, match="between 0 and 1"):
        BETA.interval(1.5)
    with pytest.raises(DataError, match="must be numbers"):
        numbers("successes", ["three"])


def test_positions_are_named() -> None:
    assert positions(np.array([2]), (5,)) == " at position 2"
    assert positions(np.array([1, 2]), (2, 2)) == " at positions (0, 1), (1, 0)"
    assert positions(np.array([0]), ()) == ""


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(DataError, match=r"'a' \(2,\), 'b' \(3,\)") as caught:
        together(a=np.zeros(2), b=np.zeros(3))
    assert caught.value.code == "shapes"


def test_thousands_of_groups_take_a_moment() -> None:
    counts = np.arange(5000) % 50
    assert beta_binomial(counts, 100).interval()[0].shape == (5000,)
    assert bi.options.interval[0] == "eti"
