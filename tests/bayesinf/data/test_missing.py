from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayesinf.data import Missing, Table, drop_missing
from bayesinf.errors import DataError

FRAME = pd.DataFrame(
    {
        "x": [1.0, np.nan, 3.0, np.nan, 5.0],
        "g": ["a", "b", None, None, "a"],
        "c": pd.Categorical(["u", "v", "u", "u", "w"]),
        "b": pd.array([True, True, False, True, False], "boolean"),
        "i": [1, 2, 3, 4, 5],
    },
    index=list("pqrst"),
)


def test_rows_are_dropped_and_counted() -> None:
    table, missing = drop_missing(Table.read(FRAME))
    expected = FRAME.dropna()
    assert table.columns["x"].tolist() == expected["x"].tolist()
    assert table.columns["g"].tolist() == ["a", "a"]
    assert table.levels["c"] == ("u", "w")
    assert list(table.index) == ["p", "t"]
    assert missing == Missing(5, 2, {"x": 2, "g": 2})
    assert missing.sentence() == "3 of 5 rows were dropped: 2 miss 'x', 2 miss 'g'."


def test_sentences() -> None:
    assert Missing(240, 240).sentence() == "All 240 rows were used."
    assert Missing(240, 228, {"age": 10, "dose": 2}).sentence() == (
        "12 of 240 rows were dropped: 10 miss 'age', 2 miss 'dose'."
    )
    assert Missing(40, 20, zero_weight=20).sentence() == "20 rows of weight 0 were left out."
    assert Missing(40, 38, {"a": 1}, 1).sentence() == (
        "1 of 40 rows was dropped: 1 misses 'a'. 1 row of weight 0 was left out."
    )
    assert Missing(9, 8, {"a": 1}).sentence() == "1 of 9 rows was dropped: 1 misses 'a'."


def test_complete_rows_come_back_as_they_are() -> None:
    table = Table.read(FRAME, ["c", "i"])
    again, missing = drop_missing(table, "error")
    assert again is table
    assert missing.n_after == 5


def test_booleans_with_gaps_become_booleans() -> None:
    table, _ = drop_missing(Table.read({"b": [True, None, False]}))
    assert table.columns["b"].dtype == bool


def error_of(frame: object, policy: Any = "drop") -> DataError:
    with pytest.raises(DataError) as caught:
        drop_missing(Table.read(frame), policy)
    return caught.value


def test_refusals() -> None:
    error = error_of(FRAME, "error")
    assert (error.code, error.column, error.rows) == ("missing-values", "x", (1, 3))
    assert "2 missing values, in rows 1, 3" in str(error)
    error = error_of(FRAME[["g"]], "error")
    assert (error.column, error.rows) == ("g", (2, 3))
    error = error_of({"x": [1.0, None], "z": [None, 1.0]})
    assert error.code == "all-missing"
    assert "1 miss 'x', 1 miss 'z'" in str(error)
    assert error_of({"x": [None, None]}).code == "all-missing"
    assert error_of({"x": [1.0]}, "ignore").code == "unknown-policy"
    assert error_of({"x": [1.0]}, np.array(["drop", "error"])).code == "unknown-policy"


@pytest.mark.parametrize("policy", ["drop", "error"])
def test_infinite_values_are_always_refused(policy: str) -> None:
    error = error_of({"z": [1.0, 2.0, 3.0], "x": [np.inf, 1.0, -np.inf]}, policy)
    assert (error.code, error.column, error.rows) == ("infinite-values", "x", (0, 2))


@pytest.mark.parametrize(
    ("values", "code", "rows"),
    [
        ([1.0, -1e120, np.nan, 1e101], "too-large-values", (1, 3)),
        ([0.0, 1e-120, np.nan, -1e-101], "too-small-values", (1, 3)),
    ],
)
def test_numbers_whose_squares_are_lost_are_refused(
    values: list[float], code: str, rows: tuple[int, ...]
) -> None:
    with pytest.raises(DataError, match="has 2 too") as caught:
        drop_missing(Table.read({"x": values}))
    assert (caught.value.code, caught.value.column, caught.value.rows) == (code, "x", rows)


def test_zeros_and_ordinary_extremes_are_kept() -> None:
    for values in ([0.0, 0.0], [1e-300, 1.0], [1e99, -1e99], [1e-99, 0.0]):
        assert drop_missing(Table.read({"x": values}))[1].n_after == 2
