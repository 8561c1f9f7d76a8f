"""What a formula asks of a frame, shown in the formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
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
    assert "on the right of '~' too." in str(caught.value)
    assert caret(caught.value) == "`a~b`"
    with pytest.raises(bi.FormulaError, match="explain itself") as caught:
        design_of("I(`a~b` + 1) ~ z + log(`a~b`)")
    assert caret(caught.value) == "log(`a~b`)"
    with pytest.raises(bi.FormulaError, match="is missing after") as caught:
        design_of("`a~b` | ~ x")
    assert caret(caught.value) == "~ x"


ODD = {
    "y": FRAME["y"].to_numpy(),
    **{
        name: FRAME["z"].to_numpy() + k
        for k, name in enumerate(
            ("Petal.Width", "Unnamed: 0", "dose mg", "a-b", "1st", "class", "% fat", "x\u0304")
        )
    },
}
FRAMES = {
    "dict": ODD,
    "pandas": pd.DataFrame(ODD),
    "polars": pl.DataFrame(ODD),
    "arrow": pa.table(ODD),
}


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize(
    ("formula", "remedy"),
    [
        ("y ~ log(Petal.Width)", "log(`Petal.Width`)"),
        ("y ~ bs(Petal.Width, df=4) + log(Petal.Width)", "bs(`Petal.Width`, df=4)"),
        ("y ~ I(2.5 * Petal.Width)", "I(2.5 * `Petal.Width`)"),
        ("y ~ scale(Petal.Width, center=False)", "scale(`Petal.Width`, center=False)"),
        ("y ~ offset(Petal.Width / 2)", "`Petal.Width` / 2"),
        ("log(Petal.Width) ~ y", "log(`Petal.Width`)"),
        ("y ~ log(dose mg)", "log(`dose mg`)"),
        ("y ~ log(1st)", "log(`1st`)"),
        ("y ~ log(class)", "log(`class`)"),
        ("y ~ dose mg", "`dose mg`"),
        ("y ~ Unnamed: 0", "`Unnamed: 0`"),
        ("y ~ Unnamed", "`Unnamed: 0`"),
        ("y ~ dose_mg", "`dose mg`"),
        ("y ~ a-b", "`a-b`"),
        ("y ~ log(a-b)", "`a-b`"),
        ("y ~ % fat", "`backticks`"),
        ("y ~ x\u0304", "`backticks`"),
    ],
)
def test_a_name_that_needs_backticks_is_shown_with_them(
    kind: str, formula: str, remedy: str
) -> None:
    with pytest.raises(bi.BayesinfError) as caught:
        bi.model(formula, FRAMES[kind])
    assert remedy in str(caught.value)
    assert "^" in str(caught.value)
    mended = formula.replace(remedy.replace("`", ""), remedy)
    if mended != formula and formula.count("Petal") < 2:
        bi.model(mended, FRAMES[kind])


SHORT, LONG = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize("typed", [SHORT, LONG])
@pytest.mark.parametrize("held", [SHORT, LONG])
@pytest.mark.parametrize("right", ["{}", "`{}`", "log({})", "log(`{}`)", "(1 | {})", "offset({})"])
def test_a_letter_with_an_accent_is_one_letter_or_two(typed: str, held: str, right: str) -> None:
    rows = {"y": FRAME["y"], held: FRAME["i"]}
    model = bi.model(f"y ~ {right.format(typed)}", rows)
    other = bi.model(f"y ~ {right.format(SHORT)}", {"y": FRAME["y"], SHORT: FRAME["i"]})
    assert model.design.names == other.design.names
    np.testing.assert_array_equal(model.design.rows.population, other.design.rows.population)


def test_names_that_look_alike_are_told_apart_by_nobody() -> None:
    rows = {"y": FRAME["y"], SHORT: FRAME["x"], LONG: FRAME["z"]}
    with pytest.raises(bi.DataError, match="2 columns that read 'caf") as caught:
        bi.model(f"y ~ {SHORT}", rows)
    assert caught.value.code == "duplicate-columns"
    assert "cafe\\u0301" in str(caught.value)


def test_new_rows_may_write_an_accent_otherwise() -> None:
    fit = bi.fit(f"y ~ {SHORT}", {"y": FRAME["y"], LONG: FRAME["x"]}, seed=1, draws=200)
    known = fit.predict({SHORT: [0.5]})["mean"].to_numpy()
    assert fit.predict({LONG: [0.5]})["mean"].to_numpy() == known


def test_levels_in_quotes_stay_as_they_were_typed() -> None:
    rows = {"y": FRAME["y"], "g": [LONG, "a", "b"] * 8}
    design = bi.model(f"y ~ C(g, levels=['a', '{LONG}', 'b'])", rows).design
    assert design.names[1].endswith(f"[T.{LONG}]")


@pytest.mark.parametrize("kind", ["pandas", "arrow"])
def test_a_name_that_stands_twice_is_refused_where_it_is_asked_for(kind: str) -> None:
    rows = pd.concat(
        [pd.DataFrame(FRAME)[["y", "x", "z"]], pd.DataFrame({"x": FRAME["z"]})], axis=1
    )
    if kind == "arrow":
        arrays = [pa.array(rows.iloc[:, k].to_numpy()) for k in range(4)]
        rows = pa.table(arrays, names=["y", "x", "z", "x"])
    assert bi.model("y ~ z", rows).design.names == ("Intercept", "z")
    with pytest.raises(bi.DataError, match="2 columns with the name 'x'"):
        bi.model("y ~ x", rows)
