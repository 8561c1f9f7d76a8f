"""Counterfactual copies of rows."""

import pytest

from bayesinf.data.table import Table
from bayesinf.errors import DataError
from bayesinf.prediction.grid import with_value


def test_one_column_changes_and_the_rest_stays():
    table = Table.read({"x": [1.0, 2.0, 3.0], "g": ["a", "b", "a"]})
    changed = with_value(table, "g", "b")
    assert changed.columns["g"].tolist() == ["b", "b", "b"]
    assert changed.columns["x"] is not None
    assert changed.columns["x"].tolist() == [1.0, 2.0, 3.0]
    assert table.columns["g"].tolist() == ["a", "b", "a"]


def test_each_row_may_get_its_own_value():
    table = Table.read({"x": [1.0, 2.0, 3.0]})
    assert with_value(table, "x", table.columns["x"] + 1).columns["x"].tolist() == [2.0, 3.0, 4.0]


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(DataError, match="Did you mean 'dose'") as caught:
        with_value(Table.read({"dose": [1.0]}), "dosage", 0)
    assert caught.value.code == "unknown-column"
