"""Matrices that would not fit are refused before any memory is taken for them."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest

from bayesinf.errors import FormulaError
from bayesinf.formula import encode
from bayesinf.formula.width import refuse_wide

N = 1000
RNG = np.random.default_rng(5)
COLUMNS = {
    "x": RNG.normal(size=N),
    "z": RNG.normal(size=N),
    "w": RNG.normal(size=N),
    "i": np.arange(N) % 500,
    "a": np.array([f"a{k % 500}" for k in range(N)], dtype=object),
    "b": np.array([f"b{k // 2}" for k in range(N)], dtype=object),
    "g": np.array(list("uv") * 500, dtype=object),
}


@pytest.mark.parametrize(
    "rhs",
    [
        "a * b",
        "a:b",
        "C(i) * b",
        "bs(x, df=100):bs(z, df=100):bs(w, df=100)",
        "cr(x, df=100):poly(z, 100):cc(w, df=10)",
        "a:bs(x, df=90)",
    ],
)
def test_wide_matrices_are_refused_at_once(rhs: str) -> None:
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(FormulaError, match="columns") as caught:
        encode(rhs, COLUMNS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code == "too-wide"
    assert "(1 | g)" in str(caught.value)
    assert time.perf_counter() - began < 5
    assert peak < 50e6


@pytest.mark.parametrize(
    "rhs",
    [
        "x + a",
        "g * C(i)",
        "g * bs(x, df=6) + poly(z, 3)",
        "cr(w, df=5) + bs(z, knots=[0, 0.5], degree=2)",
        "C(g, contr.sum):x",
    ],
)
def test_the_count_is_the_width_of_the_matrix(rhs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    width = encode(rhs, COLUMNS).matrix.shape[1]
    levels = {name: sorted(set(COLUMNS[name].tolist())) for name in ("a", "b", "g")}
    monkeypatch.setattr("bayesinf.formula.width.MAX_COLUMNS", width)
    refuse_wide(rhs, COLUMNS, levels, N)
    monkeypatch.setattr("bayesinf.formula.width.MAX_COLUMNS", width // 2)
    with pytest.raises(FormulaError, match="columns"):
        refuse_wide(rhs, COLUMNS, levels, N)


@pytest.mark.parametrize(
    ("rhs", "columns"),
    [("w*x*z*k*l*m*n*o*p*q*r", 2048), ("a:a2", 2501), ("C(a):C(a2) + x", 2502)],
)
def test_more_columns_than_rows_are_at_most_two_thousand(rhs: str, columns: int) -> None:
    few = {name: RNG.normal(size=60) for name in "xzwklmnopqr"}
    few |= {name: np.arange(60) % 51 for name in ("a", "a2")}
    levels = {} if "C" in rhs else {"a": range(51), "a2": range(51)}
    with pytest.raises(FormulaError, match="60 rows") as caught:
        refuse_wide(f"1 + {rhs}", few, levels, 60)
    assert caught.value.code == "too-wide"
    assert f"{columns:,} columns or more" in str(caught.value)
    refuse_wide(f"1 + {rhs}", few, levels, columns - 1)
    with pytest.raises(FormulaError, match="columns or more"):
        refuse_wide(f"1 + {rhs}", few, levels, columns - 2)


def test_plain_columns_are_to_be_left_out() -> None:
    many = {f"x{k}": np.arange(60.0) for k in range(2005)}
    with pytest.raises(FormulaError, match="2,006 columns or more for 60 rows") as caught:
        refuse_wide(" + ".join(["1", *many]), many, {}, 60)
    assert caught.value.hint == "Leave columns out, or use more rows."


def test_the_intercept_is_no_column_of_that_name() -> None:
    columns = {"1": np.arange(2100) % 1500}
    assert encode("1 + C(`1`)", columns).matrix.shape == (2100, 1500)


def test_what_cannot_be_counted_beforehand_is_counted_in_the_matrix() -> None:
    columns = {"x": np.arange(2500.0), "z": RNG.normal(size=2500)}
    refuse_wide("z + C(x // 1000)", columns, {}, 2500)
    assert encode("z + C(x // 1000)", columns).matrix.shape == (2500, 4)


def test_many_rows_make_narrow_matrices_too_large() -> None:
    refuse_wide("x + z", COLUMNS, {}, 10**7)
    with pytest.raises(FormulaError, match="GiB"):
        refuse_wide("x + z", COLUMNS, {}, 10**8)
