from __future__ import annotations

import datetime
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from bayesinf.data import Table
from bayesinf.errors import DataError

PLAIN = {
    "x": [1.5, 2.5, -1.0],
    "i": [1, 2, 3],
    "b": [True, False, True],
    "g": ["u", "v", "u"],
}


def error_of(frame: object, names: list[str] | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        Table.read(frame, names)
    return caught.value


@pytest.mark.parametrize(
    "frame",
    [
        PLAIN,
        {name: np.array(values) for name, values in PLAIN.items()},
        {name: pd.Series(values) for name, values in PLAIN.items()},
        {name: pl.Series(values) for name, values in PLAIN.items()},
        pd.DataFrame(PLAIN),
        pd.DataFrame(PLAIN).astype(object),
        pd.DataFrame(PLAIN).convert_dtypes(),
        pd.DataFrame(PLAIN).convert_dtypes(dtype_backend="pyarrow"),
        pl.DataFrame(PLAIN),
        pa.table(PLAIN),
    ],
    ids=["dict", "arrays", "series", "pl-series", "pandas", "object", "nullable", "arrow-backed",
         "polars", "pyarrow"],
)  # fmt: skip
def test_every_kind_of_frame_gives_the_same_columns(frame: object) -> None:
    table = Table.read(frame, ["g", "x", "i", "b"])
    assert tuple(table.columns) == ("g", "x", "i", "b")
    assert table.n == 3
    assert [str(values.dtype) for values in table.columns.values()] == [
        "object", "float64", "int64", "bool",
    ]  # fmt: skip
    for name, values in PLAIN.items():
        assert table.columns[name].tolist() == values
    assert all(type(value) is str for value in table.columns["g"])
    assert dict(table.levels) == {}


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [1.0, None], "i": pd.array([1, None], "Int64"),
                      "b": pd.array([True, None], "boolean"), "g": ["u", None]}),
        pd.DataFrame({"x": [1.0, None], "i": [1, None], "b": [True, None], "g": ["u", None]},
                     dtype=object),
        pd.DataFrame({"x": [1.0, None], "i": [1, None], "b": [True, None], "g": ["u", None]})
        .convert_dtypes(dtype_backend="pyarrow"),
        pl.DataFrame({"x": [1.0, None], "i": [1, None], "b": [True, None], "g": ["u", None]}),
        pa.table({"x": [1.0, None], "i": [1, None], "b": [True, None], "g": ["u", None]}),
        {"x": [1.0, None], "i": [1, None], "b": [True, None], "g": ["u", None]},
        {"x": [1.0, np.nan], "i": [1, np.nan], "b": [True, pd.NA], "g": ["u", pd.NaT]},
    ],
    ids=["nullable", "object", "arrow-backed", "polars", "pyarrow", "dict", "dict-na"],
)  # fmt: skip
def test_missing_values(frame: object) -> None:
    table = Table.read(frame)
    for name in ("x", "i"):
        assert table.columns[name].dtype == np.float64
        assert table.columns[name][0] == 1.0
        assert np.isnan(table.columns[name][1])
    assert table.columns["b"].tolist() == [True, None]
    assert table.columns["g"].tolist() == ["u", None]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"c": pd.Categorical(["b", "a", None, "b"], categories=["b", "no", "a"])}),
        {"c": pd.Categorical(["b", "a", None, "b"], categories=["b", "no", "a"])},
        pl.DataFrame({"c": pl.Series(["b", "a", None, "b"], dtype=pl.Enum(["b", "no", "a"]))}),
    ],
    ids=["pandas", "dict", "polars"],
)
def test_factors_keep_their_declared_order_without_unused_levels(frame: object) -> None:
    table = Table.read(frame)
    assert table.columns["c"].tolist() == ["b", "a", None, "b"]
    assert table.levels["c"] == ("b", "a")
    assert table.take([1, 2]).levels["c"] == ("a",)


def test_levels_may_be_numbers_or_booleans() -> None:
    frame = pd.DataFrame({"i": pd.Categorical([2, 1], [2, 1]), "b": pd.Categorical([True, False])})
    table = Table.read(frame)
    assert table.levels["i"] == (2, 1)
    assert type(table.levels["i"][0]) is int
    assert table.levels["b"] == (False, True)
    assert table.columns["i"].tolist() == [2, 1]


DICTIONARY = pa.DictionaryArray.from_arrays(pa.array([0, 2, None, 0]), ["z", "no", "a"])


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"c": pl.Series(["z", "a", None, "z"]).cast(pl.Categorical)}),
        pa.table({"c": DICTIONARY}),
        pd.DataFrame({"c": pd.array(DICTIONARY, dtype=pd.ArrowDtype(DICTIONARY.type))}),
    ],
    ids=["polars", "pyarrow", "arrow-backed"],
)
def test_factors_without_a_declared_order_are_sorted(frame: object) -> None:
    table = Table.read(frame)
    assert table.columns["c"].tolist() == ["z", "a", None, "z"]
    assert table.levels["c"] == ("a", "z")


