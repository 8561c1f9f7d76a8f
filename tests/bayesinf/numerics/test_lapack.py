"""Factors and solutions against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.lapack import (
    inverse_of,
    lower_factors,
    semidefinite_factor,
    solve_lower_factors,
    solve_upper_factors,
)


@pytest.fixture
def matrices() -> np.ndarray:
    roots = np.random.default_rng(1).normal(size=(3, 5, 8))
    return roots @ roots.swapaxes(1, 2)


def test_factors_need_the_lower_triangle_only(matrices: np.ndarray) -> None:
    found = lower_factors(np.tril(matrices))
    np.testing.assert_allclose(found, np.linalg.cholesky(matrices))


def test_a_matrix_that_is_not_positive_definite_spoils_no_other(matrices: np.ndarray) -> None:
    broken = matrices.copy()
    broken[1] -= 100 * np.eye(5)
    found = lower_factors(broken)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[::2], np.linalg.cholesky(matrices[::2]))


def test_solutions(matrices: np.ndarray) -> None:
    factors = np.linalg.cholesky(matrices)
    right = np.random.default_rng(2).normal(size=(3, 5))
    lower, upper = solve_lower_factors(factors, right), solve_upper_factors(factors, right)
    np.testing.assert_allclose((factors @ lower[..., None])[..., 0], right)
    np.testing.assert_allclose((factors.swapaxes(1, 2) @ upper[..., None])[..., 0], right)
    np.testing.assert_allclose(inverse_of(factors[0]), np.linalg.inv(matrices[0]))


def test_nothing_to_solve() -> None:
    nothing = np.zeros((2, 0, 0))
    assert lower_factors(nothing).shape == (2, 0, 0)
    assert solve_lower_factors(nothing, np.zeros((2, 0))).shape == (2, 0)
    assert inverse_of(nothing[0]).shape == (0, 0)


@pytest.mark.parametrize("rank", [0, 1, 3, 6])
def test_roots_of_singular_matrices(rank: int) -> None:
    root = np.random.default_rng(rank).normal(size=(6, rank)) * 10.0 ** np.arange(6)[:, None]
    matrix = root @ root.T
    found = semidefinite_factor(matrix)
    assert found.shape == (6, rank)
    unit = np.maximum(np.sqrt(np.diagonal(matrix)), 1e-300)
    error = (found @ found.T - matrix) / unit[:, None] / unit
    assert rank == 0 or np.abs(error).max() < 1e-10
