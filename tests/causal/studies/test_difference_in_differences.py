from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation, Path
from causal.staggered import CohortTime, Imputation, NoPooling
from causal.studies.difference_in_differences import DifferenceInDifferences


def panel(first, times=8, seed=1, effect=2.0, noise=0.3) -> pd.DataFrame:
    """Units with the given first treated times (0 for never) at times 1, 2, ..."""
    rng = np.random.default_rng(seed)
    first, when = np.asarray(first), np.arange(1, times + 1)
    treated = (first[:, None] > 0) & (when >= first[:, None])
    y = rng.normal(size=(len(first), 1)) + 0.3 * when + effect * treated
    y = y + noise * rng.normal(size=y.shape)
    return pd.DataFrame(
        {
            "y": y.ravel(),
            "who": np.repeat(np.arange(len(first)), times),
            "when": np.tile(when, len(first)),
            "since": np.repeat(first, times),
            "d": treated.ravel(),
        }
    )


STAGGERED = [4] * 15 + [6] * 15 + [0] * 20
STUDY = DifferenceInDifferences("y", "who", "when", first_treated="since")
FLAT = replace(STUDY, pooling=NoPooling())


def answer(frame, study=STUDY, **changes):
    return replace(study, **changes).answer(frame, Computation(draws=2000, seed=3))


def codes(found) -> dict[str, str]:
    return {finding.code: finding.severity for finding in found}


@pytest.mark.parametrize("method", [CohortTime(), Imputation()])
@pytest.mark.parametrize("controls", ["never", "not yet"])
def test_the_effect_is_recovered(method, controls):
    found = answer(panel(STAGGERED), method=method, controls=controls)
    assert found.draws.shape == (4, 500)
    assert found.draws.mean() == pytest.approx(2, abs=4 * found.draws.std())
    assert found.draws.std() < 0.15
    events = found.effects["event time"].summary()
    after = events.index >= 0
    assert np.allclose(events.loc[after, "mean"], 2, atol=0.3)
    assert np.allclose(events.loc[~after, "mean"], 0, atol=0.3)


@pytest.mark.parametrize("zero", [0, 0.0])
def test_zero_for_never_among_times_from_zero_on_is_asked_about(zero):
    frame = panel(STAGGERED)
    frame = frame.assign(when=frame["when"] - 1, since=frame["since"] - 1.0)
    frame["since"] = frame["since"].where(frame["since"] >= 0, zero).astype(type(zero))
    found = {one.code: one for one in answer(frame).findings}["already-treated"]
    assert found.severity == "warning"
    assert "since = 0 (20 units) was read as treated at time 0" in found.sentence
    assert "If 0 means never, make 'since' empty" in found.remedy
    told = frame.assign(since=frame["since"].where(frame["who"] < 40))
    found = {one.code: one for one in answer(told).findings}["already-treated"]
    assert found.severity == "note" and "read as" not in found.sentence


def test_rows_marked_as_treated_tell_the_same_as_first_treated_times():
    frame = panel(STAGGERED)
    by_time = answer(frame)
    by_row = answer(frame, first_treated=None, treatment="d")
    assert np.array_equal(by_time.draws, by_row.draws)
    worded = frame.assign(d=np.where(frame["d"], "treated", "control"))
    assert np.array_equal(by_time.draws, answer(worded, first_treated=None, treatment="d").draws)


def test_the_order_of_rows_and_the_scale_of_times_do_not_matter():
    frame = panel(STAGGERED)
    mixed = frame.sample(frac=1, random_state=1)
    moved = frame.assign(
        when=frame["when"] * 5 + 1990, since=np.where(frame["since"], frame["since"] * 5 + 1990, 0)
    )
    assert np.array_equal(answer(frame).draws, answer(mixed).draws)
    assert np.array_equal(answer(frame).draws, answer(moved).draws)


def test_the_effect_scales_with_the_outcome_and_ignores_unit_levels():
    frame = panel(STAGGERED)
    shifted = frame.assign(y=frame["y"] * 3 + frame["who"])
    assert np.allclose(answer(shifted).draws, 3 * answer(frame).draws)


def test_two_units_groups_and_two_times_are_the_difference_of_differences():
    frame = panel([2] * 12 + [0] * 13, times=2)
    means = frame.groupby(["since", "when"])["y"].mean()
    expected = (means[2, 2] - means[2, 1]) - (means[0, 2] - means[0, 1])
    for method in (CohortTime(), Imputation()):
        found = answer(frame, method=method)
        estimates = found.tables["averages"]["estimate"]
        assert np.allclose(estimates, expected)
        assert found.draws.mean() == pytest.approx(expected, abs=0.02)
    assert codes(STUDY.checks(found)) == {"no-pre-periods": "warning"}


