"""Modes of many densities at once are those that the single search finds, and judged as there."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from bayesinf.numerics.fleet.members import Members
from bayesinf.numerics.fleet.summits import find_summits, log_evidence
from bayesinf.numerics.mode import find_modes, numerical_derivatives
from bayesinf.types import namespace


def logistic(flat, data):
    """Logistic regression with a normal prior; each member has rows of its own."""
    columns, outcome = data
    eta = flat @ columns.T
    fit = (outcome * eta - namespace(eta).logaddexp(0.0, eta)).sum(-1)
    return fit - 0.02 * (flat**2).sum(-1)


def two_peaks(flat, data):
    """Two normals at +-3, the second lower by `data` nats."""
    first = -0.5 * ((flat - 3.0) ** 2).sum(-1)
    second = -0.5 * ((flat + 3.0) ** 2).sum(-1) - data[0]
    return jnp.logaddexp(first, second)


def linear(flat, data):
    """A density that rises without end."""
    return data[0] * flat.sum(-1)


def some_logistic(members: int = 9) -> Members:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(members, 40, 3))
    outcome = (rng.random((members, 40)) < 0.5).astype(float)
    outcome[-1] = columns[-1, :, 0] > 0  # separated: the prior alone bounds it
    return Members(logistic, (columns, outcome), 40)


def test_modes_are_those_of_the_single_search() -> None:
    members = some_logistic()
    starts = np.random.default_rng(1).normal(0, 2, (9, 3, 3))
    found = find_summits(members, starts)
    assert found.converged.all() and found.agree.all()
    assert np.isinf(found.gaps).all()
    for k in range(9):
        own = tuple(part[k] for part in members.data)

        def value(points: np.ndarray, own=own) -> np.ndarray:
            return np.asarray(logistic(points, own))

        single = find_modes(value, numerical_derivatives(value), starts[k])
        # Both stop where a step would gain less than 1e-8 nats: a ten-thousandth of an sd.
        step = found.points[k] - single.best.point
        assert -step @ single.best.hessian @ step < 1e-7
        assert np.allclose(found.hessians[k], single.best.hessian, rtol=1e-4)


def test_one_start_finds_the_same_mode_of_a_concave_density() -> None:
    members = some_logistic()
    several = find_summits(members, np.random.default_rng(1).normal(0, 2, (9, 3, 3)))
    one = find_summits(members, np.zeros((9, 1, 3)))
    assert one.agree.all()
    assert np.allclose(one.points, several.points, rtol=1e-3, atol=1e-4)


def test_two_modes_are_found_and_weighed() -> None:
    members = Members(two_peaks, (np.array([[0.0], [8.0], [12.0]]),), 1)
    starts = np.broadcast_to(np.array([[4.0], [-4.0]])[None], (3, 2, 1))
    found = find_summits(members, starts)
    assert np.allclose(found.points, 3.0, atol=1e-4)
    # Laplace's approximation of the lower mode feels the flank of the higher one.
    assert np.allclose(found.gaps, [0.0, 8.0, 12.0], atol=0.1)
    assert found.agree.tolist() == [False, False, True], "ten nats are enough"


def test_a_density_without_a_top_is_not_converged() -> None:
    members = Members(linear, (np.array([[1.0], [0.0]]),), 1)
    found = find_summits(members, np.ones((2, 1, 2)))
    assert not found.converged.any() and not found.agree.any()


def test_a_start_outside_the_support_is_left_out() -> None:
    members = Members(lambda flat, data: two_peaks(flat, data), (np.array([[30.0]]),), 1)
    starts = np.array([[[np.nan], [2.0]]])
    found = find_summits(members, starts)
    assert found.agree.all() and np.allclose(found.points, 3.0)


def test_laplaces_evidence_of_a_normal_is_its_integral() -> None:
    hessians = -np.diag([4.0, 9.0])[None, None]
    evidence = log_evidence(np.zeros((1, 1)), hessians)
    assert np.allclose(evidence, np.log(2 * np.pi / 6.0))