def test_ordered_arrow_dictionaries_keep_their_order() -> None:
    """What a polars Enum and an ordered pandas categorical become in arrow."""
    enum = pl.DataFrame({"c": pl.Series(["z", "a"], dtype=pl.Enum(["z", "a"]))})
    assert Table.read(enum.to_arrow()).levels["c"] == ("z", "a")


def test_levels_of_other_types_become_text() -> None:
    cut = pd.cut(pd.Series([1.0, 8.0, 2.0]), [0, 5, 10])
    days = pd.Categorical(pd.to_datetime(["2020-01-02", "2020-01-01", "2020-01-02"]))
    table = Table.read(pd.DataFrame({"cut": cut, "day": days}))
    assert table.levels["cut"] == ("(0, 5]", "(5, 10]")
    assert table.columns["cut"].tolist() == ["(0, 5]", "(5, 10]", "(0, 5]"]
    assert table.levels["day"] == ("2020-01-01 00:00:00", "2020-01-02 00:00:00")


def test_masked_entries_are_missing() -> None:
    mask = [False, True, False]
    table = Table.read(
        {
            "x": np.ma.array([1.0, 2.0, 3.0], mask=mask),
            "i": np.ma.array([1, 2, 3], mask=mask),
            "b": np.ma.array([True, True, False], mask=mask),
            "g": np.ma.array(["u", "v", "w"], mask=mask),
            "single": [1.0, np.ma.masked, 3.0],
            "whole": np.ma.array([1, 2, 3]),
        }
    )
    assert table.columns["whole"].tolist() == [1, 2, 3]
    for name in ("x", "i", "single"):
        assert np.array_equal(table.columns[name], [1.0, np.nan, 3.0], equal_nan=True)
    assert table.columns["b"].tolist() == [True, None, False]
    assert table.columns["g"].tolist() == ["u", None, "w"]


LARGE = [2**53, 2**53 + 1, None, 2**53 + 2]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"i": pd.array(LARGE, "Int64")}),
        pl.DataFrame({"i": LARGE}),
        pa.table({"i": LARGE}),
        {"i": LARGE},
        {"i": np.ma.array([2**53, 2**53 + 1, 0, 2**53 + 2], mask=[0, 0, 1, 0])},
        {"i": pd.array(LARGE, "Int64")},
    ],
    ids=["nullable", "polars", "pyarrow", "dict", "masked", "bare"],
)
def test_large_whole_numbers_with_gaps_stay_exact(frame: object) -> None:
    table = Table.read(frame)
    assert table.columns["i"].tolist() == LARGE
    kept = table.take([0, 1, 3]).columns["i"]
    assert kept.dtype == np.int64
    assert kept.tolist() == [2**53, 2**53 + 1, 2**53 + 2]


def test_whole_numbers_beyond_64_bits_are_refused() -> None:
    error = error_of({"i": [1, 2**64, 3]})
    assert (error.code, error.rows) == ("too-large-integer", (1,))


@pytest.mark.parametrize(
    "frame",
    [None, [{"x": 1}], pd.Series([1.0], name="x"), pl.Series("x", [1.0]), np.ones((2, 2)), "x"],
    ids=["none", "list", "pandas-series", "polars-series", "array", "text"],
)
def test_what_is_not_a_frame_is_refused_as_such(frame: object) -> None:
    error = error_of(frame, ["x"])
    assert error.code == "not-a-frame"
    assert "not a data frame" in str(error)


def test_positions_survive_replacing_and_selecting() -> None:
    table = Table.read({"x": [1.0, 2.0, 3.0], "z": [1.0, 2.0, 3.0]}).take([0, 2])
    for other in (table.replace("x", 5.0), Table.read(table, ["z"]), table.only(["x"])):
        assert other.as_read([1]) == [2]


def test_objects_that_hold_only_numbers_become_numbers() -> None:
    table = Table.read(
        {
            "d": [Decimal("1.5"), None],
            "i": pd.Series([1, 2], dtype=object),
            "f": np.array([1, 2.5], dtype=object),
            "big": np.array([2**63, 1], dtype=np.uint64),
            "small": np.array([100, 101], dtype=np.int8),
            "half": np.array([1.5, 2.5], dtype=np.float16),
            "sparse": pd.Series(pd.arrays.SparseArray([0.0, 1.0])),
            "u": np.array(["a", "b"]),
            "none": [None, None],
        }
    )
    kinds = {name: str(values.dtype) for name, values in table.columns.items()}
    assert kinds == {
        "d": "float64", "i": "int64", "f": "float64", "big": "uint64", "small": "int64",
        "half": "float64", "sparse": "float64", "u": "object", "none": "float64",
    }  # fmt: skip
    assert Table.read(pl.DataFrame({"d": [Decimal("1.5")]})).columns["d"].tolist() == [1.5]


