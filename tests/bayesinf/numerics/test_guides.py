"""Guides: their maps against their inverses, their Jacobians against automatic ones."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from bayesinf.numerics.guides import Guide, guide_named
from bayesinf.numerics.precision import double

NAMES = ("mean-field", "full-rank", "low-rank", "flow")


def shaken(guide: Guide) -> dict[str, np.ndarray]:
    """Parameters away from where the guide starts."""
    rng = np.random.default_rng(4)
    start = guide.start(rng)
    return {name: value + 0.3 * rng.normal(size=value.shape) for name, value in start.items()}


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("name", NAMES)
def test_backward_undoes_forward(name: str, size: int) -> None:
    guide = guide_named(name, size)
    parameters, noise = shaken(guide), np.random.default_rng(0).normal(size=(7, size))
    points, log_jacobian = guide.forward(parameters, noise)
    assert isinstance(points, np.ndarray), "draws are made in NumPy"
    with double():
        back, same = guide.backward(jax.tree.map(jnp.asarray, parameters), jnp.asarray(points))
    np.testing.assert_allclose(back, noise, atol=1e-10)
    np.testing.assert_allclose(same, log_jacobian, atol=1e-10)


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("name", NAMES)
def test_the_jacobian_is_that_of_the_map(name: str, size: int) -> None:
    guide = guide_named(name, size)
    parameters, noise = shaken(guide), np.random.default_rng(0).normal(size=(3, size))
    _, log_jacobian = guide.forward(parameters, noise)
    with double():
        given = jax.tree.map(jnp.asarray, parameters)
        jacobians = jax.vmap(jax.jacobian(lambda z: guide.forward(given, z[None])[0][0]))(
            jnp.asarray(noise)
        )
    expected = np.linalg.slogdet(np.asarray(jacobians))[1]
    np.testing.assert_allclose(np.broadcast_to(log_jacobian, 3), expected, atol=1e-10)


@pytest.mark.parametrize("name", ["mean-field", "full-rank", "low-rank"])
def test_normal_guides_have_the_density_of_their_covariance(name: str) -> None:
    guide = guide_named(name, 4)
    parameters = shaken(guide)
    rows, _ = guide.forward(parameters, np.eye(4))
    factor = (rows - parameters["mean"]).T
    points = np.random.default_rng(1).normal(size=(6, 4))
    with double():
        found = guide.log_density(jax.tree.map(jnp.asarray, parameters), jnp.asarray(points))
    expected = multivariate_normal(parameters["mean"], factor @ factor.T).logpdf(points)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_starts_at_the_standard_normal(name: str) -> None:
    guide = guide_named(name, 6)
    noise = np.random.default_rng(0).normal(size=(4, 6))
    points, _ = guide.forward(guide.start(np.random.default_rng(0)), noise)
    np.testing.assert_allclose(points, noise, atol=0.2)
