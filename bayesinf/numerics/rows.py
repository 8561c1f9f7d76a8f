"""Sums over the rows of tall matrices: one pass, in stretches that stay in the cache, on all cores.

The sums do not depend on how many cores there are.
"""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.parallel import in_pieces

STRETCH = 8192
"""Rows at a time: with twenty columns 1.3 MB, which a core's own cache holds."""


def stretch_of(matrix: np.ndarray) -> int:
    """How many rows of a matrix to sum at a time: at least four times as many as its columns."""
    return max(STRETCH, 4 * matrix.shape[1])


def gram(matrix: np.ndarray, centre: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Sums (x - centre)(x - centre)' over the rows x of a matrix.

    Columns are centred before they are multiplied, so that columns far from zero lose no digits.

    Args:
        matrix: Shape (row, column).
        centre: Shape (column,).
        weights: Shape (row,), the weight of each row in the sum; None weighs all alike.

    Returns:
        Shape (column, column).
    """

    def part(rows: slice) -> np.ndarray:
        block = matrix[rows] - centre
        weighted = block if weights is None else block * weights[rows, None]
        return weighted.T @ block

    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    for product in in_pieces(part, len(matrix), stretch_of(matrix)):
        total += product
    return total


def moment(matrix: np.ndarray, centre: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums (x - centre) v over the rows x of a matrix and their values v.

    Args:
        matrix: Shape (row, column).
        centre: Shape (column,).
        values: Shape (row,).

    Returns:
        Shape (column,).
    """

    def part(rows: slice) -> np.ndarray:
        return (matrix[rows] - centre).T @ values[rows]

    return np.sum(in_pieces(part, len(matrix), stretch_of(matrix)), axis=0) + np.zeros(len(centre))


def residual(
    matrix: np.ndarray, centre: np.ndarray, coefficients: np.ndarray, values: np.ndarray
) -> float:
    """Sums the squares of what (x - centre) b leaves of the values v, over the rows x.

    Args:
        matrix: Shape (row, column).
        centre: Shape (column,).
        coefficients: Shape (column,).
        values: Shape (row,).
    """

    def part(rows: slice) -> float:
        left = values[rows] - (matrix[rows] - centre) @ coefficients
        return float(left @ left)

    return float(np.sum(in_pieces(part, len(matrix), stretch_of(matrix))))
