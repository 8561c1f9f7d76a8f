from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from bayesinf.data.table import Table
from bayesinf.effects.averaging import all_rows, cell_averages, each_row, rows_by
from bayesinf.errors import DataError, ModelError

RNG = np.random.default_rng(11)
BLOCK = RNG.normal(size=(30, 100))
FRAME = pd.DataFrame(
    {
        "g": pd.Categorical(RNG.choice(["low", "mid", "high"], 100), ["low", "mid", "high"]),
        "w": RNG.uniform(0.0, 2.0, 100),
        "s": RNG.choice([5, -1, 3], 100),
    },
    index=[f"id{i}" for i in range(100)],
)
TABLE = Table.read(FRAME)


def pieces(size: int) -> Iterator[tuple[slice, np.ndarray]]:
    for start in range(0, 100, size):
        rows = slice(start, min(start + size, 100))
        # In the layout of predictions: the draws of a row side by side.
        yield rows, np.asfortranarray(BLOCK[:, rows])


@pytest.mark.parametrize("size", [1, 7, 100])
def test_averages_by_group_are_pandas_averages(size: int) -> None:
    cells = rows_by(TABLE, "g")
    answer = cell_averages(pieces(size), cells, 30)
    truth = pd.DataFrame(BLOCK.T).groupby(FRAME.g.to_numpy(), observed=True).mean()
    assert cells.labels == (("low",), ("mid",), ("high",))
    for k, (level,) in enumerate(cells.labels):
        np.testing.assert_allclose(answer[:, k], truth.loc[level], atol=1e-13)


@pytest.mark.parametrize("size", [1, 33, 100])
def test_weighted_averages_are_numpy_averages(size: int) -> None:
    answer = cell_averages(pieces(size), all_rows(TABLE, "w"), 30)
    np.testing.assert_allclose(answer[:, 0], np.average(BLOCK, axis=1, weights=FRAME.w))
    by = cell_averages(pieces(size), rows_by(TABLE, "s", "w"), 30)
    for k, level in enumerate((-1, 3, 5)):
        chosen = (FRAME.s == level).to_numpy()
        truth = np.average(BLOCK[:, chosen], axis=1, weights=FRAME.w[chosen])
        np.testing.assert_allclose(by[:, k], truth)


def test_group_averages_weighted_by_size_give_the_average_over_all() -> None:
    cells = rows_by(TABLE, "g")
    parts = cell_averages(pieces(40), cells, 30)
    whole = cell_averages(pieces(40), all_rows(TABLE), 30)
    np.testing.assert_allclose(parts @ cells.counts / 100, whole[:, 0], atol=1e-13)


def test_each_row_is_a_case_labelled_by_the_index() -> None:
    cells = each_row(TABLE)
    np.testing.assert_array_equal(cell_averages(pieces(17), cells, 30), BLOCK)
    assert cells.labels[3] == ("id3",)
    assert each_row(Table.read({"x": [1.0, 2.0]})).labels == ((0,), (1,))


def test_factors_turn_averages_into_other_sums() -> None:
    factors = RNG.normal(size=100)
    answer = cell_averages(pieces(9), all_rows(TABLE).times(factors), 30)
    np.testing.assert_allclose(answer[:, 0], BLOCK @ factors / 100, atol=1e-13)


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ([1.0, -2.0, 1.0], "negative-weights"),
        ([1.0, np.inf, 1.0], "negative-weights"),
        ([1.0, np.nan, 1.0], "missing-values"),
        ([1.0, 0.0, 0.0], "zero-weights"),
    ],
)
def test_bad_weights_are_refused(weights: list[float], code: str) -> None:
    table = Table.read({"g": ["a", "b", "b"], "w": weights})
    with pytest.raises(DataError) as caught:
        rows_by(table, "g", "w")
    assert (caught.value.code, caught.value.column) == (code, "w")


def test_text_is_no_weight_and_groups_must_be_complete() -> None:
    table = Table.read({"g": ["a", None, "b"], "w": ["1", "2", "3"]})
    with pytest.raises(ModelError, match="is text"):
        all_rows(table, "w")
    with pytest.raises(DataError, match="'g' has 1 missing value, in row 1"):
        rows_by(table, "g")
