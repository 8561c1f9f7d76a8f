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
    from scipy.linalg.lapack import dpotrf

    factors = np.ascontiguousarray(matrices)
    for matrix in factors if factors.shape[1] else ():
        # Row by row the lower triangle is, to LAPACK's column by column, the upper one.
        _, failed = dpotrf(matrix.T, lower=0, clean=1, overwrite_a=1)
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
    from scipy.linalg.blas import dtrsv

    solved = np.empty_like(right)
    for place, (factor, vector) in enumerate(zip(factors, right, strict=True)):
        solved[place] = dtrsv(factor.T, vector, lower=0, trans=1) if len(vector) else vector
    return solved
