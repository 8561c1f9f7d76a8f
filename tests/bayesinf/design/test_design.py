"""Formulas and frames to numbers: columns, groups, offsets, outcomes, and the same for new rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import bayesinf as bi
from bayesinf import terms
from bayesinf.data.table import Table
from bayesinf.design import build_design, predictor_columns, redesign, rows_at
from bayesinf.formula.split import parse

SPECIAL = tuple(term.name for term in terms.ALL)


def design_of(formula: str, frame: object):
    return build_design(parse(formula, SPECIAL), frame)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 12
    return pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "x": rng.normal(size=n),
            "c": list("uvw") * 4,
            "a": list("pq") * 6,
            "b": [1, 1, 2, 2, 3, 3] * 2,
            "n": rng.integers(3, 9, n),
        }
    )


def test_columns_and_centre(frame: pd.DataFrame) -> None:
    design = design_of("y ~ x * c", frame)
    assert design.names[0] == "Intercept"
    assert set(design.names[1:]) == {"x", "c[T.v]", "c[T.w]", "x:c[T.v]", "x:c[T.w]"}
    matrix = design.rows.population
    assert np.array_equal(matrix[:, 0], np.ones(12))
    assert np.array_equal(matrix[:, design.names.index("x")], frame["x"])
    assert design.centre[0] == 0
    assert np.allclose(design.centre[1:], matrix[:, 1:].mean(0))
    assert np.array_equal(design_of("y ~ 0 + x", frame).centre, [0.0])


def test_groups_are_codes(frame: pd.DataFrame) -> None:
    design = design_of("y ~ 1 + (x | a) + (1 | c/b)", frame)
    first, second, third = design.rows.groups
    assert first.levels == ("p", "q")
    assert np.array_equal(np.array(first.levels)[first.codes], frame["a"])
    assert first.names == ("Intercept", "x") and first.has_correlations
    assert second.factor == "c" and third.factor == "c:b"
    joined = frame["c"] + ":" + frame["b"].astype(str)
    assert np.array_equal(np.array(third.levels)[third.codes], joined)


def test_whole_numbers_that_became_floats_are_the_same_groups(frame: pd.DataFrame) -> None:
    holes = frame.assign(b=frame["b"].astype(float))
    assert design_of("y ~ 1 + (1 | b)", holes).rows.groups[0].levels == ("1", "2", "3")


def test_declared_order_of_levels_is_kept(frame: pd.DataFrame) -> None:
    ordered = frame.assign(a=pd.Categorical(frame["a"], categories=["q", "p", "unused"]))
    design = design_of("y ~ a + (1 | a)", ordered)
    assert design.names == ("Intercept", "a[T.p]")
    assert design.rows.groups[0].levels == ("q", "p")


def test_offsets_add_up_and_trials_may_be_a_number(frame: pd.DataFrame) -> None:
    design = design_of("y ~ x + offset(log(n)) + offset(x)", frame)
    assert np.allclose(design.rows.offset, np.log(frame["n"]) + frame["x"])
    design = design_of("n | trials(10) ~ 1", frame)
    assert np.array_equal(design.rows.known.trials, np.full(12, 10.0))


def test_a_text_outcome_with_two_levels_is_zero_and_one(frame: pd.DataFrame) -> None:
    design = design_of("a ~ x", frame)
    assert design.recipe.outcome_levels == ("p", "q")
    assert np.array_equal(design.response, frame["a"] == "q")


def test_new_rows_get_the_numbers_of_the_fit(frame: pd.DataFrame) -> None:
    design = design_of("y ~ c * poly(x, 2) + offset(log(n)) + (x | a)", frame)
    for few in ([0], [5, 2, 2], [11, 10]):
        rows, names = rows_at(design.recipe, Table.read(frame.iloc[few]))
        assert names == design.names
        assert np.array_equal(rows.population, design.rows.population[few])
        assert np.array_equal(rows.groups[0].codes, design.rows.groups[0].codes[few])
        assert np.array_equal(rows.offset, design.rows.offset[few])


def test_unseen_groups_come_after_the_known_ones(frame: pd.DataFrame) -> None:
    design = design_of("y ~ x + (1 | a)", frame)
    rows, _ = rows_at(design.recipe, Table.read({"x": [0.0, 1, 2], "a": ["new", "q", "new"]}))
    assert rows.groups[0].unseen == ("new",)
    assert rows.groups[0].codes.tolist() == [2, 1, 2]


def test_the_outcome_is_not_needed_for_prediction() -> None:
    formula = parse("n | trials(b) ~ x + (1 | a)", SPECIAL)
    assert set(predictor_columns(formula)) == {"x", "a", "b"}


def test_a_redesign_keeps_the_centre_and_the_levels(frame: pd.DataFrame) -> None:
    design = design_of("y ~ x + c", frame)
    again = redesign(design.recipe, design.centre, frame.iloc[:4])
    assert np.array_equal(again.centre, design.centre)
    assert again.names == design.names
    assert np.array_equal(again.rows.population, design.rows.population[:4])


def test_a_model_refuses_rows_of_groups_that_it_does_not_know(frame: pd.DataFrame) -> None:
    model = bi.model("y ~ x + (1 | a)", frame)
    with pytest.raises(bi.DataError, match="'new'") as caught:
        bi.fit(model, frame.assign(a=["new", *frame["a"][1:]]))
    assert caught.value.rows == (0,)


def test_all_kinds_of_frames_give_the_same_posterior(frame: pd.DataFrame) -> None:
    formula = "y ~ x + c + (1 | a)"
    expected = bi.fit(formula, frame, seed=1).summary()
    for other in (
        pl.from_pandas(frame),
        pa.Table.from_pandas(frame),
        {name: frame[name].to_numpy() for name in frame},
    ):
        pd.testing.assert_frame_equal(bi.fit(formula, other, seed=1).summary(), expected)


def test_a_small_difference_is_not_collinear() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(1e6, 1.0, 50)
    near = pd.DataFrame({"y": rng.normal(size=50), "x": x, "z": x + 1e-3 * rng.normal(size=50)})
    assert design_of("y ~ x + z", near).names == ("Intercept", "x", "z")
    with pytest.raises(bi.DataError, match="exact linear combination"):
        design_of("y ~ x + z", near.assign(z=3 * x - 1))


def test_the_order_of_rows_does_not_choose_the_levels(frame: pd.DataFrame) -> None:
    """A polars Categorical and an arrow dictionary list levels as the rows bring them."""
    two = frame.assign(o=frame["a"].to_numpy()[::-1])
    formula = "o ~ c + (1 | c:a)"
    expected = design_of(formula, two)
    for order in (np.arange(12), np.arange(12)[::-1], np.random.default_rng(3).permutation(12)):
        rows = two.iloc[order].reset_index(drop=True)
        text = {name: rows[name].tolist() for name in ("o", "c", "a")}
        categories = pl.DataFrame({k: pl.Series(v).cast(pl.Categorical) for k, v in text.items()})
        dictionaries = pa.table({k: pa.array(v).dictionary_encode() for k, v in text.items()})
        for other in (rows, categories, dictionaries):
            design = design_of(formula, other)
            assert design.recipe.outcome_levels == ("p", "q")
            assert design.names == expected.names == ("Intercept", "c[T.v]", "c[T.w]")
            assert design.recipe.schema.columns["c"].levels == ("u", "v", "w")
            assert np.array_equal(design.rows.population, expected.rows.population[order])
            assert np.array_equal(design.rows.groups[0].codes, expected.rows.groups[0].codes[order])
            assert np.array_equal(design.response, expected.response[order])


def test_coefficients_do_not_depend_on_the_kind_of_factor(frame: pd.DataFrame) -> None:
    rows = frame.iloc[::-1].reset_index(drop=True)
    expected = bi.fit("y ~ c", rows, seed=1).summary()
    for other in (
        pl.from_pandas(rows).with_columns(pl.col("c").cast(pl.Categorical)),
        pa.table({"y": rows["y"], "c": pa.array(rows["c"]).dictionary_encode()}),
    ):
        pd.testing.assert_frame_equal(bi.fit("y ~ c", other, seed=1).summary(), expected)


def test_intervals_as_a_factor_fit_and_save(frame: pd.DataFrame, tmp_path: Path) -> None:
    cut = frame.assign(s=pd.cut(frame["n"], [0, 5, 10]))
    fit = bi.fit("y ~ s", cut, seed=1)
    assert fit.model.design.names == ("Intercept", "s[T.(5, 10]]")
    fit.save(tmp_path / "fit")
    new = cut.iloc[:3]
    again = bi.load(tmp_path / "fit").predict(new)
    pd.testing.assert_frame_equal(again, fit.predict(new))


def test_labels_of_combined_groups_do_not_merge(frame: pd.DataFrame) -> None:
    colons = {
        "y": frame["y"],
        "x": ["x:y", "x", "x\\", "x\\:y"] * 3,
        "z": ["z", "y:z", "z", "z"] * 3,
    }
    design = design_of("y ~ 1 + (1 | x:z)", colons)
    (group,) = design.rows.groups
    assert set(group.levels) == {"x\\:y:z", "x:y\\:z", "x\\\\:z", "x\\\\\\:y:z"}
    new = {"x": ["x", "x:y", "x\\"], "z": ["y:z", "z", "z"]}
    rows, _ = rows_at(design.recipe, Table.read(new))
    assert not rows.groups[0].unseen
    assert rows.groups[0].codes.tolist() == group.codes[[1, 0, 2]].tolist()


def test_large_identifiers_are_groups_of_their_own() -> None:
    frame = {
        "y": [1.0, 2, 3, 4, 5],
        "i": pd.array([2**53, 2**53 + 1, None, 2**53, 2**53 + 1], "Int64"),
    }
    design = design_of("y ~ 1 + (1 | i)", frame)
    assert design.rows.groups[0].levels == (str(2**53), str(2**53 + 1))
    hashes = {"y": [1.0, 2, 3, 4], "i": np.array([2**63, 2**63 + 1] * 2, dtype=np.uint64)}
    design = design_of("y ~ 1 + (1 | i)", hashes)
    assert design.rows.groups[0].levels == (str(2**63), str(2**63 + 1))


def test_rows_of_weight_zero_are_left_out(frame: pd.DataFrame) -> None:
    weights = np.array([0.0, 2.0, np.nan] * 4)
    frame = frame.assign(w=weights, x=np.where(weights == 0, 1e6, frame["x"]))
    design = design_of("y | weights(w) ~ x", frame)
    kept = frame[weights > 0]
    assert np.array_equal(design.response, kept["y"])
    assert design.centre[1] == pytest.approx(kept["x"].mean())
    assert design.missing.zero_weight == 4
    assert (design.missing.n_before, design.missing.n_after) == (12, 4)
    assert design.missing.sentence() == (
        "4 of 12 rows were dropped: 4 miss 'w'. 4 rows of weight 0 were left out."
    )
    assert design.table is not None and design.table.as_read([0]) == [1]
    again = redesign(design.recipe, design.centre, frame)
    assert again.missing == design.missing
    with pytest.raises(bi.DataError, match="All 12 rows have the weight 0 in") as caught:
        design_of("y | weights(w) ~ x", frame.assign(w=0))
    assert caught.value.code == "all-weights-zero"


@pytest.mark.parametrize("bad", [-1.0, 2.5])
def test_trials_must_be_counts(frame: pd.DataFrame, bad: float) -> None:
    good = frame.assign(k=0, n=frame["n"].astype(float))
    good.loc[2, "n"] = 0
    design = design_of("k | trials(n) ~ x", good)
    broken = good.copy()
    broken.loc[[1, 4], "n"] = bad
    for attempt in (
        lambda: design_of("k | trials(n) ~ x", broken),
        lambda: rows_at(design.recipe, Table.read(broken)),
    ):
        with pytest.raises(bi.DataError, match="whole numbers from 0") as caught:
            attempt()
        assert (caught.value.code, caught.value.rows) == ("bad-trials", (1, 4))


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ y",
        "y ~ x + y",
        "y ~ x * y",
        "`y` ~ x + y",
        "y ~ I(2 * y)",
        "log(y) ~ y",
        "y ~ x + (y | g)",
        "y ~ x + (1 | y)",
        "y ~ x + offset(y)",
    ],
)
def test_an_outcome_may_not_explain_itself(frame: pd.DataFrame, formula: str) -> None:
    with pytest.raises(bi.FormulaError, match="explain itself") as caught:
        design_of(formula, frame)
    assert caught.value.code == "response-on-both-sides"
    assert "^" in str(caught.value)
    assert design_of("I(y - n) ~ n", frame).names == ("Intercept", "n")


@pytest.mark.parametrize("name", ["cr", "cs", "cc"])
def test_the_hint_for_a_spline_beside_an_intercept_helps(frame: pd.DataFrame, name: str) -> None:
    with pytest.raises(bi.DataError, match='constraints="center"') as caught:
        design_of(f"y ~ {name}(x, df=4)", frame)
    assert caught.value.code == "collinear-column"
    remedy = f'{name}(x, df=4, constraints="center")'
    assert remedy in str(caught.value)
    assert design_of(f"y ~ {remedy}", frame).has_intercept


def test_an_outcome_that_is_a_category_of_numbers_is_to_be_made_numbers() -> None:
    frame = pd.DataFrame({"x": np.arange(9.0), "y": pd.Categorical(np.arange(9.0) % 4)})
    with pytest.raises(bi.DataError, match="'y' is text with 4 levels") as caught:
        bi.model("y ~ x", frame)
    exec(str(caught.value.hint).partition(": ")[2].rstrip("."), {"frame": frame})
    assert bi.model("y ~ x", frame).design.response.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0]


def test_plus_counts_as_one() -> None:
    frame = {"x": np.arange(6.0), "y": np.array(list("+-++-+"), dtype=object)}
    model = bi.model("y ~ x", frame, "bernoulli")
    assert model.design.response.tolist() == [1, 0, 1, 1, 0, 1]