def test_parts_and_path_come_from_the_same_draws():
    found = answer(panel(STAGGERED))
    treated, untreated = found.parts.values()
    assert np.allclose(treated - untreated, found.draws)
    assert isinstance(found.prediction, Path)
    path = found.prediction
    assert path.begins == 4
    gap = path.observed - path.counterfactual
    assert np.allclose(gap[..., path.times < 4], 0)
    # At time 4 half of the treated units are treated; from 6 on all are.
    assert gap[..., path.times == 4].mean() == pytest.approx(1, abs=0.2)
    assert gap[..., path.times == 7].mean() == pytest.approx(2, abs=0.3)


def test_finer_effects_average_to_the_headline():
    found = answer(panel(STAGGERED), FLAT)
    cells = found.tables["cohort-time effects"]
    assert cells["weight"].sum() == pytest.approx(1)
    averages = found.effects["average"]
    assert averages.labels == ("simple", "event time", "cohort", "calendar time")
    assert np.array_equal(averages.draws[..., 0], found.draws)
    by_event = answer(panel(STAGGERED), FLAT, average="event time")
    events = by_event.effects["event time"]
    after = np.array(events.labels) >= 0
    assert np.allclose(events.draws[..., after].mean(axis=-1), by_event.draws)
    assert found.basis == "quasi-posterior"
    assert answer(panel(STAGGERED)).basis == "quasi-posterior"


def test_covariates_explain_trends_that_differ():
    frame = panel(STAGGERED)
    rng = np.random.default_rng(5)
    x = rng.normal(size=50) + (np.array(STAGGERED) > 0)
    frame["x"] = np.repeat(x, 8)
    frame["y"] += 0.4 * frame["x"] * frame["when"]
    plain = answer(frame)
    for method in (CohortTime(), Imputation()):
        given = answer(frame, covariates=("x",), method=method)
        assert abs(given.draws.mean() - 2) < 0.25 < abs(plain.draws.mean() - 2)
    assert codes(STUDY.checks(plain))["pre-trends"] in ("warning", "bad")


def test_anticipation_is_seen_and_allowed_for():
    frame = panel(STAGGERED)
    frame["y"] += 1.5 * (frame["when"] == frame["since"] - 1)
    found = answer(frame)
    assert codes(STUDY.checks(found))["anticipation"] == "warning"
    assert found.draws.mean() < 1
    allowed = replace(STUDY, anticipation=1)
    found = allowed.answer(frame, Computation(draws=2000, seed=3))
    assert found.draws.mean() == pytest.approx(2, abs=0.3)
    assert codes(allowed.checks(found))["anticipation"] == "good"


def test_pre_trends_that_explain_the_effect_are_bad():
    frame = panel(STAGGERED, effect=0.0)
    frame["y"] += 0.5 * frame["when"] * (frame["since"] > 0)
    found = answer(frame)
    assert found.draws.mean() > 1
    assert codes(STUDY.checks(found))["pre-trends"] == "bad"
    parallel = STUDY.assumptions(found)[0]
    assert parallel.status(STUDY.checks(found)) == "in doubt"


def test_effects_that_grow_make_the_two_way_regression_wrong():
    frame = panel([3] * 20 + [6] * 20 + [0] * 4, effect=0.0)
    frame["y"] += 1.0 * frame["d"] * (frame["when"] - frame["since"] + 1)
    found = answer(frame, FLAT)
    truth = (frame["when"] - frame["since"] + 1)[frame["d"]].mean()
    table = found.tables["averages"]["estimate"]
    assert table["simple"] == pytest.approx(truth, abs=0.5)
    assert table["two-way fixed effects"] < truth - 1
    told = next(one for one in found.findings if one.code == "two-way-fixed-effects")
    assert told.evidence["upper"] < 0
    assert told.evidence["negative_weight"] > 0.1


def test_intervals_widen_with_the_deviation_from_parallel_trends():
    found = answer(panel(STAGGERED))
    table = found.tables["deviations from parallel trends"]
    assert table["lower"].is_monotonic_decreasing and table["upper"].is_monotonic_increasing
    assert np.allclose(table.loc[0.0], np.quantile(found.draws, [0.025, 0.975]))
    told = next(one for one in STUDY.checks(found) if one.code == "parallel-trends")
    assert told.evidence["lower_at_1"] == pytest.approx(table.loc[1.0, "lower"])


def test_without_never_treated_units_those_not_yet_treated_are_used_and_it_is_said():
    frame = panel([4] * 20 + [7] * 20)
    for method in (CohortTime(), Imputation()):
        found = answer(frame, method=method)
        assert codes(found.findings)["no-never-treated"] == "warning"
        assert found.draws.mean() == pytest.approx(2, abs=0.3)
        cells = found.tables["cohort-time effects"]
        assert set(cells["time"]) == {4, 5, 6}
        assert found.prediction.times.tolist() == [1, 2, 3, 4, 5, 6]


