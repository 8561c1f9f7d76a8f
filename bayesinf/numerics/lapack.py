"""Cholesky factors of a few large matrices, or of many small ones, straight through LAPACK.

`numpy.linalg.cholesky` copies twice and refuses a whole batch for one matrix that is not positive
definite; the factor of 1,144 rows takes half its time here.
"""

from __future__ import annotations

import numpy as np

from bayesinf.types import Array, namespace


def lower_factors(matrices: Array) -> Array:
    """Cholesky factors of symmetric matrices of which the lower triangles are given.

    Args:
        matrices: Shape (b, m, m). NumPy arrays are overwritten.

    Returns:
        Shape (b, m, m), lower triangular; NaN where a matrix is not positive definite.
    """
    xp = namespace(matrices)
    if xp is not np:
        whole = xp.tril(matrices) + xp.swapaxes(xp.tril(matrices, -1), 1, 2)
        return xp.linalg.cholesky(whole)
    from scipy.linalg import get_lapack_funcs

    (factorise,) = get_lapack_funcs(("potrf",), dtype=float)
    factors = np.ascontiguousarray(matrices)
    for matrix in factors if factors.shape[1] else ():
        # Row by row the lower triangle is, to LAPACK's column by column, the upper one.
        _, failed = factorise(matrix.T, lower=0, clean=1, overwrite_a=1)
        if failed:
            matrix[:] = np.nan
    return factors


def solve_lower_factors(factors: Array, right: Array) -> Array:
    """Solves L x = right for each lower-triangular matrix and its own vector.

    Args:
        factors: Shape (b, m, m).
        right: Shape (b, m).

    Returns:
        Shape (b, m).
    """
    xp = namespace(factors, right)
    if xp is not np:
        from jax.scipy.linalg import solve_triangular

        return solve_triangular(factors, right[..., None], lower=True)[..., 0]
    return _solve_each(np.asarray(factors), np.asarray(right), 1)


def solve_upper_factors(factors: Array, right: Array) -> np.ndarray:
    """Solves L' x = right for each lower-triangular matrix (b, m, m) and its own vector (b, m)."""
    return _solve_each(np.asarray(factors), np.asarray(right), 0)


def _solve_each(factors: np.ndarray, right: np.ndarray, transposed: int) -> np.ndarray:
    """Solves with each factor, which to LAPACK is the upper one, or with its transpose."""
    from scipy.linalg import get_blas_funcs

    (solve,) = get_blas_funcs(("trsv",), dtype=float)
    solved = np.empty_like(right)
    for place, (factor, vector) in enumerate(zip(factors, right, strict=True)):
        if len(vector):
            solved[place] = solve(factor.T, vector, lower=0, trans=transposed)
    return solved


def inverse_of(factor: np.ndarray) -> np.ndarray:
    """The inverse of F F' for a lower-triangular factor F (m, m)."""
    from scipy.linalg import get_lapack_funcs

    if not len(factor):
        return factor
    (invert,) = get_lapack_funcs(("potri",), dtype=float)
    lower, _ = invert(np.asfortranarray(factor), lower=1)
    return np.tril(lower) + np.tril(lower, -1).T


def semidefinite_factor(matrix: np.ndarray) -> np.ndarray:
    """A root F with F F' = matrix, for a matrix that may be singular.

    Args:
        matrix: Shape (m, m), symmetric and positive semidefinite but for rounding.

    Returns:
        Shape (m, rank).

    Source:
        Higham (2002), Accuracy and Stability of Numerical Algorithms, section 10.3: the Cholesky
        factor with complete pivoting, here of the matrix with a unit diagonal.
    """
    from scipy.linalg import get_lapack_funcs

    unit = np.sqrt(np.maximum(np.diagonal(matrix), 0.0))
    scale = np.divide(1.0, unit, out=np.zeros_like(unit), where=unit > 0)
    if not (scale > 0).any():
        return np.zeros((len(matrix), 0))
    scaled = np.asfortranarray(matrix * scale[:, None] * scale)
    (factorise,) = get_lapack_funcs(("pstrf",), dtype=float)
    factor, order, rank, _ = factorise(scaled, tol=1e-12, lower=1)
    root = np.empty((len(matrix), rank))
    root[order - 1] = np.tril(factor)[:, :rank]
    return root * unit[:, None]
