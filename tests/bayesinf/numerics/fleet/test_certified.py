"""Certified draws of many densities: right where certified, and not certified where wrong."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from bayesinf.numerics.fleet.certified import sample_members
from bayesinf.numerics.fleet.members import Members
from tests.conftest import within


def skewed(flat, data):
    """Two log gamma variables: skewed to the left the more, the smaller their shape."""
    shape = data[0]
    return (shape * flat - jnp.exp(flat)).sum(-1)


def banana(flat, data):
    """A normal bent into a crescent, which no ellipse follows, and a plain one where not bent."""
    bent = flat[..., 1] - data[0][0] * flat[..., 0] ** 2
    return -0.5 * flat[..., 0] ** 2 - 50.0 * bent**2


def generators(names: list[int]) -> list[np.random.Generator]:
    return [np.random.default_rng(name) for name in names]


def test_draws_have_the_moments_of_each_member() -> None:
    shapes = np.repeat(np.array([[0.7], [3.0], [40.0]]), 2, axis=1)
    members = Members(skewed, (shapes,), 1)
    found = sample_members(members, np.zeros((3, 1, 2)), 4000, generators([1, 2, 3]))
    assert found.certified.all()
    from scipy.special import digamma, polygamma

    chosen = found.chosen
    for k, shape in enumerate(shapes[:, 0]):
        sd = np.sqrt(polygamma(1, shape))
        within(chosen.points[k].mean(axis=0), digamma(shape), sd / np.sqrt(chosen.effective[k]))
        kurtosis = polygamma(3, shape) / sd**4 + 3.0
        error = 0.5 * sd * np.sqrt((kurtosis - 1.0) / chosen.effective[k])
        within(chosen.points[k].std(axis=0), sd, error)


def test_a_skewed_member_needs_and_gets_the_second_proposal() -> None:
    members = Members(skewed, (np.array([[0.05, 0.05], [30.0, 30.0]]),), 1)
    from bayesinf.numerics.fleet.certified import choose, weigh
    from bayesinf.numerics.fleet.proposals import Proposals
    from bayesinf.numerics.fleet.summits import find_summits

    starts = np.zeros((2, 1, 2))
    summits = find_summits(members, starts)
    first = weigh(
        members, Proposals.at_modes(summits.points, summits.hessians), generators([4, 5]), 1500
    )
    assert choose(first, 1000, generators([6, 7])).certified.tolist() == [False, True]
    assert sample_members(members, starts, 1000, generators([4, 5])).certified.all()


def test_a_crescent_is_not_certified() -> None:
    members = Members(banana, (np.array([[0.0], [4.0]]),), 1)
    found = sample_members(members, np.zeros((2, 1, 2)), 1000, generators([1, 2]))
    assert found.summits.agree.all()
    assert found.certified.tolist() == [True, False]


def test_a_member_does_not_depend_on_the_others() -> None:
    shapes = np.array([[0.7, 2.0], [0.05, 0.05], [40.0, 1.0], [3.0, 3.0]])
    members = Members(skewed, (shapes,), 1)
    all_four = sample_members(members, np.zeros((4, 1, 2)), 500, generators([1, 2, 3, 4]))
    two = sample_members(
        members.take(np.array([3, 0])), np.zeros((2, 1, 2)), 500, generators([4, 1])
    )
    assert np.allclose(two.chosen.points[0], all_four.chosen.points[3], rtol=1e-10)
    assert np.allclose(two.chosen.points[1], all_four.chosen.points[0], rtol=1e-10)


def test_a_density_that_is_infinite_is_not_certified() -> None:
    def spiked(flat, data):
        normal = -0.5 * (flat**2).sum(-1)
        return jnp.where(flat[..., 0] > data[0][0], jnp.inf, normal)

    members = Members(spiked, (np.array([[1.0], [99.0]]),), 1)
    found = sample_members(members, np.zeros((2, 1, 2)), 400, generators([1, 2]))
    assert found.certified.tolist() == [False, True]
