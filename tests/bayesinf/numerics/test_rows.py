"""Sums over rows against one matrix product, columns far from zero included."""

import numpy as np
import pytest

from bayesinf.numerics import rows


@pytest.fixture(params=["C", "F"])
def matrix(request) -> np.ndarray:
    made = np.random.default_rng(1).normal([0.0, 1e6, -3.0], [1.0, 1e-2, 50.0], (1000, 3))
    return np.array(made, order=request.param)


def test_sums_are_those_of_the_centred_matrix(matrix, monkeypatch):
    monkeypatch.setattr(rows, "STRETCH", 64)
    rng = np.random.default_rng(2)
    weights, values, centre = rng.uniform(size=1000), rng.normal(size=1000), matrix.mean(axis=0)
    centred = matrix - centre
    np.testing.assert_allclose(rows.gram(matrix, centre), centred.T @ centred, rtol=1e-10)
    weighted = (centred * weights[:, None]).T @ centred
    np.testing.assert_allclose(rows.gram(matrix, centre, weights), weighted, rtol=1e-10, atol=1e-9)
    found = rows.moment(matrix, centre, values)
    np.testing.assert_allclose(found, centred.T @ values, rtol=1e-10, atol=1e-9)
    leftover = np.sum((values - centred @ [1.0, 2.0, 3.0]) ** 2)
    assert rows.residual(matrix, centre, np.array([1.0, 2.0, 3.0]), values) == pytest.approx(
        leftover
    )


def test_no_rows_and_no_columns_sum_to_zeros():
    assert rows.gram(np.zeros((0, 2)), np.zeros(2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert rows.moment(np.zeros((0, 2)), np.zeros(2), np.zeros(0)).tolist() == [0.0, 0.0]
    assert rows.gram(np.zeros((5, 0)), np.zeros(0)).shape == (0, 0)
    assert rows.residual(np.zeros((0, 2)), np.zeros(2), np.ones(2), np.zeros(0)) == 0.0
