"""Small matrices entry by entry, against LAPACK one at a time, in NumPy and JAX."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from bayesinf.numerics.blocks import block_cholesky, block_log_det, solve_lower, solve_upper
from bayesinf.numerics.precision import double


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("library", [np, jnp], ids=["numpy", "jax"])
def test_factors_solves_and_determinants(size: int, library) -> None:
    rng = np.random.default_rng(size)
    root = rng.normal(size=(7, size, size))
    matrices = root @ root.swapaxes(1, 2) + size * np.eye(size)
    right = rng.normal(size=(7, size))
    with double():
        factor = block_cholesky(library.asarray(np.moveaxis(matrices, 0, -1)))
        lower = solve_lower(factor, library.asarray(right.T))
        both = solve_upper(factor, lower)
        log_det = block_log_det(factor)
    assert np.allclose(np.moveaxis(np.asarray(factor), -1, 0), np.linalg.cholesky(matrices))
    assert np.allclose(np.asarray(both).T, np.linalg.solve(matrices, right[..., None])[..., 0])
    assert np.allclose(log_det, np.linalg.slogdet(matrices)[1])
