"""Two halves equal the whole; reweighting equals a refit, or refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.engines.conjugate import closed_form_moments, gaussian_statistics
from bayesinf.errors import DataError, ModelError, RefitNeeded
from bayesinf.posterior.states import GaussianStatistics
from bayesinf.updating.update import update, updated


@pytest.fixture(scope="module")
def sleep() -> pd.DataFrame:
    frame = bi.examples.sleepstudy().sample(frac=1.0, random_state=1)
    return frame.assign(w=np.tile([0.5, 1.0, 2.0], 60), s=np.linspace(20.0, 60.0, 180))


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=600), "g": rng.choice(list("abc"), 600)})
    probability = 1.0 / (1.0 + np.exp(-0.3 - 0.8 * frame["x"]))
    return frame.assign(y=(rng.random(600) < probability).astype(int))


@pytest.fixture(scope="module")
def logistic(answers: pd.DataFrame) -> bi.Fit:
    return bi.fit("y ~ x", answers[:500], family="bernoulli", seed=1)


FORMULAS = (
    "Reaction ~ Days",
    "Reaction ~ 0 + Days",
    "Reaction | weights(w) ~ Days + offset(s)",
    "Reaction | se(s) ~ poly(Days, 2)",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_two_halves_equal_the_whole(formula: str, sleep: pd.DataFrame) -> None:
    half = bi.fit(formula, sleep[:90], seed=1).posterior
    joined = update(half, sleep[90:])
    whole = bi.fit(half.model, sleep, seed=1).posterior
    assert isinstance(joined.state, GaussianStatistics)
    expected = gaussian_statistics(whole.model, level=joined.state.level)
    for name in ("gram", "moment", "square", "weight"):
        wanted, found = getattr(expected, name), getattr(joined.state, name)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12 * np.abs(wanted).max())
    for name, wanted in whole.values.arrays().items():
        scale = max(float(np.abs(wanted).max(initial=0.0)), 1.0)
        np.testing.assert_allclose(joined.values.arrays()[name], wanted, rtol=0, atol=1e-8 * scale)
    assert joined.provenance.fingerprint == whole.provenance.fingerprint
    assert joined.provenance.rows == whole.provenance.rows == 180
    assert joined.independent


def test_columns_that_nearly_repeat_keep_their_basis(sleep: pd.DataFrame) -> None:
    noise = np.random.default_rng(5).normal(size=len(sleep))
    rows = sleep.assign(near=sleep["Days"] + 1e-4 * noise).iloc[noise.argsort()]
    flat = {"Intercept": bi.Flat(), "coefficients": bi.Flat()}
    half = bi.fit("Reaction ~ Days + near", rows[:90], priors=flat, seed=1)
    joined, whole = half.update(rows[90:]), bi.fit(half.model, rows, seed=1)
    assert half.posterior.state.basis is not None
    for found, wanted in zip(
        closed_form_moments(joined.model, joined.posterior.state),
        closed_form_moments(whole.model, whole.posterior.state),
        strict=True,
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-7)


def test_many_small_steps_equal_one_large_step(sleep: pd.DataFrame) -> None:
    first = bi.fit("Reaction ~ Days", sleep[:30], seed=1)
    steps = first
    for start in range(30, 180, 50):
        steps = steps.update(sleep[start : start + 50])
    at_once = first.update(sleep[30:])
    np.testing.assert_allclose(
        steps.posterior.values.coefficients, at_once.posterior.values.coefficients, rtol=1e-9
    )
    assert len(steps.posterior.provenance.history) == 3
    assert steps.verdict.ok


def test_the_joined_rows_are_at_hand_again(sleep: pd.DataFrame) -> None:
    fit = bi.fit("Reaction ~ Days", sleep[:90], seed=1).update(sleep[90:])
    design = fit.model.design
    assert design.table is not None
    assert design.table.n == len(design.rows) == len(design.response) == 180
    pd.testing.assert_frame_equal(
        design.table.to_pandas()[["Reaction", "Days"]], sleep[["Reaction", "Days"]]
    )
    assert fit.draws["log_likelihood"]["Reaction"].sizes["row"] == 180


def test_the_old_posterior_is_not_changed(sleep: pd.DataFrame) -> None:
    fit = bi.fit("Reaction ~ Days", sleep[:90], seed=1)
    before = fit.posterior.values.coefficients.copy()
    fit.update(sleep[90:])
    np.testing.assert_array_equal(fit.posterior.values.coefficients, before)
    assert fit.posterior.provenance.rows == 90


def test_missing_rows_are_dropped_and_counted(sleep: pd.DataFrame) -> None:
    gaps = sleep[90:].copy()
    gaps.iloc[:5, gaps.columns.get_loc("Days")] = np.nan
    fit = bi.fit("Reaction ~ Days", sleep[:90], seed=1)
    joined = fit.update(gaps)
    assert joined.posterior.provenance.rows == 175
    assert joined.model.design.missing.sentence().startswith("5 of 180 rows were dropped")
    with pytest.raises(DataError, match="Days"):
        update(fit.posterior, gaps, missing="error")


def test_tables_that_do_not_fit_are_not_pretended(sleep: pd.DataFrame) -> None:
    declared = sleep.assign(Days=pd.Categorical(sleep["Days"]))
    fit = bi.fit("Reaction ~ Days", declared[:90], seed=1)
    numbers = fit.update(sleep[90:])
    design = numbers.model.design
    assert design.table is None
    assert len(design.rows) == len(design.response) == 0
    assert numbers.posterior.provenance.rows == 180
    same = fit.update(declared[90:])
    np.testing.assert_allclose(
        numbers.posterior.values.coefficients, same.posterior.values.coefficients, rtol=1e-10
    )


def test_an_exact_fit_is_found_once_and_goes_when_the_rows_end_it() -> None:
    frame = pd.DataFrame({"x": np.linspace(0.0, 1.0, 40)})
    frame["y"] = 1.0 + 2.0 * frame["x"]
    fit = bi.fit("y ~ x", frame[:30], seed=1)
    noise = np.random.default_rng(2).normal(size=10)

    def found(updated: bi.Fit) -> list[str]:
        return [f.code for f in updated.verdict.findings if f.code == "exact-fit"]

    assert found(fit) == ["exact-fit"]
    assert found(fit.update(frame[30:])) == ["exact-fit"]
    assert found(fit.update(frame[30:].assign(y=noise))) == []


def test_reweighting_agrees_with_a_refit(logistic: bi.Fit, answers: pd.DataFrame, within) -> None:
    moved = logistic.update(answers[500:])
    again = bi.fit(logistic.model, answers, seed=2)
    ours, theirs = moved.summary(), again.summary()
    within(ours["mean"], theirs["mean"], np.hypot(ours["mcse"], theirs["mcse"]))
    np.testing.assert_allclose(ours["sd"], theirs["sd"], rtol=0.1)
    shift = (logistic.summary()["mean"] - theirs["mean"]).abs() / theirs["mcse"]
    assert shift.max() > 10, "the new rows moved nothing, so the test would pass without an update"


def test_reweighting_says_what_it_did(logistic: bi.Fit, answers: pd.DataFrame) -> None:
    posterior = update(logistic.posterior, answers[500:])
    (finding,) = (f for f in posterior.verdict.findings if f.code == "update")
    assert finding.evidence["k_hat"] < 0.7
    assert 400 <= finding.evidence["ess"] <= 4000
    assert posterior.provenance.history[0].startswith("added 100 rows by reweighting (k-hat")
    assert posterior.provenance.rows == 600
    source = posterior.statistics["source_draw"]
    assert source.shape == posterior.values.shape
    old = logistic.posterior.values.coefficients.reshape(4000, -1)
    np.testing.assert_array_equal(posterior.values.coefficients, old[source])
    assert "source_draw" in posterior.tree["sample_stats"]
    assert len([f for f in posterior.verdict.findings if f.code == "ess"]) == 1


def test_rows_that_move_the_posterior_too_far_ask_for_a_refit(answers: pd.DataFrame) -> None:
    few = bi.fit("y ~ x", answers[:15], family="bernoulli", seed=1)
    with pytest.raises(RefitNeeded, match=r"k-hat -?\d.*effective draws of 4000 \(need 400\)"):
        few.update(answers[15:])
    again = bi.fit(few.model, answers, seed=1)
    assert again.verdict.ok, "the remedy that the error names must work"


def test_a_fit_with_few_draws_says_so(answers: pd.DataFrame) -> None:
    few = bi.fit("y ~ x", answers[:500], family="bernoulli", draws=200, seed=1)
    with pytest.raises(RefitNeeded, match="kept fewer draws"):
        few.update(answers[500:])


def test_unseen_levels_ask_for_a_refit(sleep: pd.DataFrame) -> None:
    known = sleep[sleep["Subject"] != "308"]
    fit = bi.fit("Reaction ~ Days + (1 | Subject)", known, seed=1)
    with pytest.raises(RefitNeeded, match=r"'Subject' that the fit never saw \('308'\)") as caught:
        fit.update(sleep[sleep["Subject"] == "308"])
    assert caught.value.column == "Subject"
    assert caught.value.rows == tuple(range(10))


def test_group_effects_follow_new_rows(sleep: pd.DataFrame) -> None:
    old = sleep.groupby("Subject").head(9)
    new = sleep.drop(old.index)[:9]
    fit = bi.fit("Reaction ~ Days + (1 | Subject)", old, draws=8000, seed=1)
    moved = fit.update(new)
    again = bi.fit(fit.model, pd.concat([old, new]), draws=8000, seed=2)
    ours, theirs = moved.summary(group_effects=True), again.summary(group_effects=True)
    error = np.hypot(ours["mcse"], theirs["mcse"])
    assert ((ours["mean"] - theirs["mean"]).abs() / error).max() < 5


def test_an_unseen_level_of_a_plain_factor_is_an_error(answers: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x + g", answers, family="bernoulli", seed=1)
    with pytest.raises(DataError, match="'d'"):
        fit.update(answers[:5].assign(g="d"))


def test_impossible_outcomes_are_refused(logistic: bi.Fit, answers: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="bernoulli"):
        logistic.update(answers[:5].assign(y=2))


def test_a_state_without_a_way_is_an_error(logistic: bi.Fit) -> None:
    posterior = replace(logistic.posterior, state="unknown")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="no way to update"):
        updated(posterior.state, posterior, logistic.model)
