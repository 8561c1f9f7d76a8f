import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.formula import (
    Adjuster,
    outcome_formula,
    quoted,
    read_adjusters,
    refuse_own_levels,
    treatment_terms,
)


@pytest.fixture
def frame(generator) -> pd.DataFrame:
    size = 200
    return pd.DataFrame(
        {
            "y": generator.normal(size=size),
            "t": np.arange(size) % 2,
            "age": generator.normal(50, 10, size=size),
            "years": np.arange(size) // 2 % 8,
            "class": np.arange(size) // 2 % 3,
            "town": np.array(list("abcdefghij"))[np.arange(size) // 2 % 10],
            "flag": np.arange(size) // 2 % 2 == 0,
            "same": 7,
            "only": np.where(
                np.arange(size) == 1, "rare", np.where(np.arange(size) < 90, "p", "q")
            ),
        }
    )


def formula_of(frame, entries, received=None) -> str:
    table = bi.Table.read(frame)
    adjusters = read_adjusters(entries, frame, list(frame), "y", "t")
    received = table.columns["t"] == 1 if received is None else received
    return outcome_formula("y", "t", adjusters, table, received)


def test_nothing_to_adjust_for(frame):
    assert formula_of(frame, []) == "y ~ t"


@pytest.mark.parametrize(
    ("entry", "formula"),
    [
        ("age", "y ~ t * (scale(age) + I(scale(age)**2))"),
        ("years", "y ~ t * (scale(years))"),
        ("class", "y ~ t * (C(`class`))"),
        ("flag", "y ~ t * (C(flag))"),
        ("town", "y ~ t + C(town)"),
        ("same", "y ~ t"),
        ("only", "y ~ t + C(only)"),
        ("bs(age, df=4)", "y ~ t * (bs(age, df=4))"),
        ("(1 | town)", "y ~ t + (1 | town)"),
    ],
)
def test_the_shape_follows_from_the_column(frame, entry, formula):
    assert formula_of(frame, [entry]) == formula


def test_every_default_formula_can_be_fitted(frame):
    entries = ["age", "years", "class", "flag", "only", "same", "(1 | town)"]
    model = bi.model(formula_of(frame, entries), frame)
    assert set(model.formula.variables) == {"y", "t", *entries[:-2], "town"}


def test_a_small_arm_has_no_products(frame):
    few = np.arange(len(frame)) < 9
    assert formula_of(frame, ["age", "flag"], few) == (
        "y ~ t + scale(age) + I(scale(age)**2) + C(flag)"
    )


def test_the_treatments_model_leaves_groups_out(frame):
    adjusters = read_adjusters(["age", "same", "(1 | town)"], frame, list(frame), "y", "t")
    terms = treatment_terms(adjusters, bi.Table.read(frame), frame["t"].to_numpy() == 1)
    assert terms == ("scale(age)", "I(scale(age)**2)")


def test_columns_are_found_inside_terms(frame):
    found = read_adjusters(
        ["age", "age", "C(flag)", "(age | town)", "class"], frame, list(frame), "y", "t"
    )
    assert found == (
        Adjuster("age", ("age",)),
        Adjuster("C(flag)", ("flag",), "term"),
        Adjuster("(age | town)", ("age", "town"), "group", ("town",)),
        Adjuster("class", ("class",)),
    )


@pytest.mark.parametrize(
    ("entries", "error", "code"),
    [
        (["agee"], bi.DataError, "unknown-column"),
        (["t"], bi.DataError, "adjusts-for-treatment"),
        (["scale(y)"], bi.DataError, "adjusts-for-outcome"),
        ("age", bi.ModelError, "adjust-not-a-list"),
    ],
)
def test_what_cannot_be_adjusted_for(frame, entries, error, code):
    with pytest.raises(error) as caught:
        read_adjusters(entries, frame, list(frame), "y", "t")
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["age sex", "age, sex", "age + sex", " age;sex "])
def test_several_columns_in_one_text_are_proposed_as_a_list(text):
    frame = {"y": [1.0, 2.0, 4.0], "t": [0, 1, 0], "age": [1.0, 3.0, 2.0], "sex": [0, 1, 1]}
    with pytest.raises(bi.ModelError) as caught:
        read_adjusters(text, frame, list(frame), "y", "t")
    assert caught.value.hint == "Write adjust=['age', 'sex']."
    proposed = read_adjusters(["age", "sex"], frame, list(frame), "y", "t")
    assert [entry.text for entry in proposed] == ["age", "sex"]


def test_a_text_is_proposed_whole_where_its_parts_are_no_columns():
    frame = {"y": [1.0, 2.0], "my age": [1.0, 3.0], "my": [1.0, 3.0], "age": [0, 1]}
    for text in ("my age", "age income"):
        with pytest.raises(bi.ModelError) as caught:
            read_adjusters(text, frame, list(frame), "y", "t")
        assert caught.value.hint == f"Write adjust=[{text!r}]."


def test_names_that_are_not_plain_are_quoted():
    assert [quoted(name) for name in ("age", "my age", "class", "a.b")] == [
        "age",
        "`my age`",
        "`class`",
        "`a.b`",
    ]


def test_a_name_with_a_backtick_is_refused():
    with pytest.raises(bi.FormulaError, match="backtick") as caught:
        quoted("do`se")
    assert caught.value.code == "backtick-in-name"


def test_names_that_python_would_read_otherwise_are_quoted():
    assert [quoted(name) for name in ("dose_µg", "ﬁ", "__x")] == ["`dose_µg`", "`ﬁ`", "`__x`"]


def test_a_wide_term_counts_as_many_products_as_it_has_columns(frame):
    few = np.arange(len(frame)) < 12
    assert formula_of(frame, ["bs(age, df=10)"], few) == "y ~ t + bs(age, df=10)"
    assert formula_of(frame, ["poly(age, 2)"], few) == "y ~ t * (poly(age, 2))"
    assert formula_of(frame, ["poly(age, 3)"], few) == "y ~ t + poly(age, 3)"


def test_an_offset_adjusts_for_nothing(frame):
    with pytest.raises(bi.ModelError, match="offset") as caught:
        read_adjusters(["offset(age)"], frame, list(frame), "y", "t")
    assert caught.value.code == "adjusts-by-offset"


def test_rows_that_are_alone_in_their_level_are_counted():
    table = {
        "pairs": np.array([f"p{row // 2}" for row in range(100)], dtype=object),
        "names": np.array([f"n{max(row, 40)}" for row in range(100)], dtype=object),
    }
    rows = bi.Table.read(table)
    refuse_own_levels(rows, "pairs")
    with pytest.raises(bi.DataError) as caught:
        refuse_own_levels(rows, "names")
    assert "has 60 levels in 100 rows, and 59 rows are the only ones" in str(caught.value)
    assert "rows 41, 42, 43 and 56 more" in str(caught.value)
    assert (caught.value.code, len(caught.value.rows)) == ("level-per-row", 59)
