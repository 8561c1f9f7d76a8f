"""The bordered factor against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from bayesinf.errors import SamplingError
from bayesinf.numerics.arrow import factorise


def problem(levels: int, q: int, m: int, sparse: bool):
    rng = np.random.default_rng(levels * 10 + q)
    n = 12 * levels
    codes = rng.permutation(np.arange(n) % levels)
    own, border = rng.normal(size=(n, q)), rng.normal(size=(n, m))
    if sparse:
        border[rng.random(border.shape) < 0.7] = 0.0
    wide = np.zeros((n, levels * q))
    for k in range(q):
        wide[np.arange(n), codes * q + k] = own[:, k]
    columns = np.hstack([wide, border])
    whole = columns.T @ columns + np.eye(columns.shape[1])
    blocks = np.array([whole[q * k : q * k + q, q * k : q * k + q] for k in range(levels)])
    cross = whole[: levels * q, levels * q :]
    arrow = factorise(
        blocks, csr_array(cross) if sparse else cross, whole[levels * q :, levels * q :]
    )
    return whole, arrow, (codes, own, csr_array(border) if sparse else border), columns


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize(("levels", "q", "m"), [(5, 1, 3), (4, 2, 5), (3, 3, 1), (4, 2, 0)])
def test_it_is_the_dense_answer(levels, q, m, sparse):
    whole, arrow, rows, columns = problem(levels, q, m, sparse)
    right = np.random.default_rng(1).normal(size=(len(whole), 4))
    inverse = np.linalg.inv(whole)
    close = {"rtol": 1e-9, "atol": 1e-10}
    assert arrow.size == len(whole)
    np.testing.assert_allclose(arrow.log_determinant(), np.linalg.slogdet(whole)[1], **close)
    np.testing.assert_allclose(arrow.solve(right), inverse @ right, **close)
    np.testing.assert_allclose(arrow.solve(right[:, 0]), inverse @ right[:, 0], **close)
    spread = arrow.upper(np.eye(len(whole)))
    np.testing.assert_allclose(spread @ spread.T, inverse, **close)
    np.testing.assert_allclose(arrow.lower(np.eye(len(whole))), spread.T, **close)
    covariances = arrow.level_covariances()
    for k in range(levels):
        place = slice(q * k, q * k + q)
        np.testing.assert_allclose(covariances[k], inverse[place, place], **close)
    np.testing.assert_allclose(
        arrow.border_covariance(), inverse[levels * q :, levels * q :], **close
    )
    leverage = np.einsum("ni,ij,nj->n", columns, inverse, columns)
    np.testing.assert_allclose(arrow.quadratic(*rows), leverage, **close)


def test_a_flat_direction_is_an_error():
    with pytest.raises(SamplingError, match="not positive definite"):
        factorise(np.ones((2, 1, 1)), np.ones((2, 1)), np.ones((1, 1)))
    with pytest.raises(SamplingError, match="not positive definite"):
        factorise(np.zeros((2, 1, 1)), np.ones((2, 1)), np.ones((1, 1)))