def test_only_the_columns_asked_for_are_read() -> None:
    frame = pd.DataFrame({"x": [1.0], "when": pd.to_datetime(["2020-01-01"]), "mixed": [{}]})
    assert tuple(Table.read(frame, ["x"]).columns) == ("x",)
    assert tuple(Table.read(frame, ("x",)).columns) == ("x",)
    empty = Table.read(frame, [])
    assert empty.n == 1
    assert Table.read({"x": [1.0, 2.0]}, []).n == 2


def test_columns_may_have_the_names_of_methods() -> None:
    frame = pd.DataFrame({"collect": [1.0], "column_names": [2.0], "columns": [3.0]})
    assert tuple(Table.read(frame).columns) == ("collect", "column_names", "columns")


def test_one_record_is_one_row() -> None:
    table = Table.read({"x": 3, "g": "a", "b": True})
    assert table.n == 1
    assert table.columns["g"].tolist() == ["a"]


def test_the_index_of_pandas_is_kept() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=pd.Index(["p", "q", "q"], name="who"))
    table = Table.read(frame)
    assert list(table.index) == ["p", "q", "q"]
    taken = table.take(np.array([False, True, True]))
    assert list(taken.index) == ["q", "q"]
    assert taken.to_pandas().index.name == "who"
    assert Table.read(pl.DataFrame({"x": [1.0]})).index is None


@pytest.mark.parametrize(
    ("frame", "names", "code", "column", "words"),
    [
        (pd.DataFrame(PLAIN), ["xx"], "unknown-column", "xx", "columns: x, i, b, g."),
        (pd.DataFrame({"Days": [1]}), ["Dayz"], "unknown-column", "Dayz", "Did you mean 'Days'?"),
        (PLAIN, ["j"], "unknown-column", "j", "columns: x, i, b, g."),
        (pd.DataFrame([[1, 2, 3]], columns=list("aab")), ["a"], "duplicate-columns", "a", "'a'"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), None, "duplicate-columns", "a",
         "2 columns"),
        (pd.DataFrame({"x": []}), None, "empty-frame", None, "0 rows"),
        ({"x": []}, None, "empty-frame", None, "0 rows"),
        (pl.DataFrame({"x": []}, schema={"x": pl.Float64}), ["x"], "empty-frame", None, "0 rows"),
        (pd.DataFrame({"m": [1, "a", 2]}, dtype=object), None, "mixed-types", "m", "text in row 1"),
        ({"m": [1, "a", 2]}, None, "mixed-types", "m", "2 whole numbers and 1 text"),
        ({"m": [1, "a"]}, None, "mixed-types", "m", "text in row 1"),
        ({"m": [True, 2]}, None, "mixed-types", "m", "boolean"),
        (pd.DataFrame({"t": pd.to_datetime(["2020"])}), None, "unsupported-type", "t", "date"),
        (pd.DataFrame({"t": pd.to_timedelta([1], "s")}), None, "unsupported-type", "t", "duration"),
        (pl.DataFrame({"t": [datetime.date(2020, 1, 1)]}), None, "unsupported-type", "t", "date"),
        ({"t": [datetime.date(2020, 1, 1)]}, None, "unsupported-type", "t", "days since"),
        ({"t": np.array(["2020"], "datetime64[D]")}, None, "unsupported-type", "t", "date"),
        ({"t": [np.datetime64("2020-01-01", "ns")]}, None, "unsupported-type", "t", "dates"),
        ({"t": np.datetime64(3, "ns")}, None, "unsupported-type", "t", "dates"),
        (pa.table({"t": [datetime.timedelta(1)]}), None, "unsupported-type", "t", "duration"),
        (pa.table({"b": [b"a"]}), None, "unsupported-type", "b", "bytes"),
        (pd.DataFrame({"c": pd.Categorical([1, "1"])}), None, "mixed-types", "c", "(str) differ"),
        (pd.DataFrame({"c": [1j]}), None, "unsupported-type", "c", "complex"),
        ({"c": np.array([1j])}, None, "unsupported-type", "c", "complex"),
        (pl.DataFrame({"n": [[1, 2]]}), None, "unsupported-type", "n", "several values"),
        (pl.DataFrame({"n": [{"a": 1}]}), None, "unsupported-type", "n", "several values"),
        ({"n": [[1, 2], [3, 4]]}, None, "unsupported-type", "n", "several values"),
        ({"n": np.zeros((2, 2))}, None, "unsupported-type", "n", "2 dimensions"),
        (pd.DataFrame({"o": [{}, {}]}), None, "unsupported-type", "o", "dict"),
        ({"o": [b"a", b"b"]}, None, "unsupported-type", "o", "bytes"),
        (pd.DataFrame({"p": pd.period_range("2020", periods=2, freq="M")}), None,
         "unsupported-type", "p", "period"),
        (pd.DataFrame({0: [1.0]}), None, "column-name", "0", "not text"),
        (pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])), None, "column-name",
         "('a', 'b')", "Flatten"),
        ({"x": [1, 2], "z": [1]}, None, "unequal-lengths", "z", "'x' 2, 'z' 1"),
        ({"x": [1, 2], "z": 3}, None, "unequal-lengths", "z", "a single value"),
        (np.zeros((2, 2)), None, "not-a-frame", None, "ndarray"),
        (pl.DataFrame({"x": [1]}).lazy(), None, "not-a-frame", None, "collect"),
        ([1, 2], None, "not-a-frame", None, "list"),
    ],
)  # fmt: skip
def test_bad_frames(
    frame: Any, names: list[str] | None, code: str, column: str | None, words: str
) -> None:
    error = error_of(frame, names)
    assert (error.code, error.column) == (code, column)
    assert words in str(error)


