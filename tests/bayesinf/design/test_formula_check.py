"""What a formula asks of a frame, shown in the formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.design.design import Design

RNG = np.random.default_rng(8)
FRAME = pd.DataFrame(
    {
        "y": RNG.normal(size=24),
        "x": RNG.normal(size=24),
        "z": RNG.normal(size=24) + 9,
        "a~b": RNG.normal(size=24),
        "w v": RNG.normal(size=24),
        "g": list("uvw") * 8,
        "h": list("pq") * 12,
        "k": pd.Categorical([1, 2, 3, 4] * 6),
        "i": [1, 2, 3] * 8,
        "flag": [True, True, False] * 8,
    }
)


def design_of(formula: str) -> Design:
    return bi.model(formula, FRAME).design


def caret(error: Exception) -> str:
    """What stands above the caret, from there on."""
    _, shown, pointer, *_ = str(error).split("\n")
    return shown[pointer.index("^") :]


@pytest.mark.parametrize(
    ("right", "square", "at"),
    [
        ("x*x", "x**2", "x"),
        ("x:x", "x**2", "x"),
        ("x:g:x", "x**2", "x"),
        ("x*g*x", "x**2", "x"),
        ("(x + g):(x + h)", "x**2", "x + h)"),
        ("log(z):log( z )", "log(z)**2", "log( z )"),
        ("`w v`:`w v`", "`w v`**2", "`w v`"),
        ("`w v`*g*`w v`", "`w v`**2", "`w v`"),
        ("i:i", "i**2", "i"),
        ("g + (x*x | h)", "x**2", "x | h)"),
        ("x/x", "x**2", "x"),
    ],
)
def test_a_number_times_itself_is_no_square(right: str, square: str, at: str) -> None:
    with pytest.raises(bi.FormulaError, match="is multiplied by itself") as caught:
        design_of(f"y ~ {right}")
    assert caught.value.code == "idle-product"
    assert f"I({square})" in str(caught.value.hint)
    assert caught.value.column in right.replace("log( z )", "log(z)")
    assert caret(caught.value) == at
    assert design_of(f"y ~ I({square})").names == (
        "Intercept",
        f"I({square.replace('**', ' ** ')})",
    )


@pytest.mark.parametrize(
    ("right", "same"),
    [
        ("g:g", "g"),
        ("g*g", "g"),
        ("g*h*g", "g*h"),
        ("(g + h):(g + h)", "g + h + g:h"),
        ("k:k", "k"),
        ("C(i):C(i)", "C(i)"),
        ("flag:flag", "flag"),
        ("(x + z)^2", "x + z + x:z"),
        ("x*z + x*g", "x + z + g + x:z + x:g"),
        ("x + x", "x"),
    ],
)
def test_what_merges_without_harm_merges_as_in_r(right: str, same: str) -> None:
    assert set(design_of(f"y ~ {right}").names) == set(design_of(f"y ~ {same}").names)


def test_a_tilde_in_a_name_is_no_tilde() -> None:
    assert design_of("`a~b` ~ x").names == ("Intercept", "x")
    assert design_of("y ~ `a~b` + x").names == ("Intercept", "`a~b`", "x")
    with pytest.raises(bi.FormulaError, match="explain itself") as caught:
        design_of("`a~b` ~ x + `a~b`")
    assert caught.value.column == "a~b"
    assert "1 time" in str(caught.value)
    assert caret(caught.value) == "`a~b`"
    with pytest.raises(bi.FormulaError, match="explain itself") as caught:
        design_of("I(`a~b` + 1) ~ z + log(`a~b`)")
    assert caret(caught.value) == "log(`a~b`)"
    with pytest.raises(bi.FormulaError, match="is missing after") as caught:
        design_of("`a~b` | ~ x")
    assert caret(caught.value) == "~ x"
