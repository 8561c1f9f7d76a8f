from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from bayesinf.data import Column, Schema, Table
from bayesinf.data.schema import suggest_level
from bayesinf.errors import DataError

TRAINING = pd.DataFrame(
    {
        "Days": [0, 1, 9],
        "x": [0.5, -2.0, 1.0],
        "g": ["b", "a", "b"],
        "c": pd.Categorical(["lo", "hi", "lo"], ["lo", "none", "hi"]),
        "k": [3, 1, 3],
        "b": [True, False, True],
    }
)
SCHEMA = Schema.learn(Table.read(TRAINING), factors=frozenset({"k"}))


def check(allow: frozenset[str] = frozenset(), **changed: object) -> None:
    rows = {name: TRAINING[name].tolist() for name in TRAINING} | changed
    SCHEMA.check(Table.read({n: v for n, v in rows.items() if v is not None}), allow)


def error_of(**changed: object) -> DataError:
    with pytest.raises(DataError) as caught:
        check(**changed)  # pyright: ignore[reportArgumentType]
    return caught.value


def test_learning() -> None:
    assert SCHEMA.columns == {
        "Days": Column("number", low=0.0, high=9.0),
        "x": Column("number", low=-2.0, high=1.0),
        "g": Column("factor", ("a", "b")),
        "c": Column("factor", ("lo", "hi")),
        "k": Column("factor", (1, 3)),
        "b": Column("boolean"),
    }


def test_there_and_back() -> None:
    assert Schema.from_json(json.loads(json.dumps(SCHEMA.to_json()))) == SCHEMA


def test_good_rows_pass() -> None:
    check()
    check(extra=["?", "?", "?"])
    check(b=[1, 0, 1], Days=[0.5, 1.0, 100.0], k=[1.0, 1.0, 3.0])
    check(frozenset({"g"}), g=["new", "a", "other"])
    one = pd.DataFrame({"Days": [1], "x": [1.0], "g": ["a"], "c": ["hi"], "k": [1], "b": [False]})
    SCHEMA.check(Table.read(one))


def test_a_missing_column_is_suggested() -> None:
    error = error_of(Days=None, Dayz=[1, 2, 3])
    assert (error.code, error.column) == ("unknown-column", "Days")
    assert "Did you mean 'Dayz'?" in str(error)


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        (
            "Days",
            ["five", "1", "2"],
            "was numeric at the fit and is text now, e.g. 'five' in row 0",
        ),
        ("g", [1, 2, 3], "was text at the fit and is numeric now, e.g. 1 in row 0"),
        ("k", ["3", "1", "3"], "was numeric at the fit and is text now, e.g. '3' in row 0"),
        ("b", ["yes", "no", "no"], "was boolean at the fit and is text now, e.g. 'yes' in row 0"),
        ("b", [0, 2, 1], "was boolean at the fit and is numeric now, e.g. 2 in row 1"),
        ("c", [True, False, True], "was text at the fit and is boolean now, e.g. True in row 0"),
    ],
)
def test_changed_types_are_named(column: str, values: list[object], words: str) -> None:
    error = error_of(**{column: values})
    assert (error.code, error.column) == ("type-changed", column)
    assert words in str(error)


def test_text_that_is_numbers_is_told_how_to_become_them() -> None:
    assert "frame['Days'].str.replace('d', '').astype(float)" in str(error_of(Days=["1 d"] * 3))
    assert "astype" not in str(error_of(Days=["five", "six", "seven"]))


@pytest.mark.parametrize(("found", "meant"), [("A ", "a"), (" b", "b"), ("B", "b")])
def test_a_level_spelt_in_another_way_is_suggested(found: str, meant: str) -> None:
    assert f"Did you mean '{meant}'?" in str(error_of(g=["a", found, "b"]))


def test_unseen_levels_are_named() -> None:
    error = error_of(g=["a", "q", "r"])
    assert (error.code, error.column, error.rows) == ("unseen-level", "g", (1, 2))
    assert "2 values that are not levels of the fit: 'q', 'r' in rows 1, 2" in str(error)
    assert "Give one of the known levels: 'a', 'b';" in str(error)
    error = error_of(k=[1, 2, 3])
    assert (error.code, error.column, error.rows) == ("unseen-level", "k", (1,))
    error = error_of(c=["none", "hi", "lo"])
    assert (error.code, error.rows) == ("unseen-level", (0,))


def test_ten_known_levels_are_listed() -> None:
    many = Schema.learn(Table.read({"g": [f"l{k:02}" for k in range(30)]}))
    with pytest.raises(DataError, match="'l09' and 20 more"):
        many.check(Table.read({"g": ["?"]}))


def test_missing_and_infinite_values_in_new_rows_are_named() -> None:
    error = error_of(x=[1.0, np.nan, 2.0])
    assert (error.code, error.column, error.rows) == ("missing-values", "x", (1,))
    error = error_of(g=["a", None, None])
    assert (error.column, error.rows) == ("g", (1, 2))
    error = error_of(x=[1.0, np.inf, 2.0])
    assert (error.code, error.rows) == ("infinite-values", (1,))


@pytest.mark.parametrize(
    ("given", "levels", "says"),
    [
        ("1", (1, 2), " The level 1 is a number, and '1' is text."),
        (1, ("1", "2"), " The level '1' is text, and 1 is a number."),
        ("True", (False, True), " The level True is of type 'bool', and 'True' is text."),
        ("12x", (12, 13), ""),
        ("bleu", ("blue", "red"), " Did you mean 'blue'?"),
    ],
)
def test_a_level_of_another_type_is_told_from_a_misspelt_one(given, levels, says) -> None:
    assert suggest_level(given, levels) == says


def test_unused_columns_are_not_looked_at() -> None:
    check(extra=[np.nan, np.inf, None])
