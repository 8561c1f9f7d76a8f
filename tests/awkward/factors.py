"""Section C of the catalogue: factors and groups."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import bayesinf as bi
from tests.awkward.frames import changed, fitted, frame, modelled, predicted, told
from tests.awkward.row import Handled, Refused, Row, bad_column
from tests.conftest import within

SIZE = 60
FEW = (3, 17)


def indicators(values: Sequence[object], levels: Sequence[object]) -> np.ndarray:
    """Treatment coding by hand: a column for each level but the first."""
    return np.column_stack([[float(value == level) for value in values] for level in levels[1:]])


def unused_levels_have_no_column() -> None:
    grades = np.resize(["low", "high"], SIZE)
    declared = pd.Categorical(grades, categories=["low", "middle", "high"])
    design = bi.model("y ~ q", frame(SIZE, q=declared)).design
    assert design.names == ("Intercept", "q[T.high]")
    np.testing.assert_array_equal(
        design.rows.population[:, 1:], indicators(grades, ["low", "high"])
    )
    (group,) = bi.model("y ~ x + (1 | q)", frame(SIZE, q=declared)).design.rows.groups
    assert group.levels == ("low", "high")


def levels_that_only_dropped_rows_had_are_unused() -> None:
    grades = np.array(["low", "high"] * (SIZE // 2), dtype=object)
    grades[:2] = "gone"
    given = changed(frame(SIZE, q=grades), "x", [0, 1], np.nan)
    assert bi.model("y ~ x + q", given).design.names == ("Intercept", "x", "q[T.low]")


def a_new_group_comes_from_the_population() -> None:
    """Its effect has mean 0 and the groups' sd at each draw, whatever it is called."""
    fit = fitted("y ~ x + (1 | g)")
    rows = {"x": np.full(2000, 0.5), "g": [f"new {k}" for k in range(2000)]}
    draws = fit.predict_draws(rows, kind="linear").reshape(-1, 2000)
    values = fit.posterior.values
    centre = values.coefficients.reshape(-1, 2) @ [1.0, 0.5]
    spread = values.sds[0].reshape(-1)
    effects = draws - centre[:, None]
    within(effects.mean(axis=1), 0.0, spread / np.sqrt(2000), times=5.0)
    within(effects.std(axis=1), spread, spread / np.sqrt(4000), times=5.0)


def some_of_the_levels_are_predicted_alike() -> None:
    fit, rows = fitted("y ~ x * g"), frame(SIZE)
    whole = fit.predict(rows)
    for levels in (["c"], ["e", "b"]):
        chosen = rows["g"].isin(levels)
        some = fit.predict(rows[chosen])
        np.testing.assert_array_equal(some.to_numpy(), whole[chosen.to_numpy()].to_numpy())


GRADES = ("poor", "fair", "good", "best")


def the_declared_order_is_kept() -> None:
    """Also by a fit that was saved and loaded, for rows that declare another order."""
    grades = np.resize(GRADES, SIZE)
    ordered = pd.Categorical(grades, categories=list(GRADES), ordered=True)
    plain = frame(SIZE, q=ordered)
    expected = indicators(grades, GRADES)
    dictionary = pa.DictionaryArray.from_arrays(ordered.codes, list(GRADES), ordered=True)
    kinds = {
        "pandas": plain,
        "polars": pl.DataFrame({"y": plain["y"], "q": pl.Series(grades, dtype=pl.Enum(GRADES))}),
        "arrow": pa.table({"y": pa.array(plain["y"]), "q": dictionary}),
    }
    for name, given in kinds.items():
        design = bi.model("y ~ q", given).design
        assert design.names == ("Intercept", "q[T.fair]", "q[T.good]", "q[T.best]"), name
        np.testing.assert_array_equal(design.rows.population[:, 1:], expected)
    fit = bi.fit("y ~ q", plain, draws=400, seed=2)
    with tempfile.TemporaryDirectory() as folder:
        fit.save(Path(folder) / "fit")
        loaded = bi.load(Path(folder) / "fit")
        before = fit.predict(plain)["mean"].to_numpy()
        for given in (grades, pd.Categorical(grades), pd.Categorical(grades, GRADES[::-1])):
            after = loaded.predict({"q": given})["mean"].to_numpy()
            np.testing.assert_array_equal(after, before)


def levels_that_look_missing_are_told() -> None:
    for level in ("", "NA", "NaN"):
        given = frame(SIZE, q=np.resize(["a", "b", level], SIZE))
        fit = bi.fit("y ~ q", given, draws=400, seed=1)
        levels = sorted(["a", "b", level])
        np.testing.assert_array_equal(
            fit.posterior.model.design.rows.population[:, 1:], indicators(given["q"], levels)
        )
        (finding,) = [f for f in fit.verdict.of("warning") if f.code == "missing-as-level"]
        assert f"'{level}' in 20 rows" in str(finding) and "'q'" in str(finding)


def many_levels_vary_by_group() -> None:
    labels = [f"s{k}" for k in np.arange(3000) % 1500]
    design = bi.model("y ~ x + (1 | s)", frame(3000, s=labels)).design
    assert design.names == ("Intercept", "x")
    (group,) = design.rows.groups
    assert [group.levels[code] for code in group.codes] == labels


