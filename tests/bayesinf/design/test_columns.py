"""The quick look at the columns' products refuses what the QR refuses, also near the border."""

from __future__ import annotations

import numpy as np
import pytest

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
