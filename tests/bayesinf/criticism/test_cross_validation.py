"""Cross-validation by refits: what an explicit loop of fits gives, and exact cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayesinf as bi
from bayesinf.criticism.cross_validation import standard_error
from bayesinf.criticism.folds import divide_rows
from bayesinf.criticism.loo import loo
from bayesinf.numerics.random import Streams

ERROR = 0.05
"""Monte Carlo error of a row's log predictive density from 1,000 draws: at most a twentieth, in
models whose rows each move the posterior little."""


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return bi.examples.sleepstudy()


@pytest.fixture(scope="module")
def days(frame: pd.DataFrame) -> bi.Fit:
    return bi.fit("Reaction ~ Days", frame, seed=1)


def test_rows_are_predicted_as_by_an_explicit_loop_of_fits(days: bi.Fit, frame) -> None:
    found = days.kfold(k=4, seed=3)
    folds, _, _ = divide_rows(days.model, 4, None, Streams(3))
    assert np.array_equal(found.folds, folds)
    pointwise = np.empty(180)
    for fold in range(4):
        fit = bi.fit(days.model, frame[folds != fold], seed=fold)
        for row in np.flatnonzero(folds == fold):
            centre = fit.predict_draws(frame.iloc[[row]], kind="mean").ravel()
            sigma = fit.posterior.values.parameters.ravel()
            density = stats.norm.pdf(frame["Reaction"].iloc[row], centre, sigma)
            pointwise[row] = np.log(density.mean())
    assert np.abs(found.pointwise - pointwise).max() < ERROR
    assert found.elpd == pytest.approx(found.pointwise.sum())
    assert found.table["elpd"].sum() == pytest.approx(found.elpd)
    assert found.table["rows"].tolist() == [45] * 4


def test_many_folds_agree_with_leave_one_out(days: bi.Fit) -> None:
    found, expected = days.kfold(k=60, seed=1), loo(days.posterior)
    assert found.elpd == pytest.approx(expected.elpd, abs=1.0)
    assert found.se == pytest.approx(expected.se, rel=0.05)
    assert found.p == pytest.approx(expected.p, abs=1.0)


def test_other_families_and_weights(frame: pd.DataFrame) -> None:
    slow = frame.assign(slow=(frame["Reaction"] > 300).astype(int), w=2.0)
    plain = bi.fit("slow ~ Days", slow, family="bernoulli", seed=1)
    assert plain.kfold(seed=1).elpd == pytest.approx(loo(plain.posterior).elpd, abs=1.5)
    weighted = bi.fit("slow | weights(w) ~ Days", slow, family="bernoulli", seed=1)
    found = weighted.kfold(seed=1)
    assert found.elpd == pytest.approx(loo(weighted.posterior).elpd, abs=3.0)
    assert found.verdict.ok


def test_groups_that_are_left_out_are_predicted_from_the_population(frame) -> None:
    """One outcome per left-out subject: a normal with the spread between subjects added."""
    fit = bi.fit("Reaction ~ Days + (1 | Subject)", frame, seed=1)
    found = fit.kfold(groups="Subject", seed=1)
    assert found.names[0] == "308" and len(found.names) == 18
    inside = frame["Subject"].astype(str) == "308"
    rest = bi.fit("Reaction ~ Days + (1 | Subject)", frame[~inside], priors=fit.priors, seed=2)
    values = rest.posterior.values
    spread = np.hypot(values.parameters[..., 0], values.sds[0][..., 0]).ravel()
    coefficients = values.coefficients.reshape(-1, 2)
    for row in np.flatnonzero(inside):
        centre = coefficients @ [1.0, frame["Days"].iloc[row]]
        density = stats.norm.pdf(frame["Reaction"].iloc[row], centre, spread)
        assert found.pointwise[row] == pytest.approx(np.log(density.mean()), abs=0.15)
    assert found.elpd < fit.kfold(seed=1).elpd - 50, "a new subject is harder than a known one"


def test_the_error_of_groups_is_over_groups(days: bi.Fit, frame) -> None:
    found = days.kfold(groups=frame["Subject"].tolist(), seed=1)
    sums = pd.Series(found.pointwise).groupby(found.units).sum()
    assert found.se == pytest.approx(np.sqrt(18) * sums.std())
    assert found.se > 1.5 * days.kfold(k=18, seed=1).se, "rows of a subject err together"
    assert np.isnan(standard_error(np.ones(3), np.zeros(3, dtype=int)))


def test_comparison_is_paired_by_row(days: bi.Fit, frame: pd.DataFrame) -> None:
    level = bi.fit("Reaction ~ 1", frame, seed=1)
    ours, theirs = days.kfold(seed=1), level.kfold(seed=1)
    table = theirs.compare(ours)
    assert list(table.index) == ["Reaction ~ Days", "Reaction ~ 1"]
    gap = theirs.pointwise - ours.pointwise
    assert table.loc["Reaction ~ 1", "elpd_diff"] == pytest.approx(gap.sum())
    assert table.loc["Reaction ~ 1", "diff_se"] == pytest.approx(np.sqrt(180) * gap.std(ddof=1))
    assert table["weight"].sum() == pytest.approx(1.0)
    assert list(ours.compare(ours).index) == ["Reaction ~ Days (1)", "Reaction ~ Days (2)"]
    with pytest.raises(bi.ModelError, match="predict different rows or groups"):
        ours.compare(days.kfold(groups=frame["Subject"].tolist(), seed=1))
    with pytest.raises(bi.ModelError, match="at least two models"):
        ours.compare()


def test_a_fold_without_which_nothing_can_be_fitted_is_named(frame: pd.DataFrame) -> None:
    flat = frame.assign(Reaction=frame["Reaction"].where(frame["Subject"] == "308", 250.0))
    fit = bi.fit("Reaction ~ Days", flat, seed=1)
    with pytest.raises(bi.SamplingError, match="without the fold '308': The outcome 'Reaction'"):
        fit.kfold(groups=flat["Subject"].tolist(), seed=1)


def test_it_says_what_it_found(days: bi.Fit) -> None:
    found = days.kfold(k=3, seed=1)
    assert repr(found).startswith("Expected log predictive density (3 folds of rows): -95")
    assert "All checks passed." in repr(found) and "<table" in found._repr_html_()


def test_a_loaded_fit_has_no_rows_to_leave_out(days: bi.Fit, tmp_path) -> None:
    days.save(tmp_path / "fit")
    with pytest.raises(bi.DataError, match="no training rows"):
        bi.load(tmp_path / "fit").kfold()
