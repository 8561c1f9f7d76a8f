import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.refits.change import Change, adjust_also, apply_change, free_name
from causal.refits.rows import rows_beside


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"y": rng.normal(size=40), "t": np.tile(["no", "drug"], 20)})
    rows["x"], rows["z"] = rng.normal(size=40), np.arange(40.0)
    rows.loc[5, "x"] = np.nan
    return causal.estimate(rows, "y", "t", adjust=["x"], seed=1)


def test_the_rows_are_those_that_were_used_with_any_column(found):
    table = rows_beside(found, ("z", "x"))
    assert table.n == 39
    assert 5.0 not in table.columns["z"]
    assert not np.isnan(table.columns["x"]).any()


def test_a_column_that_misses_a_used_row_is_refused(found):
    rows = found.frame.assign(z=np.where(np.arange(40) == 7, np.nan, 1.0))
    from dataclasses import replace

    with pytest.raises(bi.DataError, match="missing in 1 of the 39 rows") as caught:
        rows_beside(replace(found, frame=rows), ("z",))
    assert caught.value.rows == (7,)


def test_nothing_changed_is_the_study_itself(found):
    study, table = apply_change(found, found.study, Change("same"))
    assert study is found.study
    assert study.answer(table, found.computation).draws.mean() == pytest.approx(
        found.draws.mean(), abs=1e-12
    )


def test_each_change_does_what_it_says(found):
    received = np.zeros(39, dtype=bool)
    received[:4] = True
    study, table = apply_change(
        found, found.study, Change("all", np.arange(39) < 10, received, np.arange(39.0))
    )
    assert table.columns["t"].tolist() == ["drug"] * 4 + ["no"] * 6
    assert table.columns["added"].tolist() == list(range(10))
    assert study.adjustment == ("x", "added")


def test_an_experiment_gets_a_covariate(found):
    plain = causal.estimate(found.frame, "y", "t", adjust=[], seed=1).study
    assert adjust_also(plain, "z").adjustment == ("z",)


def test_a_formula_that_was_given_gets_the_column_too(found):
    own = causal.estimate(found.frame, "y", "t", adjust=["x"], formula="y ~ t + x", seed=1).study
    assert adjust_also(own, "a b").model.formula == "y ~ t + x + `a b`"


def test_no_name_is_taken_twice():
    assert free_name(bi.Table.read({"added": [1.0], "added_": [1.0]}), "added") == "added__"
