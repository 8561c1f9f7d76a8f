"""Correlation matrices as points of an unbounded space, and back.

A correlation matrix of q effects has k = q (q - 1) / 2 free numbers. Sampling and optimisation
happen on those; densities are written on the Cholesky factor. Row i of the factor is a point of the
unit sphere, built from partial correlations tanh(free) in the order (1,0), (2,0), (2,1), (3,0), ...
"""

from __future__ import annotations

from math import log

from bayesinf.types import Array, namespace


def cholesky_from_free(free: Array, q: int) -> tuple[Array, Array]:
    """Turns unbounded numbers into the Cholesky factor of a correlation matrix.

    A density on the factor (such as the LKJ prior's) plus `log_jacobian` is a density on `free`.

    Args:
        free: Unbounded numbers, shape (..., k) with k = q (q - 1) / 2; NumPy or JAX.
        q: The number of correlated effects, at least 1.

    Returns:
        The lower-triangular factor, shape (..., q, q), with rows of length one; and the log
        determinant of the derivative of its strictly lower entries by `free`, shape (...).

    Source:
        Lewandowski, Kurowicka and Joe (2009), section 2; Stan Reference Manual, "Cholesky factors
        of correlation matrices". With z = tanh(free), entry (i, j) is z_ij sqrt(r_ij), where
        r_ij = prod_{m<j} (1 - z_im^2), and its derivative by free_ij is (1 - z_ij^2) sqrt(r_ij).
    """
    xp = namespace(free)
    partial = xp.tanh(free)
    # log(1 - tanh^2) without cancellation.
    log_rest = 2.0 * (log(2.0) - xp.abs(free) - xp.log1p(xp.exp(-2.0 * xp.abs(free))))
    zero = xp.zeros(free.shape[:-1], dtype=free.dtype)
    rows, log_jacobian, k = [], zero, 0
    for i in range(q):
        row, left = [], zero
        for _ in range(i):
            row.append(partial[..., k] * xp.exp(0.5 * left))
            log_jacobian = log_jacobian + log_rest[..., k] + 0.5 * left
            left = left + log_rest[..., k]
            k += 1
        rows.append(xp.stack([*row, xp.exp(0.5 * left), *[zero] * (q - 1 - i)], axis=-1))
    return xp.stack(rows, axis=-2), log_jacobian


def free_from_cholesky(factor: Array) -> Array:
    """Turns the Cholesky factor of a correlation matrix into unbounded numbers.

    Args:
        factor: Lower-triangular, rows of length one, positive diagonal, shape (..., q, q).

    Returns:
        The numbers that `cholesky_from_free` turns into `factor`, shape (..., q (q - 1) / 2).
    """
    xp = namespace(factor)
    q = factor.shape[-1]
    free = [
        # artanh(a / sqrt(a^2 + b^2)) = arsinh(a / b), which stays accurate near correlations of 1.
        xp.arcsinh(factor[..., i, j] / xp.sqrt(xp.sum(factor[..., i, j + 1 :] ** 2, axis=-1)))
        for i in range(q)
        for j in range(i)
    ]
    return xp.stack(free, axis=-1) if free else xp.zeros((*factor.shape[:-2], 0), factor.dtype)
