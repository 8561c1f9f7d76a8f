"""Symmetric matrices that are block diagonal but for a border: [[D, C], [C', S]].

Group effects make them: the levels of the largest factor do not touch each other, so D consists of
small blocks and is eliminated level by level; coefficients and the other factors form the border,
which is dense. The cost is that of the border, not of the whole.

Notation: D_l = K_l K_l' per level l (q x q), R = K^-1 C, S - R'R = G G'. The whole matrix is F F'
with F = [[K, 0], [R', G]].
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.errors import SamplingError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MANY = 16
"""Right-hand sides from which on the corner's inverse is worth its cost."""

type Border = np.ndarray | csr_array


@dataclass(frozen=True, eq=False)
class Arrow:
    """The factor F of a positive-definite bordered matrix.

    Vectors have shape (levels * q + m, ...): the eliminated part level by level, then the border.

    Attributes:
        inverse: Shape (level, q, q). K_l^-1, lower triangular.
        reduced: Shape (level * q, m), dense or sparse. R.
        corner: Shape (m, m). G, lower triangular.
    """

    inverse: np.ndarray
    reduced: Border
    corner: np.ndarray

    @property
    def split(self) -> int:
        """Where the border begins."""
        return self.inverse.shape[0] * self.inverse.shape[1]

    @property
    def size(self) -> int:
        """The number of rows of the whole matrix."""
        return self.split + len(self.corner)

    def log_determinant(self) -> float:
        """The logarithm of the whole matrix's determinant."""
        inverse = np.log(np.diagonal(self.inverse, axis1=1, axis2=2)).sum()
        return 2.0 * float(np.log(np.diagonal(self.corner)).sum() - inverse)

    def lower(self, right: np.ndarray) -> np.ndarray:
        """Solves F x = right."""
        top = self._levels(self.inverse, right[: self.split])
        below = right[self.split :] - self.reduced.T @ top
        return np.concatenate([top, self._corner(below)])

    def upper(self, right: np.ndarray) -> np.ndarray:
        """Solves F' x = right: standard normals become draws with the inverse as covariance."""
        below = self._corner_transposed(right[self.split :])
        top = right[: self.split] - self.reduced @ below
        return np.concatenate([self._levels(self.inverse.swapaxes(1, 2), top), below])

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Solves F F' x = right."""
        return self.upper(self.lower(right))

    def level_covariances(self) -> np.ndarray:
        """The diagonal blocks of the inverse that belong to the levels, (level, q, q)."""
        levels, q, _ = self.inverse.shape
        reach = self._through_corner(_dense(self.reduced)).reshape(levels, q, -1)
        inner = np.eye(q) + reach @ reach.swapaxes(1, 2)
        return self.inverse.swapaxes(1, 2) @ inner @ self.inverse

    def border_covariance(self) -> np.ndarray:
        """The block of the inverse that belongs to the border, (m, m)."""
        return self._corner_inverse.T @ self._corner_inverse

    def quadratic(self, codes: np.ndarray, own: np.ndarray, border: Border) -> np.ndarray:
        """Computes a' (F F')^-1 a for rows a that touch one level each.

        Args:
            codes: Shape (n,). The level that each row touches.
            own: Shape (n, q). The row's numbers there.
            border: Shape (n, m). The row's numbers in the border.

        Returns:
            Shape (n,).
        """
        q = self.inverse.shape[1]
        half = np.einsum("nij,nj->ni", self.inverse[codes], own)
        rest = _dense(border).copy()
        for k in range(q):
            rows = self.reduced[codes * q + k]
            rest -= half[:, k, None] * _dense(rows)
        return (half**2).sum(-1) + (self._through_corner(rest) ** 2).sum(-1)

    @cached_property
    def _corner_inverse(self) -> np.ndarray:
        """G^-1: where there are many right-hand sides, a product is faster than a solution."""
        return _triangular(self.corner, np.eye(len(self.corner)), transposed=False)

    def _corner(self, right: np.ndarray) -> np.ndarray:
        if right.ndim == 2 and right.shape[1] >= MANY:
            return self._corner_inverse @ right
        return _triangular(self.corner, right, transposed=False)

    def _corner_transposed(self, right: np.ndarray) -> np.ndarray:
        if right.ndim == 2 and right.shape[1] >= MANY:
            return self._corner_inverse.T @ right
        return _triangular(self.corner, right, transposed=True)

    def _through_corner(self, rows: np.ndarray) -> np.ndarray:
        return _triangular(self.corner, rows.T, transposed=False).T

    def _levels(self, blocks: np.ndarray, values: np.ndarray) -> np.ndarray:
        levels, q, _ = blocks.shape
        if q == 1:
            scale = blocks[:, 0, 0].reshape(-1, *(1,) * (values.ndim - 1))
            return scale * values
        return (blocks @ values.reshape(levels, q, -1)).reshape(values.shape)


def factorise(blocks: np.ndarray, border: Border, corner: np.ndarray) -> Arrow:
    """Factorises a symmetric positive-definite matrix [[D, C], [C', S]].

    Args:
        blocks: Shape (level, q, q). The diagonal blocks of D.
        border: Shape (level * q, m). C, dense, or sparse where most of it is zero.
        corner: Shape (m, m). S.

    Returns:
        The factor.

    Raises:
        SamplingError: When the matrix is not positive definite.
    """
    levels, q, _ = blocks.shape
    try:
        inverse = _inverse_factors(blocks)
        reduced = _scale_levels(inverse, border, levels, q)
        product = reduced.T @ reduced
        factor = np.linalg.cholesky(corner - _dense(product))
    except np.linalg.LinAlgError as error:
        raise SamplingError(
            "The posterior's precision matrix is not positive definite: along some direction the "
            "data and the priors say nothing.",
            code="flat-direction",
            hint="Give every parameter a proper prior, or drop redundant terms.",
        ) from error
    return Arrow(inverse, reduced, factor)


def _inverse_factors(blocks: np.ndarray) -> np.ndarray:
    if blocks.shape[1] == 1:
        if not (blocks > 0).all():
            raise np.linalg.LinAlgError("a diagonal element is not positive")
        return 1.0 / np.sqrt(blocks)
    return np.linalg.inv(np.linalg.cholesky(blocks))


def _scale_levels(inverse: np.ndarray, border: Border, levels: int, q: int) -> Border:
    if isinstance(border, np.ndarray):
        if q == 1:
            return inverse[:, 0] * border
        return (inverse @ border.reshape(levels, q, -1)).reshape(border.shape)
    from scipy.sparse import csr_array

    places = np.arange(levels * q).reshape(levels, q)
    rows = np.repeat(places, q, axis=1).ravel()
    columns = np.tile(places, (1, q)).ravel()
    scale = csr_array((inverse.ravel(), (rows, columns)), shape=(levels * q, levels * q))
    return csr_array(scale @ border)


def _triangular(factor: np.ndarray, right: np.ndarray, transposed: bool) -> np.ndarray:
    from scipy.linalg import solve_triangular

    if not len(factor):
        return right
    return solve_triangular(factor, right, trans=int(transposed), lower=True, check_finite=False)


def _dense(matrix: Border) -> np.ndarray:
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
