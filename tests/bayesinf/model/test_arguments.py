from __future__ import annotations

import jax
import numpy as np
import pandas as pd
import pytest

from bayesinf.errors import BayesinfError
from bayesinf.model.arguments import check_names, read_arguments


def test_arrays_are_told_from_settings() -> None:
    found = read_arguments(
        {
            "x": np.arange(3, dtype=np.float32),
            "codes": pd.Series([0, 1], dtype="int8"),
            "flags": [True, False],
            "scale": 2.5,
            "level": np.float32(0.5),
            "count": 8,
            "other": np.int64(3),
            "link": "log",
            "kernel": np.exp,
            "outcome": None,
            "centred": True,
        }
    )
    kinds = {name: values.dtype.str[1:] for name, values in found.arrays.items()}
    assert kinds == {"x": "f8", "codes": "i8", "flags": "b1", "scale": "f8", "level": "f8"}
    assert found.settings == {
        "count": 8,
        "other": 3,
        "link": "log",
        "kernel": np.exp,
        "outcome": None,
        "centred": True,
    }
    assert type(found.settings["other"]) is int
    assert found.told()["link"] == "'log'"


def test_fingerprints_follow_names_values_and_settings() -> None:
    first = read_arguments({"x": [1.0, 2.0], "n": 2}).fingerprint()
    assert first == read_arguments({"n": 2, "x": np.array([1.0, 2.0])}).fingerprint()
    others = [{"x": [1.0, 2.5], "n": 2}, {"x": [1.0, 2.0], "n": 3}, {"z": [1.0, 2.0], "n": 2}]
    assert len({first, *(read_arguments(other).fingerprint() for other in others)}) == 4


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        ([1, 2], "not-a-mapping", "dict of its arguments"),
        ({1: 2.0}, "argument-name", "text"),
        ({"x": [1.0, np.nan, np.nan]}, "missing-values", r"'x' is missing \(NaN\) in 2 of 3"),
        ({"x": float("nan")}, "missing-values", "1 of 1"),
        ({"x": np.array(["a", "b"])}, "not-numeric", "'x' holds values of <U1"),
        ({"x": pd.DataFrame({"a": ["u"]})}, "not-numeric", "DataFrame"),
        ({"x": [[1.0], [1.0, 2.0]]}, "not-numeric", "cannot become one array"),
        ({"x": {"a": 1.0}}, "not-numeric", "'x' is a dict"),
        ({"x": jax.random.key(0)}, "random-key", "brings the keys"),
    ],
)
def test_values_that_are_no_numbers_are_refused(data: object, code: str, words: str) -> None:
    with pytest.raises(BayesinfError, match=words) as caught:
        read_arguments(data)
    assert caught.value.code == code


def test_the_rows_that_miss_values_are_named() -> None:
    with pytest.raises(BayesinfError) as caught:
        read_arguments({"x": np.array([[1.0, np.nan], [1.0, 2.0], [np.nan, np.nan]])})
    assert caught.value.rows == (0, 2)
    assert caught.value.column == "x"


def model(x, y=None, *, scale=1.0):
    del x, y, scale


def takes_all(**arguments):
    del arguments


def by_position(x, /):
    del x


def test_names_are_compared_with_the_signature() -> None:
    check_names(model, "model", ("x", "y"))
    check_names(model, "model", ("x", "scale"))
    check_names(takes_all, "takes_all", ("anything",))
    check_names(min, "min", ("x",))  # does not say what it takes


@pytest.mark.parametrize(
    ("function", "given", "code", "words"),
    [
        (model, ("x", "Scale"), "unknown-argument", "Did you mean 'scale'"),
        (model, ("y",), "missing-argument", "needs the argument 'x'"),
        (by_position, (), "positional-argument", "by position"),
    ],
)
def test_names_that_do_not_fit_are_refused(function, given, code: str, words: str) -> None:
    with pytest.raises(BayesinfError, match=words) as caught:
        check_names(function, "model", given)
    assert caught.value.code == code
