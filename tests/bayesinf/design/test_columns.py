"""The quick look at the columns' products refuses what the QR refuses, also near the border."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.design.columns import check_columns
from bayesinf.errors import DataError
from bayesinf.numerics.rows import gram


def verdict(matrix: np.ndarray, names: tuple[str, ...], quick: bool) -> str:
    centre = matrix.mean(axis=0) if names[0] == "Intercept" else np.zeros(len(names))
    centre[0] = 0.0
    try:
        check_columns(matrix, names, centre, gram(matrix, centre) if quick else None)
    except DataError as error:
        return error.code
    return "fine"


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("noise", [1e-2, 1e-4, 3e-7, 3e-8, 1e-10, 0.0])
def test_nearly_collinear_columns(noise, intercept):
    rng = np.random.default_rng(1)
    x, z, more = rng.normal(size=(3, 500))
    matrix = np.column_stack([np.ones(500), x, z, x + z + noise * more])
    names = ("Intercept", "x", "z", "sum") if intercept else ("one", "x", "z", "sum")
    expected = "fine" if noise > 0 else "collinear-column"
    assert verdict(matrix, names, quick=True) == verdict(matrix, names, quick=False) == expected


STEPS = np.arange(100.0)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (np.full(100, 0.1), "constant-column"),
        (np.zeros(100), "constant-column"),
        (1e9 + 1e-5 * STEPS, "fine"),
        (1e9 + 1e-3 * STEPS, "fine"),
        (1e-9 * STEPS, "fine"),
        (STEPS == 3, "fine"),
    ],
)
def test_nearly_constant_columns(column, expected):
    other = np.random.default_rng(2).normal(size=100)
    matrix = np.column_stack([np.ones(100), column, other])
    names = ("Intercept", "x", "other")
    assert verdict(matrix, names, quick=True) == verdict(matrix, names, quick=False) == expected


@pytest.mark.parametrize("formula", ["y ~ g * h", "y ~ 0 + g:h", "y ~ g + `the h`:g"])
def test_levels_that_no_row_has_together_are_joined(formula: str) -> None:
    second = "the h" if "`" in formula else "h"
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.resize(list("abc"), 60), second: rng.choice(list("pq"), 60)})
    frame["y"] = rng.normal(size=60)
    frame = frame[(frame["g"] != "c") | (frame[second] != "q")]
    with pytest.raises(bi.DataError, match=r"rows used has the levels of .* together") as caught:
        bi.model(formula, frame)
    assert caught.value.code == "constant-column"
    hint = str(caught.value.hint)
    exec(hint[hint.index("frame[") : hint.index(", and write")], {"frame": frame})
    joined = hint[hint.index("write ") + 6 : hint.index(" for the product")]
    assert len(bi.model(f"y ~ {joined}", frame).design.names) == 5


def test_a_column_of_zeros_needs_no_intercept_to_be_refused() -> None:
    frame = {"y": np.arange(9.0), "x": np.arange(9.0) ** 2, "z": np.zeros(9)}
    with pytest.raises(bi.DataError, match="'z' is 0 in all of the 9 rows used"):
        bi.model("y ~ 0 + x + z", frame)
