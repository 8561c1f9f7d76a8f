"""Sums of fixed matrices against the same sums written out."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from bayesinf.numerics.combination import border_terms, combine, count_terms
from bayesinf.numerics.precision import double


def border(levels: int, q: int, m: int, density: float) -> csr_array:
    made = random_array((levels * q, m), density=density, rng=np.random.default_rng(q + m))
    return csr_array(made)


@pytest.mark.parametrize(("q", "density"), [(1, 0.2), (2, 0.3), (3, 1.0)])
@pytest.mark.parametrize("densest", [0.0, 2.0], ids=["table", "listed"])
def test_sums_over_levels_are_the_dense_ones(q: int, density: float, densest: float) -> None:
    levels, m, rng = 7, 6, np.random.default_rng(q)
    columns = border(levels, q, m, density)
    kinds = np.arange(levels) % 5
    combination = combine(border_terms(columns, m, kinds, q), m, densest)
    assert (combination.starts is None) == (densest == 0.0)
    weights = rng.normal(size=(3, 5, q, q))
    weights += weights.swapaxes(-1, -2)
    upper = np.stack([weights[..., a, b] for a in range(q) for b in range(a, q)], axis=1)
    found = combination.total(upper.reshape(3, -1))
    blocks = columns.toarray().reshape(levels, q, m)
    exact = np.einsum("lai,nlab,lbj->nij", blocks, weights[:, kinds], blocks)
    np.testing.assert_allclose(found, np.tril(exact), atol=1e-12)
    with double():
        traced = combination.total(jax.numpy.asarray(upper.reshape(3, -1)))
    np.testing.assert_allclose(traced, found, atol=1e-12)


def test_terms_are_counted_before_they_are_made() -> None:
    columns = border(6, 2, 9, 0.4)
    made = border_terms(columns, 9, np.arange(6), 2)
    assert count_terms(columns, 2) >= made.nnz / 2


def test_levels_of_one_kind_share_a_weight() -> None:
    columns = border(8, 1, 5, 0.5)
    one = combine(border_terms(columns, 5, np.zeros(8, dtype=int), 1), 5).total(np.ones((1, 1)))
    np.testing.assert_allclose(one[0], np.tril((columns.T @ columns).toarray()))
