"""Distinct rows against NumPy's own `unique`, and when they are not looked for."""

import numpy as np
import pytest

from bayesinf.numerics import distinct
from bayesinf.numerics.distinct import distinct_rows


def columns(rows: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.integers(0, 5, rows).astype(float), rng.integers(-2, 2, rows), rng.normal(size=3)[
        rng.integers(0, 3, rows)]]  # fmt: skip


@pytest.mark.parametrize("rows", [150, 5000])
def test_distinct_rows_are_those_of_numpy(rows):
    table = columns(rows)
    found = distinct_rows(table)
    assert found is not None
    expected = np.unique(np.column_stack(table), axis=0)
    assert len(found.first) == len(expected)
    assert (np.diff(found.first) > 0).all()
    for column in table:
        np.testing.assert_array_equal(column[found.first][found.kind], column)
    weights = np.random.default_rng(2).uniform(size=rows)
    assert found.sums(None).sum() == rows
    assert found.sums(weights)[0] == pytest.approx(weights[found.kind == 0].sum())


def test_rows_that_hardly_repeat_are_left_alone():
    x = np.random.default_rng(3).normal(size=5000)
    assert distinct_rows([x, np.ones(5000)]) is None
    assert distinct_rows([np.arange(10.0) // 1.5]) is None


def test_both_zeros_are_one_number():
    found = distinct_rows([np.array([0.0, -0.0, 0.0, 1.0])])
    assert found is not None
    assert found.kind.tolist() == [0, 0, 0, 1]


def test_one_hash_for_different_rows_collapses_nothing(monkeypatch):
    monkeypatch.setattr(
        distinct, "row_hashes", lambda given: np.zeros(len(given[0]), dtype=np.uint64)
    )
    assert distinct_rows([np.array([1.0, 2.0, 2.0, 2.0])]) is None