def one_row_for_each_group() -> None:
    """Only the sum of the two variances is learned; the verdict says so."""
    given = frame(SIZE, s=[f"s{k}" for k in range(SIZE)])
    fit = bi.fit("y ~ x + z + (1 | s)", given, engine="marginal", draws=400, seed=1)
    (finding,) = [f for f in fit.verdict.findings if f.code == "one-row-per-group"]
    assert finding.severity == "warning" and "'s'" in str(finding)
    values = fit.posterior.values
    total = float(np.mean(values.parameters[..., 0] ** 2 + values.sds[0][..., 0] ** 2))
    columns = np.column_stack([np.ones(SIZE), given["x"], given["z"]])
    left = given["y"] - columns @ np.linalg.lstsq(columns, given["y"], rcond=None)[0]
    variance = float(left @ left) / (SIZE - 3)
    within(total, variance, variance * np.sqrt(2 / SIZE))


def unseen(n: int, column: str = "g") -> pd.DataFrame:
    return changed(frame(n), column, list(FEW), "zz")


def labelled(n: int, most: int = 10**9, others: int = 2) -> pd.DataFrame:
    rows = np.arange(n)
    labels = {"s": [f"s{k}" for k in rows % most], "t": [f"t{k}" for k in rows % others]}
    return frame(n, **labels)


def levels_spelt_in_several_ways_are_told() -> None:
    given = frame(SIZE, g=np.resize(["Male", "male ", "Female", "MALE"], SIZE))
    for formula in ("y ~ x + g", "y ~ x + (1 | g)"):
        found = told(bi.fit(formula, given, draws=400, seed=1), "levels-alike")
        assert "'MALE' (15 rows) and 'Male' (15 rows) and 'male ' (15 rows)" in found.sentence
        assert "'Female'" not in found.sentence


ROWS: tuple[Row, ...] = (
    Handled(
        32,
        "levels that differ by case or blanks: 'Male', 'male '",
        "levels of their own, with a warning that names them and what to do",
        levels_spelt_in_several_ways_are_told,
    ),
    bad_column(
        25,
        "a factor of one level",
        modelled("y ~ x + q", lambda n: frame(n, q="only")),
        "single-level",
        "q",
        SIZE,
    ),
    Handled(
        26,
        "declared levels that no row has",
        "no column, no group, and the declared order is kept",
        unused_levels_have_no_column,
    ),
    Handled(
        26,
        "a level that only rows with NaN have",
        "no column: the rows are left out first",
        levels_that_only_dropped_rows_had_are_unused,
    ),
    bad_column(
        27,
        "a level that the fit did not see, in rows to predict",
        predicted("y ~ x * g", unseen),
        "unseen-level",
        "g",
        2,
        FEW,
    ),
    bad_column(
        27,
        "a number that the fit did not see in C(c)",
        predicted(
            "y ~ x + C(c)", lambda n: changed(frame(n, c=np.resize([1, 2], n)), "c", [3, 17], 7)
        ),
        "unseen-level",
        "c",
        2,
        FEW,
    ),
    Handled(
        28,
        "a group that the fit did not see, in rows to predict",
        "drawn from the population of groups: their mean and sd",
        a_new_group_comes_from_the_population,
    ),
    bad_column(
        28,
        'a group that the fit did not see, new_groups="error"',
        predicted("y ~ x + (1 | g)", unseen, new_groups="error"),
        "new-groups",
        "g",
        2,
        FEW,
    ),
    Handled(
        29,
        "rows to predict with some of the levels",
        "the same numbers as among all rows",
        some_of_the_levels_are_predicted_alike,
    ),
    Handled(
        30,
        "an ordered factor, saved, loaded and predicted",
        "the declared order of pandas, polars and Arrow is kept, and stored",
        the_declared_order_is_kept,
    ),
    bad_column(
        31,
        "integer codes of a factor in rows to predict",
        predicted("y ~ x * g", lambda n: frame(n, g=np.arange(n) % 6)),
        "type-changed",
        "g",
        SIZE,
        tuple(range(SIZE)),
    ),
    Handled(
        32,
        "levels such as '', 'NA' and 'NaN'",
        "levels like others, with a warning in the verdict and what to do",
        levels_that_look_missing_are_told,
    ),
    bad_column(
        33,
        "a factor of more than 1,000 levels",
        modelled("y ~ x + s", lambda n: labelled(max(n, 1500))),
        "many-levels",
        "s",
        1500,
    ),
    Refused(
        33,
        "more columns than memory, by C(...) and an interaction",
        modelled("y ~ s:t", lambda n: labelled(max(n, 1500), 300, 200)),
        bi.FormulaError,
        "too-wide",
        names="s:t",
        count=59501,
    ),
    Handled(
        33,
        "1,500 levels in (1 | s)",
        "group effects, which take no columns",
        many_levels_vary_by_group,
    ),
    Handled(
        34,
        "one row for each group",
        "a warning in the verdict; the sum of the variances is the residuals'",
        one_row_for_each_group,
    ),
    bad_column(
        35,
        "one group in (1 | g)",
        modelled("y ~ x + (1 | g)", lambda n: frame(n, g="only")),
        "single-level",
        "g",
        SIZE,
    ),
)
