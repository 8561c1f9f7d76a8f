import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation, Path
from causal.estimate import run
from causal.series.structural import LocalTrend
from causal.studies.interrupted_series import InterruptedSeries
from tests.contracts.study_contract import CHECKS


@pytest.fixture(scope="module")
def made():
    return InterruptedSeries.example(np.random.default_rng(5))


@pytest.fixture(scope="module")
def found(made):
    return run(made.study, made.frame, Computation(seed=2))


def codes(estimate):
    return {finding.code: finding for finding in estimate.findings}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check):
    check(InterruptedSeries)


def test_the_parts_and_effects_belong_to_the_same_draws(found):
    path = found.prediction
    assert isinstance(path, Path)
    assert path.counterfactual.shape == (4, 1000, 100) and path.begins == 70
    after = path.observed[70:] - path.counterfactual[..., 70:]
    np.testing.assert_allclose(after.mean(axis=-1), found.draws)
    np.testing.assert_allclose(found.effects("day").draws, after)
    parts = found.answer.parts
    np.testing.assert_allclose(parts["cumulative"], 30 * found.draws)
    np.testing.assert_allclose(
        parts["relative"], found.draws / np.abs(parts["without intervention"])
    )
    assert found.tables["controls"].loc["x", "mean"] == pytest.approx(1.2, abs=0.2)


def test_the_average_has_noise_that_single_times_have_more_of(found):
    single = found.effects("day").draws.std(axis=(0, 1))
    assert (single > found.draws.std()).all()


def test_a_control_makes_the_answer_more_precise(made, found):
    alone = run(InterruptedSeries("y", "day", 70), made.frame, Computation(seed=2))
    assert found.draws.std() < 0.7 * alone.draws.std()
    assert "regression" not in alone.method


def test_missing_outcomes_are_passed_over(made, found):
    frame = pd.DataFrame(made.frame)
    frame.loc[[3, 4, 50, 75], "y"] = np.nan
    gaps = run(made.study, frame.drop(index=[20, 21, 90]), Computation(seed=2))
    assert gaps.draws.mean() == pytest.approx(found.draws.mean(), abs=0.3)
    assert len(gaps.effects("day").labels) == 28
    assert codes(gaps)["missing-times"].evidence == {"before": 3.0, "after": 1.0, "skipped": 3.0}
    assert np.isfinite(gaps.prediction.counterfactual).all()


def test_a_control_that_the_intervention_reached_is_named(made):
    frame = pd.DataFrame(made.frame)
    frame["x"] += np.where(frame["day"] >= 70, 30.0, 0.0)
    found = codes(run(made.study, frame, Computation(seed=2)))["controls-break"]
    assert found.severity == "warning"
    assert "'x'" in found.sentence and found.evidence["moved"] > 20


def test_a_break_before_the_intervention_fails_the_placebo_in_time(made):
    frame = pd.DataFrame(made.frame)
    frame["y"] += np.where(frame["day"] >= 47, 9.0, 0.0)
    found = codes(run(made.study, frame, Computation(seed=2)))["placebo-in-time"]
    assert found.severity in ("warning", "bad")


def test_seasons_that_were_left_out_are_seen_and_their_length_guessed(generator):
    days = np.arange(84)
    week = np.array([3.0, 1.0, 0.0, -1.0, -2.0, -3.0, 2.0])[days % 7]
    frame = {"y": 20 + week + 0.5 * generator.normal(size=84) + 4 * (days >= 70), "day": days}
    without = run(InterruptedSeries("y", "day", 70), frame, Computation(seed=1))
    finding = codes(without)["residuals"]
    assert finding.severity == "warning" and "seasons=7" in finding.remedy
    weekly = run(InterruptedSeries("y", "day", 70, seasons=7), frame, Computation(seed=1))
    assert codes(weekly)["residuals"].severity == "good"
    assert weekly.draws.std() < 0.8 * without.draws.std()
    line = weekly.summary(0.99).iloc[0]
    assert line["lower"] < 4 < line["upper"]


def test_a_drift_that_the_model_lacks_is_seen(generator):
    days = np.arange(60)
    frame = {"y": 0.5 * days + generator.normal(size=60), "day": days}
    found = codes(run(InterruptedSeries("y", "day", 45), frame, Computation(seed=1)))
    assert found["drift"].severity == "warning" and "LocalTrend" in found["drift"].remedy


def test_a_slope_is_followed(generator):
    days = np.arange(60)
    frame = {"y": 0.5 * days + generator.normal(size=60) + 5 * (days >= 45), "day": days}
    study = InterruptedSeries("y", "day", 45, trend=LocalTrend())
    found = run(study, frame, Computation(seed=1))
    assert "a slope" in found.method and "drift" not in codes(found)
    line = found.summary(0.99).iloc[0]
    assert line["lower"] < 5 < line["upper"]


def test_the_relative_effect_has_the_sign_of_the_effect_and_no_meaning_at_zero(made):
    frame = dict(made.frame)
    below = run(made.study, {**frame, "y": frame["y"] - 500}, Computation(seed=2))
    assert below.answer.parts["without intervention"].mean() < 0
    assert below.answer.parts["relative"].mean() > 0
    level = frame["y"][70:].mean() - made.effect
    near = run(made.study, {**frame, "y": frame["y"] - level}, Computation(seed=2))
    assert "relative" not in near.answer.parts
    assert codes(near)["no-relative-effect"].severity == "note"


def test_a_short_series_is_called_short(made):
    frame = {name: values[58:] for name, values in made.frame.items()}
    assert (
        codes(run(made.study, frame, Computation(seed=1)))["few-times-before"].severity == "warning"
    )


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"controls": ("y",)}, "same-variable"),
        ({"seasons": 1}, "seasons"),
        ({"priors": {"slope": bi.HalfNormal(1)}}, "unknown-prior"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, code):
    with pytest.raises(bi.ModelError) as caught:
        InterruptedSeries("y", "day", 70, **options)
    assert caught.value.code == code


def test_one_control_may_be_text():
    assert InterruptedSeries("y", "day", 70, controls="temperature").controls == ("temperature",)  # pyright: ignore[reportArgumentType]


def test_a_control_of_text_is_called_a_control(made):
    frame = {**made.frame, "x": np.array(["a", "b"] * 50)}
    with pytest.raises(bi.DataError, match="the control has to be numbers") as caught:
        run(made.study, frame, Computation(seed=1))
    assert caught.value.code == "control-not-numbers"
