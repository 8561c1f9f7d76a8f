"""Sums of many fixed sparse matrices whose weights change: built once, added up in one product.

The precision of what borders an eliminated factor is linear in a few hundred or thousand numbers
(one per level of the factor, and one per group sd). Written as one long sparse matrix times those
numbers, a precision of 1,144 rows and 1.6 million nonzero terms takes 3 ms to add up, where sparse
matrix products take 30.

Notation: S(w) = sum_j w_j B_j, with the B_j symmetric (m x m); C_l (q x m) are the rows of a border
that belong to level l, A_l (q x q) symmetric weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesinf.types import Array, namespace

if TYPE_CHECKING:
    from scipy.sparse import coo_array, csr_array

DENSE_ABOVE = 0.03
"""Share of nonzero terms above which a dense product is faster (30 times the arithmetic a second,
measured) than a sparse one."""

LARGEST_DENSE = 8_000_000
"""Numbers in a dense table of terms (64 MB)."""


class Combination(NamedTuple):
    """Symmetric matrices as sums of fixed ones, their lower triangles only.

    Attributes:
        values: The nonzero terms: shape (m * m, weight) where dense, else (term,).
        columns: Shape (term,). The weight that each belongs to; None where dense.
        starts: Shape (m * m + 1,). Where each entry's terms begin; None where dense.
    """

    values: Array
    columns: Array | None
    starts: Array | None

    @property
    def size(self) -> int:
        """The number of rows m of the matrices."""
        entries = len(self.values) if self.starts is None else len(self.starts) - 1
        return round(entries**0.5)

    def total(self, weights: Array) -> Array:
        """Adds the matrices up.

        Args:
            weights: Shape (b, weight).

        Returns:
            Shape (b, m, m); zero above the diagonal. NumPy or JAX, like the weights.
        """
        if self.columns is None or self.starts is None:
            flat = weights @ self.values.T
        elif namespace(weights) is np:
            flat = (_rows(self, weights.shape[1]) @ weights.T).T
        else:
            flat = _segments(self, weights)
        return flat.reshape(len(weights), self.size, self.size)


def _rows(combination: Combination, width: int) -> csr_array:
    from scipy.sparse import csr_array

    parts = (combination.values, combination.columns, combination.starts)
    return csr_array(parts, shape=(combination.size**2, width))


def _segments(combination: Combination, weights: Array) -> Array:
    import jax

    assert combination.columns is not None and combination.starts is not None
    xp, entries = namespace(weights), combination.size**2
    counts = xp.diff(combination.starts)
    places = xp.repeat(xp.arange(entries), counts, total_repeat_length=len(combination.values))
    terms = combination.values[:, None] * weights.T[combination.columns]
    return jax.ops.segment_sum(terms, places, entries).T


def combine(terms: coo_array, size: int, densest: float = DENSE_ABOVE) -> Combination:
    """Prepares sums of matrices from all their terms.

    Args:
        terms: Shape (size * size, weight). Entry i * size + j of each matrix, for i >= j.
        size: The number of rows m.
        densest: The largest share of nonzero terms for which they are listed.

    Returns:
        The sums, in a dense table where that is faster.
    """
    rows = terms.tocsr()
    width = terms.shape[1]  # type: ignore[index]
    total = size * size * width
    if total <= LARGEST_DENSE and rows.nnz > densest * total:
        return Combination(rows.toarray(), None, None)
    return Combination(rows.data, rows.indices.astype(np.int32), rows.indptr.astype(np.int32))


def count_terms(border: csr_array, q: int) -> int:
    """How many terms `border_terms` would make at the most: squares of each level's columns."""
    per_level = np.diff(border.indptr).reshape(-1, q).max(axis=1).astype(float)
    return int((per_level * (per_level + 1) / 2).sum() * (q * (q + 1) / 2))


def border_terms(border: csr_array, size: int, kinds: np.ndarray, q: int) -> coo_array:
    """Lists the terms of sum_l C_l' A_l C_l, as a sum over the entries of the A_l.

    Args:
        border: Shape (level * q, m). C, level by level.
        size: m.
        kinds: Shape (level,). Levels of one kind share their weights A_l.
        q: Rows per level.

    Returns:
        Shape (m * m, q (q + 1) / 2 * kinds): the lower triangle of the sum from the entries A[a, b]
        with a <= b, those of all kinds together for each pair.
    """
    from scipy.sparse import coo_array

    count = int(kinds.max(initial=-1)) + 1
    own = [border[a::q] for a in range(q)]
    pairs = [(own[a], own[b]) for a in range(q) for b in range(a, q)]
    parts = [
        _pair_terms(one, other, size, kinds, offset * count)
        for offset, (one, other) in enumerate(pairs)
    ]
    values, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
    return coo_array((values, (rows, columns)), shape=(size * size, len(pairs) * count))


def _pair_terms(
    one: csr_array, other: csr_array, size: int, kinds: np.ndarray, offset: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Terms of c_a c_b' + c_b c_a' (once where a is b) for each level: values, entries, weights."""
    counts_one, counts_other = np.diff(one.indptr), np.diff(other.indptr)
    pairs = counts_one.astype(np.int64) * counts_other
    level = np.repeat(np.arange(len(pairs)), pairs)
    place = np.arange(pairs.sum()) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    left = one.indptr[level] + place // counts_other[level]
    right = other.indptr[level] + place % counts_other[level]
    i, j = one.indices[left].astype(np.int64), other.indices[right].astype(np.int64)
    values = one.data[left] * other.data[right]
    if one is other:
        low = i >= j
        return values[low], (i * size + j)[low], offset + kinds[level[low]]
    # The product of different rows of C stands twice in the sum, once transposed; on the diagonal
    # both fall on the same entry.
    values = np.where(i == j, 2.0 * values, values)
    return values, np.maximum(i, j) * size + np.minimum(i, j), offset + kinds[level]
