"""An update says where new rows are not what was expected, leave the range, or were seen before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.updating.new_rows import judge_new_rows

ODD = ("unexpected-rows", "outside-range", "repeated-rows")


def measured(seed: int, rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.0, 10.0, rows)
    return pd.DataFrame({"x": x, "y": 250.0 + 10.0 * x + rng.normal(0.0, 40.0, rows)})


@pytest.fixture(scope="module")
def fit() -> bi.Fit:
    return bi.fit("y ~ x", measured(1, 200), seed=1)


@pytest.fixture(scope="module")
def counts() -> bi.Fit:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=300)})
    frame["n"] = rng.poisson(np.exp(1.0 + 0.3 * frame["x"]))
    return bi.fit("n ~ x", frame, family="poisson", draws=2000, seed=1)


def odd(fit: bi.Fit) -> list[str]:
    return [found.code for found in fit.verdict.findings if found.code in ODD]


def test_rows_of_the_same_kind_are_not_odd(fit: bi.Fit) -> None:
    assert [odd(fit.update(measured(seed, 60))) for seed in range(2, 22)] == [[]] * 20


@pytest.mark.parametrize("rows", [1, 5, 200])
@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_outcomes_in_other_units_are_told(fit: bi.Fit, rows: int, factor: float) -> None:
    new = measured(2, rows)
    (found,) = fit.update(new.assign(y=new["y"] * factor)).verdict.of("warning")
    assert found.code == "unexpected-rows"
    assert "predictive sds" in found.sentence and "units" in found.remedy
    assert np.sign(found.evidence["shift"]) == np.sign(factor - 1.0)


@pytest.mark.parametrize(("draws", "used"), [(100, 100), (4000, 4000), (8000, 4000)])
def test_how_often_right_rows_are_odd_is_told_by_the_draws_used(draws: int, used: int) -> None:
    few = bi.fit("y ~ x", measured(1, 10), draws=draws, seed=1)
    new = measured(2, 1000)
    (found,) = judge_new_rows(few.posterior, few.model.on(new.assign(y=new["y"] * 1000)))
    assert found.evidence["draws"] == used
    assert f"that {used:,} draws of the posterior before them produce" in found.sentence
    assert f"in at most 4 of {used + 1:,} updates" in found.sentence


def test_a_shift_is_told_with_its_size(fit: bi.Fit) -> None:
    new = measured(2, 200)
    (found,) = fit.update(new.assign(y=new["y"] + 30.0)).verdict.of("warning")
    assert found.code == "unexpected-rows"
    assert found.evidence["shift"] == pytest.approx(0.75, abs=0.25)


def test_outcomes_that_hardly_scatter_are_told(fit: bi.Fit) -> None:
    new = measured(2, 100)
    stuck = fit.update(new.assign(y=250.0 + 10.0 * new["x"]))
    assert odd(stuck) == ["unexpected-rows"]
    (found,) = stuck.verdict.of("warning")
    assert found.evidence["width"] < 0.2
    assert "times nearer to what was expected than usual" in found.sentence


def test_the_side_that_was_extreme_is_named() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=300)
    heavy = pd.DataFrame({"x": x, "y": x + rng.standard_t(1.5, 300)})
    fit = bi.fit("y ~ x", heavy, "student_t", draws=1000, seed=1)
    signs = np.where(np.arange(100) % 2, 8.0, -8.0)
    new = pd.DataFrame({"x": np.zeros(100), "y": signs})
    (found,) = judge_new_rows(fit.posterior, fit.model.on(new))
    assert found.code == "unexpected-rows"
    assert "times as far from what was expected" in found.sentence
    assert found.evidence["width"] > 1


def test_a_column_in_other_units_is_told(fit: bi.Fit) -> None:
    new = measured(2, 50)
    found = {f.code: f for f in fit.update(new.assign(x=new["x"] * 24)).verdict.of("warning")}
    assert set(found) == {"unexpected-rows", "outside-range"}
    assert "'x' lies far outside the" in found["outside-range"].sentence


def test_a_range_that_grows_is_a_note_once(fit: bi.Fit) -> None:
    new = measured(2, 50)
    new = new.assign(x=new["x"] + 3.0, y=new["y"] + 30.0)
    updated = fit.update(new)
    assert updated.verdict.headline == "All checks passed."
    assert odd(updated) == ["outside-range"]
    assert updated.model.design.recipe.schema.columns["x"].high == new["x"].max()
    assert fit.model.design.recipe.schema.columns["x"].high < 10.0
    later = measured(4, 20).assign(x=12.0)
    assert "outside-range" not in [
        f.code for f in judge_new_rows(updated.posterior, on(fit, later))
    ]


def on(fit: bi.Fit, frame: pd.DataFrame):
    return fit.model.on(frame)


def test_rows_given_again_are_counted(fit: bi.Fit) -> None:
    old, new = measured(1, 200), measured(2, 30)
    for rows, count in ((old, 200), (old[50:60], 10), (pd.concat([old[:7], new]), 7)):
        (found,) = fit.update(rows).verdict.of("warning")
        assert found.code == "repeated-rows" and found.evidence["repeated"] == count
    assert odd(fit.update(new).update(new)) == ["repeated-rows"]


def test_a_loaded_fit_knows_whole_sets_of_rows_again(fit: bi.Fit, tmp_path) -> None:
    old, new, other = measured(1, 200), measured(2, 30), measured(3, 30)
    loaded = bi.load(fit.save(tmp_path / "fit"))
    assert odd(loaded.update(old)) == ["repeated-rows"]
    updated = bi.load(loaded.update(new).save(tmp_path / "updated"))
    for rows in (old, new):
        assert odd(updated.update(rows)) == ["repeated-rows"]
    assert odd(updated.update(other)) == []


def test_rows_that_are_often_equal_are_not_called_repeated() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], 400), "y": rng.integers(0, 2, 400)})
    fit = bi.fit("y ~ g", frame[:300], family="bernoulli", draws=2000, seed=1)
    assert odd(fit.update(frame[300:])) == []
    assert odd(fit.update(frame[300:302]).update(frame[300:302])) == []


def test_counts_in_other_units_are_told(counts: bi.Fit) -> None:
    rng = np.random.default_rng(6)
    rows = pd.DataFrame({"x": rng.normal(size=4)})
    right = rows.assign(n=rng.poisson(np.exp(1.0 + 0.3 * rows["x"])))
    assert odd(counts.update(right)) == []
    wrong = counts.model.on(right.assign(n=right["n"] * 1000 + 7))
    assert [f.code for f in judge_new_rows(counts.posterior, wrong)] == ["unexpected-rows"]


def test_a_refit_is_not_advised_without_a_word_on_the_rows(counts: bi.Fit) -> None:
    rows = pd.DataFrame({"x": [0.0, 0.1], "n": [2000, 3000]})
    with pytest.raises(bi.RefitNeeded, match="predictive sds above") as caught:
        counts.update(rows)
    assert "Check the units of all columns" in str(caught.value.hint)
    assert "bi.fit(fit.model, all_rows)" in str(caught.value.hint)


def test_rows_of_a_finding_on_old_and_new_rows_say_how_they_are_counted() -> None:
    old, new = measured(1, 200), measured(2, 20)
    old.loc[[3, 150], "y"] = np.nan
    new.loc[4, "y"], new.loc[7, "x"] = np.nan, -999.0
    updated = bi.fit("y ~ x", old, seed=1).update(new)
    said = {found.code: found.sentence for found in updated.verdict.findings}
    assert "is -999 in 1 row (row 207)" in said["missing-as-number"]
    counted = "Rows are counted through the old ones and on through the new ones, rows 200 to 219."
    assert said["missing-as-number"].endswith(counted)
    assert "in 1 of 19 new rows (row 7)" in said["outside-range"]
    again = updated.update(measured(3, 1))
    told = [found.sentence for found in again.verdict.findings if found.code == "missing-as-number"]
    assert len(told) == 1
    assert told[0].endswith("through the new one, row 220.")
