"""Many small matrices at once: Cholesky factors and triangular solves, entry by entry.

Matrices are kept as arrays whose first two axes are the (few) rows and columns and whose other axes
count the (many) matrices, so that each step is one vectorised operation. For blocks of up to about
six rows this beats calling LAPACK once per block by an order of magnitude, and it runs under JAX.
"""

from __future__ import annotations

from bayesinf.types import Array, namespace


def block_cholesky(matrices: Array) -> Array:
    """Lower Cholesky factors, shape (q, q, ...) like the matrices."""
    xp = namespace(matrices)
    size = matrices.shape[0]
    zero = xp.zeros_like(matrices[0, 0])
    rows: list[list[Array]] = []
    for i in range(size):
        row: list[Array] = []
        for j in range(i):
            inner = matrices[i, j]
            for k in range(j):
                inner = inner - row[k] * rows[j][k]
            row.append(inner / rows[j][j])
        pivot = matrices[i, i]
        for entry in row:
            pivot = pivot - entry * entry
        rows.append([*row, xp.sqrt(pivot)])
    return xp.stack([xp.stack([*row, *[zero] * (size - len(row))]) for row in rows])


def solve_lower(factor: Array, right: Array) -> Array:
    """Solves `factor @ x = right` for lower-triangular blocks.

    Args:
        factor: Shape (q, q, ...).
        right: Shape (q, ...) or (q, k, ...); its trailing axes broadcast against the factor's.

    Returns:
        Shape of `right`, broadcast.
    """
    xp = namespace(factor, right)
    solved: list[Array] = []
    for i in range(factor.shape[0]):
        rest = right[i]
        for j in range(i):
            rest = rest - factor[i, j] * solved[j]
        solved.append(rest / factor[i, i])
    return xp.stack(solved)


def solve_upper(factor: Array, right: Array) -> Array:
    """Solves `factor' @ x = right` for the transposes of lower-triangular blocks."""
    xp = namespace(factor, right)
    size = factor.shape[0]
    solved: list[Array] = [right[0]] * size
    for i in reversed(range(size)):
        rest = right[i]
        for j in range(i + 1, size):
            rest = rest - factor[j, i] * solved[j]
        solved[i] = rest / factor[i, i]
    return xp.stack(solved)


def block_log_det(factor: Array) -> Array:
    """The log determinant of each matrix from its Cholesky factor, shape (...)."""
    xp = namespace(factor)
    total = xp.log(factor[0, 0])
    for i in range(1, factor.shape[0]):
        total = total + xp.log(factor[i, i])
    return 2 * total
