"""Every link keeps its promises: back and forth, slopes, tails, and both array libraries."""

import jax
import numpy as np
import pytest
from scipy import stats

from bayesinf.errors import ModelError
from bayesinf.links import (
    LINKS,
    CLogLog,
    Link,
    Log,
    Logit,
    ProbabilityLink,
    Probit,
    capped_exp,
    named_link,
)
from bayesinf.numerics.precision import double

ETA = np.linspace(-3.5, 3.2, 41)
PROBABILITY_LINKS = [link for link in LINKS if issubclass(link, ProbabilityLink)]


def subclasses(kind):
    return {kind, *(lower for child in kind.__subclasses__() for lower in subclasses(child))}


def test_every_link_is_listed():
    here = {kind for kind in subclasses(Link) if kind.__module__ == Link.__module__}
    assert set(LINKS) == here - {Link, ProbabilityLink}


@pytest.mark.parametrize("kind", LINKS)
def test_a_link_is_a_value_found_by_its_name(kind):
    assert named_link(kind.name) == kind()
    assert hash(named_link(kind.name)) == hash(kind())


def test_an_unknown_link_is_an_error_with_a_suggestion():
    with pytest.raises(ModelError, match=r"'logti'.*'logit'"):
        named_link("logti")


@pytest.mark.parametrize("kind", LINKS)
def test_forward_undoes_inverse(kind):
    link = kind()
    np.testing.assert_allclose(link.forward(link.inverse(ETA)), ETA, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("kind", LINKS)
def test_derivative_is_the_slope_of_inverse(kind):
    link = kind()
    slope = (link.inverse(ETA + 1e-5) - link.inverse(ETA - 1e-5)) / 2e-5
    np.testing.assert_allclose(link.derivative(ETA), slope, rtol=1e-6, atol=1e-9)
    with double():
        by_jax = jax.vmap(jax.grad(link.inverse))(jax.numpy.asarray(ETA))
        np.testing.assert_allclose(link.derivative(ETA), by_jax, rtol=1e-11)


@pytest.mark.parametrize("kind", LINKS)
def test_second_derivative_is_the_slope_of_the_derivative(kind):
    link = kind()
    slope = (link.derivative(ETA + 1e-5) - link.derivative(ETA - 1e-5)) / 2e-5
    np.testing.assert_allclose(link.second_derivative(ETA), slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", PROBABILITY_LINKS)
def test_symmetry_is_as_claimed(kind):
    link = kind()
    mirrored = np.allclose(link.log_complement(ETA), link.log_probability(-ETA), rtol=1e-12)
    assert mirrored == link.symmetric


@pytest.mark.parametrize("kind", PROBABILITY_LINKS)
@pytest.mark.parametrize("side", ["log_probability", "log_complement"])
def test_slopes_of_log_probabilities(kind, side):
    link = kind()
    first, second = getattr(link, side + "_slopes")(ETA)
    of, one = getattr(link, side), (1.0, 0.0) if side == "log_probability" else (0.0, 1.0)
    counts = link.count_slopes(*one, ETA)
    np.testing.assert_allclose(link.count_kernel(*one, ETA), of(ETA), rtol=1e-13)
    for step, slope, again, value in (
        (1e-5, first, counts[0], of),
        (1e-5, second, counts[1], lambda eta: getattr(link, side + "_slopes")(eta)[0]),
    ):
        expected = (value(ETA + step) - value(ETA - step)) / (2.0 * step)
        np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(slope, again, rtol=1e-13)


@pytest.mark.parametrize("kind", PROBABILITY_LINKS)
def test_slopes_of_log_probabilities_keep_their_digits_in_the_tails(kind):
    """Where an event is all but certain, log p is -(1 - p), so its slopes are those of p."""
    link, far = kind(), np.array([3.0, 4.0]) if kind is CLogLog else np.array([20.0, 25.0])
    first, second = link.log_probability_slopes(far)
    np.testing.assert_allclose(first, link.derivative(far), rtol=1e-8)
    np.testing.assert_allclose(second, link.second_derivative(far), rtol=1e-6)
    below = np.array([-40.0, -60.0])
    complement = link.log_complement_slopes(below)
    np.testing.assert_allclose(complement[0], -link.derivative(below), rtol=1e-12)
    np.testing.assert_allclose(complement[1], -link.second_derivative(below), rtol=1e-12)


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("method", ["inverse", "forward", "derivative", "second_derivative"])
def test_numpy_equals_jax(kind, method):
    link = kind()
    x = link.inverse(ETA) if method == "forward" else ETA
    with double():
        there = getattr(link, method)(jax.numpy.asarray(x))
        assert isinstance(there, jax.Array)
        here = getattr(link, method)(x)
        assert isinstance(here, np.ndarray)
        np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", PROBABILITY_LINKS)
def test_log_probability_and_complement_make_one(kind):
    link = kind()
    total = np.exp(link.log_probability(ETA)) + np.exp(link.log_complement(ETA))
    np.testing.assert_allclose(total, 1.0, rtol=1e-13)
    np.testing.assert_allclose(np.exp(link.log_probability(ETA)), link.inverse(ETA), rtol=1e-13)


@pytest.mark.parametrize("kind", PROBABILITY_LINKS)
@pytest.mark.parametrize("method", ["log_probability", "log_complement"])
def test_log_probabilities_and_their_slopes_are_finite_in_the_tails(kind, method):
    of = getattr(kind(), method)
    far = np.array([-800.0, -100.0, -40.0, 0.0, 40.0, 100.0, 800.0])
    with double():
        slope = jax.vmap(jax.grad(of))(jax.numpy.asarray(far))
    assert np.isfinite(of(far)).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("link", "distribution"),
    [(Logit(), stats.logistic), (Probit(), stats.norm), (CLogLog(), stats.gumbel_l)],
)
def test_probability_links_are_distribution_functions(link, distribution):
    eta = np.linspace(-36.0, 5.0, 200)
    np.testing.assert_allclose(link.log_probability(eta), distribution.logcdf(eta), rtol=1e-12)
    np.testing.assert_allclose(link.log_complement(eta), distribution.logsf(eta), rtol=1e-12)
    np.testing.assert_allclose(link.derivative(eta), distribution.pdf(eta), rtol=1e-12)


def test_cloglog_is_smooth_where_its_lower_tail_begins():
    link = CLogLog()
    eta = np.array([-30.0 - 1e-9, -30.0 + 1e-9])
    below, above = link.log_probability(eta)
    assert above - below == pytest.approx(2e-9, rel=1e-4)
    assert link.log_probability(np.array([-800.0])).item() == -800.0


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_capped_exp_is_exp_as_far_as_it_goes_and_its_tangent_beyond(precision):
    end = np.log(float(np.finfo(precision).max))
    near = np.array([-800.0, 0.0, end - 10.1], dtype=precision)
    np.testing.assert_array_equal(capped_exp(near), np.exp(near))
    far = np.array([end + 40.0], dtype=precision)
    top = np.exp(end - 10.0)
    assert capped_exp(far).item() == pytest.approx(51.0 * top, rel=1e-4)
    assert Log().derivative(far).item() == pytest.approx(top, rel=1e-4)
    with double():
        slope = jax.grad(lambda x: capped_exp(x).sum())(jax.numpy.asarray(far))
    assert slope.item() == pytest.approx(top, rel=1e-4)
