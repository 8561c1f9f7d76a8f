"""Many densities evaluated at once: the values of each are its own, however they are batched."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from bayesinf.numerics.fleet import members as module
from bayesinf.numerics.fleet.members import Members


def density(flat, data):
    """Gaussian with the member's centre and widths, outside a ball undefined."""
    centre, width = data
    value = -0.5 * (((flat - centre) / width) ** 2).sum(-1)
    return jnp.where((flat**2).sum(-1) > 1e6, jnp.nan, value)


@pytest.fixture
def some() -> Members:
    rng = np.random.default_rng(0)
    return Members(density, (rng.normal(size=(11, 3)), rng.uniform(0.5, 2, (11, 3))), 7)


def expected(members: Members, points: np.ndarray) -> np.ndarray:
    centre, width = members.data
    return -0.5 * (((points - centre[:, None]) / width[:, None]) ** 2).sum(-1)


# All at once; some members at a time; one member, some of its points at a time.
@pytest.mark.parametrize("largest", [4_000_000, 7 * 50 * 3, 7 * 13])
def test_values_do_not_depend_on_the_batches(
    some: Members, largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_BATCH", largest)
    points = np.random.default_rng(1).normal(size=(11, 50, 3))
    assert np.allclose(some.values(points), expected(some, points), rtol=1e-13)


def test_what_is_not_a_number_has_no_density(some: Members) -> None:
    points = np.full((11, 2, 3), 1e4)
    assert (some.values(points) == -np.inf).all()


def test_derivatives_are_those_of_each_member(
    some: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_BATCH", 7 * 2 * 3 * 4)
    points = np.random.default_rng(2).normal(size=(11, 2, 3))
    gradients, hessians = some.derivatives(points)
    centre, width = some.data
    assert np.allclose(gradients, -(points - centre[:, None]) / width[:, None] ** 2)
    truth = np.broadcast_to((-np.eye(3) / width[:, None] ** 2)[:, None], (11, 2, 3, 3))
    assert np.allclose(hessians, truth)


def test_some_members_can_be_taken(some: Members) -> None:
    points = np.zeros((2, 1, 3))
    part = some.take(np.array([4, 4]))
    assert len(part) == 2
    assert np.allclose(part.values(points), expected(some, np.zeros((11, 1, 3)))[[4, 4]])
