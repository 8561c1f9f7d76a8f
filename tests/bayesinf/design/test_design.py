"""Formulas and frames to numbers: columns, groups, offsets, outcomes, and the same for new rows."""

from __future__ import annotations

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
