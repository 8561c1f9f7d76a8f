"""The correlation bijection against automatic differentiation, NumPyro and known LKJ moments."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesinf.numerics.correlation import cholesky_from_free, free_from_cholesky
from bayesinf.numerics.precision import double

SIZES = [2, 3, 4, 6]


def random_free(q: int, spread: float = 1.0) -> np.ndarray:
    return spread * np.random.default_rng(q).normal(size=(5, 2, q * (q - 1) // 2))


@pytest.mark.parametrize("q", SIZES)
def test_rows_have_length_one_and_the_way_back_is_exact(q):
    free = random_free(q, spread=2.0)
    factor, log_jacobian = cholesky_from_free(free, q)
    assert factor.shape == (5, 2, q, q)
    assert log_jacobian.shape == (5, 2)
    np.testing.assert_allclose((factor**2).sum(axis=-1), 1.0, rtol=1e-14)
    assert (np.triu(factor, 1) == 0.0).all()
    assert (np.diagonal(factor, axis1=-2, axis2=-1) > 0.0).all()
    np.testing.assert_allclose(free_from_cholesky(factor), free, rtol=1e-9)


@pytest.mark.parametrize("q", SIZES)
def test_jacobian_is_the_determinant_of_automatic_differentiation(q):
    free = random_free(q)[0, 0]
    rows, columns = np.tril_indices(q, -1)
    with double():
        derivative = jax.jacobian(lambda x: cholesky_from_free(x, q)[0][rows, columns])(
            jnp.asarray(free)
        )
        _, log_determinant = np.linalg.slogdet(np.asarray(derivative))
        compiled = jax.jit(cholesky_from_free, static_argnums=1)(jnp.asarray(free), q)
    assert cholesky_from_free(free, q)[1] == pytest.approx(log_determinant, rel=1e-12)
    np.testing.assert_allclose(compiled[0], cholesky_from_free(free, q)[0], rtol=1e-13)
    np.testing.assert_allclose(compiled[1], cholesky_from_free(free, q)[1], rtol=1e-13)


@pytest.mark.parametrize("q", SIZES)
def test_numpyro_builds_the_same_factor_from_the_same_partial_correlations(q):
    from numpyro.distributions.transforms import CorrCholeskyTransform

    free = random_free(q)[1, 1]
    with double():
        # NumPyro's unconstrained numbers run in the same order.
        transform = CorrCholeskyTransform()
        theirs = transform(jnp.asarray(free))
        their_jacobian = transform.log_abs_det_jacobian(jnp.asarray(free), theirs)
    ours, jacobian = cholesky_from_free(free, q)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    assert jacobian == pytest.approx(float(their_jacobian), rel=1e-10)


def test_one_effect_has_no_correlation():
    factor, log_jacobian = cholesky_from_free(np.zeros((4, 0)), 1)
    np.testing.assert_array_equal(factor, np.ones((4, 1, 1)))
    np.testing.assert_array_equal(log_jacobian, np.zeros(4))
    assert free_from_cholesky(factor).shape == (4, 0)


def test_uniform_density_on_two_by_two_correlations_integrates_to_two():
    # LKJ(1) for q = 2 is uniform on (-1, 1): the jacobian alone must integrate to the length 2.
    grid = np.linspace(-25.0, 25.0, 20_001)
    _, log_jacobian = cholesky_from_free(grid[:, np.newaxis], 2)
    assert np.trapezoid(np.exp(log_jacobian), grid) == pytest.approx(2.0, rel=1e-8)


def test_extreme_numbers_stay_finite():
    factor, log_jacobian = cholesky_from_free(np.array([300.0, -300.0, 300.0]), 3)
    assert np.isfinite(factor).all()
    assert np.isfinite(log_jacobian)
    with double():
        gradient = jax.grad(lambda x: cholesky_from_free(x, 3)[1])(jnp.full(3, 40.0))
    assert np.isfinite(gradient).all()