def test_units_treated_from_the_start_are_left_out_and_counted():
    frame = panel([*STAGGERED, 1, 1, 1])
    found = answer(frame)
    early = next(one for one in found.findings if one.code == "already-treated")
    assert early.evidence["units"] == 3
    assert found.draws.mean() == pytest.approx(2, abs=0.3)
    alone = answer(frame[frame["since"] != 1])
    assert np.array_equal(found.draws, alone.draws)


def test_gaps_are_left_out_or_used_and_always_said():
    frame = panel(STAGGERED)
    holes = frame.drop(index=[3, 400 - 5]).assign(y=lambda f: f["y"].where(f["who"] != 20))
    dropped = answer(holes)
    told = next(one for one in dropped.findings if one.code == "gaps")
    assert told.evidence["units"] == 3
    assert told.severity == "warning"
    used = answer(holes, method=Imputation())
    assert codes(used.findings)["gaps"] == "note"
    for found in (dropped, used):
        assert found.draws.mean() == pytest.approx(2, abs=0.3)


def test_one_treated_unit_borrows_the_spread_of_the_others():
    frame = panel([5] + [0] * 30, noise=1.0)
    for method in (CohortTime(), Imputation()):
        found = answer(frame, method=method)
        # The errors of one unit, with standard deviation 1, do not average out over units.
        assert found.draws.std() > 0.4
        assert list(found.parts) == ["E[Y(never) | treated]"]
        units = next(one for one in found.findings if one.code == "units")
        assert units.severity == "warning"
        assert "borrow" in units.sentence


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f: f.assign(since=0), "nobody-treated"),
        (lambda f: f.assign(since=1), "nobody-before-treatment"),
        (lambda f: f.assign(since=5), "nobody-to-compare"),
        (lambda f: pd.concat([f, f.iloc[:1]]), "duplicate-unit-times"),
        (lambda f: f[f["when"] != f["who"] % 8 + 1], "no-complete-units"),
        (lambda f: f.drop(columns="y"), "unknown-column"),
        (lambda f: f.assign(since=f["when"]), "first-treated-varies"),
    ],
)
def test_panels_that_cannot_be_used_are_refused(change, code):
    with pytest.raises(bi.DataError) as caught:
        answer(change(panel(STAGGERED)))
    assert caught.value.code == code


@pytest.mark.parametrize("method", [CohortTime(), Imputation()])
def test_covariates_may_have_any_scale_and_may_be_of_text(method):
    frame = panel(STAGGERED)
    x = np.repeat(np.random.default_rng(5).normal(size=50), 8)
    plain = answer(frame.assign(x=x), covariates=("x",), method=method)
    scaled = answer(frame.assign(x=1e7 + 1e3 * x), covariates=("x",), method=method)
    assert np.allclose(plain.draws, scaled.draws, atol=1e-6)
    worded = answer(
        frame.assign(x=np.where(x > 0, "high", "low")), covariates=("x",), method=method
    )
    assert worded.draws.mean() == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("method", [CohortTime(), Imputation()])
def test_outcomes_without_any_noise_do_no_harm(method):
    frame = panel(STAGGERED, noise=0.0)
    found = answer(frame, method=method)
    assert np.allclose(found.draws, 2)
    assert codes(STUDY.checks(found))["pre-trends"] == "good"
    constant = answer(frame.assign(y=1.0), method=method)
    assert np.allclose(constant.draws, 0)
    assert all(np.isfinite(list(one.evidence.values())).all() for one in STUDY.checks(constant))


def test_studies_that_make_no_sense_are_refused():
    with pytest.raises(bi.ModelError, match="first_treated"):
        DifferenceInDifferences("y", "who", "when")
    with pytest.raises(bi.ModelError, match="'never', 'not yet'"):
        replace(STUDY, controls="always")
    with pytest.raises(bi.ModelError, match="average"):
        replace(STUDY, average="dynamic")
    with pytest.raises(bi.ModelError, match="Anticipation"):
        replace(STUDY, anticipation=-1)


@pytest.mark.parametrize("method", [CohortTime(), Imputation()])
def test_intervals_hold_the_truth_though_errors_follow_each_other(method):
    held = 0
    for seed in range(60):
        rng = np.random.default_rng([seed, 11])
        frame = panel([4] * 15 + [6] * 15 + [0] * 30, seed=seed, effect=1.0, noise=0.0)
        errors = rng.normal(size=(60, 8))
        for time in range(1, 8):
            errors[:, time] = 0.9 * errors[:, time - 1] + np.sqrt(0.19) * errors[:, time]
        frame["y"] += errors.ravel()
        found = replace(FLAT, method=method).answer(frame, Computation(draws=400, seed=seed))
        lower, upper = np.quantile(found.draws, [0.025, 0.975])
        held += lower < 1 < upper
    # Of 60 intervals of probability 0.95, 57 are expected, and fewer than 51 once in 1,000.
    assert held >= 51


def test_one_covariate_may_be_text():
    study = DifferenceInDifferences("y", "who", "when", first_treated="since", covariates="lpop")  # pyright: ignore[reportArgumentType]
    assert study.covariates == ("lpop",)