def test_take_and_replace() -> None:
    table = Table.read(pd.DataFrame({"x": [1.0, 2.0, 3.0], "c": pd.Categorical(["a", "b", "a"])}))
    assert table.take([2, 2, 0]).columns["x"].tolist() == [3.0, 3.0, 1.0]
    assert table.take(slice(1, 3)).n == 2
    assert table.take(np.zeros(3, dtype=bool)).n == 0
    assert table.replace("x", 7).columns["x"].tolist() == [7, 7, 7]
    assert table.replace("x", np.arange(3)).columns["x"].tolist() == [0, 1, 2]
    assert table.replace("c", "b").columns["c"].tolist() == ["b", "b", "b"]
    assert table.replace("c", "b").levels == {"c": ("a", "b")}
    assert table.columns["x"].tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(DataError, match="no column 'y'"):
        table.replace("y", 1)
    with pytest.raises(DataError, match="2 values for 3 rows"):
        table.replace("x", [1, 2])


def test_booleans_become_plain_once_the_gaps_are_gone() -> None:
    table = Table.read({"b": [True, None, False]})
    assert table.take([0, 2]).columns["b"].dtype == bool
    assert table.take([1, 2]).columns["b"].tolist() == [None, False]


def test_nothing_changes_a_table() -> None:
    source = np.arange(3.0)
    table = Table.read({"x": source, "i": np.arange(3)})
    with pytest.raises(ValueError, match="read-only"):
        table.columns["x"][0] = 9
    with pytest.raises(TypeError):
        table.columns["y"] = source  # pyright: ignore[reportIndexIssue]
    source[0] = 9
    assert table.columns["x"][0] == 0.0


def test_there_and_back() -> None:
    frame = pd.DataFrame(
        {"x": [1.5, 2.0], "i": [1, 2], "b": [True, False], "g": ["u", "v"],
         "c": pd.Categorical(["z", "a"], ["z", "a"])}, index=[7, 3],
    )  # fmt: skip
    again = Table.read(frame).to_pandas()
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)
    assert list(again["c"].cat.categories) == ["z", "a"]
    table = Table.read(frame)
    assert Table.read(table) is table
    assert tuple(Table.read(table, ["b"]).columns) == ("b",)
    assert Table({"x": np.zeros(4)}, {}).n == 4


@pytest.mark.timing
def test_speed() -> None:
    rng = np.random.default_rng(0)
    text = np.array(["a", "b", "c"])[rng.integers(0, 3, 200_000)]
    frame = pd.DataFrame({"x": rng.normal(size=200_000), "g": text, "c": pd.Categorical(text)})
    begin = time.perf_counter()
    Table.read(frame)
    assert time.perf_counter() - begin < 1.0


def test_integers_of_128_bits_and_arrays_without_dimensions_are_numbers() -> None:
    wide = pl.DataFrame({"i": pl.Series([1, 2, 2**40], dtype=pl.Int128)})
    assert Table.read(wide).columns["i"].tolist() == [1, 2, 2**40]
    single = Table.read({"x": np.array(3.5), "k": 2})
    assert (single.n, single.columns["x"].tolist(), single.columns["k"].tolist()) == (1, [3.5], [2])
