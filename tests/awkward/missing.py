"""Section A of the catalogue: missing and infinite values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

import bayesinf as bi
from tests.awkward.frames import changed, frame, modelled, predicted, told
from tests.awkward.row import Handled, Refused, Row, bad_column

FEW = (3, 17)
"""The rows in which something is awkward."""


def with_gaps(n: int, columns: Sequence[str] = ("x",)) -> pd.DataFrame:
    made = frame(n)
    for place, column in enumerate(columns):
        made = changed(made, column, [row + place for row in FEW], np.nan)
    return made


def by_hand(data: pd.DataFrame, columns: Sequence[str], rows: Sequence[int]) -> np.ndarray:
    """The design matrix of an intercept and number columns without some rows, by NumPy alone."""
    kept = np.delete(np.arange(len(data)), list(rows))
    listed = [data[column].to_numpy(dtype=float)[kept] for column in columns]
    return np.column_stack([np.ones(len(kept)), *listed])


def gaps_are_dropped_and_counted() -> None:
    data = with_gaps(60)
    design = bi.model("y ~ x + z", data).design
    np.testing.assert_array_equal(design.rows.population, by_hand(data, ["x", "z"], FEW))
    np.testing.assert_array_equal(design.response, np.delete(data["y"].to_numpy(), FEW))
    assert design.missing.sentence() == "2 of 60 rows were dropped: 2 miss 'x'."


def gaps_of_several_columns_are_dropped_together() -> None:
    data = with_gaps(60, ["x", "y"])
    design = bi.model("y ~ x", data).design
    gone = sorted({*FEW, *(row + 1 for row in FEW)})
    np.testing.assert_array_equal(design.rows.population, by_hand(data, ["x"], gone))
    np.testing.assert_array_equal(design.response, np.delete(data["y"].to_numpy(), gone))
    assert design.missing.by_column == {"y": 2, "x": 2}


def columns_not_asked_for_may_have_gaps() -> None:
    design = bi.model("y ~ x", with_gaps(60, ["z"])).design
    assert design.missing.n_after == 60


def gaps_of_nullable_columns() -> None:
    plain = frame(60)
    whole = plain["x"].round()
    for kind in ("Int64", "Float64", "int64[pyarrow]", "double[pyarrow]"):
        given = plain.assign(x=whole.astype("int64").astype(kind))
        given.loc[list(FEW), "x"] = pd.NA
        design = bi.model("y ~ x", given).design
        expected = by_hand(plain.assign(x=whole), ["x"], FEW)
        np.testing.assert_array_equal(design.rows.population, expected)
    for kind in ("boolean", "bool[pyarrow]"):
        given = plain.assign(x=(plain["x"] > 0).astype(kind))
        given.loc[list(FEW), "x"] = pd.NA
        design = bi.model("y ~ x", given).design
        expected = by_hand(plain.assign(x=plain["x"] > 0), ["x"], FEW)
        np.testing.assert_array_equal(design.rows.population, expected)
    for kind in ("string", "str", "category", "string[pyarrow]"):
        given = plain.assign(g=plain["g"].astype(kind))
        given.loc[list(FEW), "g"] = None
        design = bi.model("y ~ g", given).design
        levels = {level: (plain["g"] == level).astype(float) for level in "bcdef"}
        expected = by_hand(plain.assign(**levels), list("bcdef"), FEW)
        np.testing.assert_array_equal(design.rows.population, expected)


def rows_of_no_group_are_dropped() -> None:
    data = changed(frame(60), "g", list(FEW), None)
    (group,) = bi.model("y ~ x + (1 | g)", data).design.rows.groups
    assert group.levels == tuple("abcdef")
    assert [group.levels[code] for code in group.codes] == np.delete(list(data["g"]), FEW).tolist()


def codes_among_numbers_are_told() -> None:
    """-999 for a missing value is fitted, because it may be meant, and told with its rows."""
    for column, code in (("x", -999.0), ("y", 9999.0)):
        given = changed(frame(60), column, [3, 17], code)
        fit = bi.fit("y ~ x", given, draws=400, seed=1)
        found = told(fit, "missing-as-number")
        assert f"'{column}' is {code:g} in 2 rows (rows 3, 17)" in found.sentence
        advised = given.assign(**{column: given[column].mask(given[column] == code)})
        other = bi.fit("y ~ x", advised, draws=400, seed=1)
        assert not [f for f in other.verdict.findings if f.code == "missing-as-number"]
        assert other.model.design.missing.n_after == 58


ROWS: tuple[Row, ...] = (
    Handled(
        1,
        "codes for missing values among numbers, such as -999",
        "fitted, with a warning that names column, code and rows",
        codes_among_numbers_are_told,
    ),
    Handled(
        1,
        "NaN in a predictor",
        "the rows are left out, and counted on the fit",
        gaps_are_dropped_and_counted,
    ),
    bad_column(
        1,
        'NaN in a predictor, missing="error"',
        modelled("y ~ x", with_gaps, missing="error"),
        "missing-values",
        "x",
        2,
        FEW,
    ),
    bad_column(
        1,
        "a predictor that is NaN everywhere",
        modelled("y ~ x", lambda n: frame(n, x=np.nan)),
        "all-missing",
        "x",
        60,
    ),
    Handled(
        1,
        "NaN in a column that the formula does not name",
        "not looked at: all rows are used",
        columns_not_asked_for_may_have_gaps,
    ),
    bad_column(
        2,
        'NaN in the outcome, missing="error"',
        modelled("y ~ x", lambda n: with_gaps(n, ["y"]), missing="error"),
        "missing-values",
        "y",
        2,
        FEW,
    ),
    Handled(
        3,
        "NaN in other rows of the outcome than of a predictor",
        "one place leaves out the rows of both, and counts each column",
        gaps_of_several_columns_are_dropped_together,
    ),
    Refused(
        3,
        'NaN in the outcome and in a predictor, missing="error"',
        modelled("y ~ x", lambda n: with_gaps(n, ["y", "x"]), missing="error"),
        bi.DataError,
        "missing-values",
        names="x",
        count=2,
        column="y",
        rows=FEW,
    ),
    bad_column(
        4,
        "inf in a predictor",
        modelled("y ~ x", lambda n: changed(frame(n), "x", list(FEW), np.inf)),
        "infinite-values",
        "x",
        2,
        FEW,
    ),
    bad_column(
        4,
        "inf in a predictor of rows to predict",
        predicted("y ~ x", lambda n: changed(frame(n), "x", list(FEW), np.inf)),
        "infinite-values",
        "x",
        2,
        FEW,
    ),
    bad_column(
        5,
        "-inf in the outcome",
        modelled("y ~ x", lambda n: changed(frame(n), "y", list(FEW), -np.inf)),
        "infinite-values",
        "y",
        2,
        FEW,
    ),
    bad_column(
        5,
        "numbers whose squares overflow",
        modelled("y ~ x", lambda n: changed(frame(n), "y", list(FEW), 1e200)),
        "too-large-values",
        "y",
        2,
        FEW,
    ),
    Handled(
        6,
        "pandas' NA in nullable numbers, booleans, text and categories",
        "as NaN: the rows are left out, and counted",
        gaps_of_nullable_columns,
    ),
    bad_column(
        6,
        'pandas\' NA in Int64, missing="error"',
        modelled(
            "y ~ x",
            lambda n: changed(
                frame(n, x=pd.array(np.arange(n) % 7, dtype="Int64")), "x", list(FEW), pd.NA
            ),
            missing="error",
        ),
        "missing-values",
        "x",
        2,
        FEW,
    ),
    Handled(
        7,
        "NA in a grouping column",
        "the rows are left out, and counted; NA is no level",
        rows_of_no_group_are_dropped,
    ),
    bad_column(
        7,
        'NA in a grouping column, missing="error"',
        modelled(
            "y ~ x + (1 | g)", lambda n: changed(frame(n), "g", list(FEW), None), missing="error"
        ),
        "missing-values",
        "g",
        2,
        FEW,
    ),
    bad_column(
        7,
        "NA in a grouping column of rows to predict",
        predicted("y ~ x + (1 | g)", lambda n: changed(frame(n), "g", list(FEW), None)),
        "missing-values",
        "g",
        2,
        FEW,
    ),
    bad_column(
        8,
        "log(x) where x is 0 or less",
        modelled(
            "y ~ log(x)", lambda n: changed(frame(n, x=2.0 + np.sin(range(n))), "x", [3, 17], -1)
        ),
        "not-finite",
        "log(x)",
        2,
        FEW,
    ),
    bad_column(
        8,
        "log(x) where x is 0, after rows with NaN were left out",
        modelled(
            "y ~ log(x) + z",
            lambda n: changed(
                changed(frame(n, x=2.0 + np.sin(range(n))), "x", [3, 17], 0.0), "z", [0, 9], np.nan
            ),
        ),
        "not-finite",
        "log(x)",
        2,
        FEW,
    ),
    bad_column(
        8,
        "sqrt(x) of an offset where x is negative",
        modelled(
            "k ~ z + offset(sqrt(x))",
            lambda n: changed(frame(n, x=2.0 + np.sin(range(n))), "x", [3, 17], -1.0),
            family="poisson",
        ),
        "not-finite",
        "sqrt(x)",
        2,
        FEW,
    ),
    bad_column(
        8,
        "log(y) of an outcome of 0",
        modelled(
            "log(y) ~ x", lambda n: changed(frame(n, y=2.0 + np.sin(range(n))), "y", [3, 17], 0.0)
        ),
        "not-finite",
        "log(y)",
        2,
        FEW,
    ),
    bad_column(
        8,
        "1 / x with a zero",
        modelled("y ~ I(1 / x)", lambda n: changed(frame(n), "x", [3, 17], 0.0)),
        "not-finite",
        "I(1 / x)",
        2,
        FEW,
    ),
    bad_column(
        8,
        "exp(x) beyond the largest number",
        modelled("y ~ exp(x)", lambda n: changed(frame(n), "x", [3, 17], 800.0)),
        "not-finite",
        "exp(x)",
        2,
        FEW,
    ),
)
