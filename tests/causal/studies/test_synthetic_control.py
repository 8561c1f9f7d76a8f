import numpy as np
import pandas as pd
import pytest

from causal.answer import Computation, Path
from causal.estimate import run
from causal.studies.synthetic_control import SyntheticControl
from causal.synthetic.donors import DiD, Simplex, SyntheticDiD
from tests.contracts.study_contract import CHECKS


@pytest.fixture(scope="module")
def made():
    return SyntheticControl.example(np.random.default_rng(5))


@pytest.fixture(scope="module")
def found(made):
    return run(made.study, made.frame, Computation(seed=2))


def codes(estimate):
    return {finding.code: finding for finding in estimate.findings}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check):
    check(SyntheticControl)


@pytest.mark.parametrize("method", [SyntheticDiD(), Simplex(), DiD()])
def test_every_method_holds_the_truth_and_centres_on_its_estimate(made, method, within):
    study = SyntheticControl("y", "unit", "year", "u00", 2020, method)
    found = run(study, made.frame, Computation(seed=2))
    line = found.summary(0.99).iloc[0]
    assert line["lower"] < made.effect < line["upper"]
    centre = found.tables["methods"].loc[method.title, "effect"]
    assert within(line["mean"], centre, line["mcse"])


def test_the_parts_and_effects_belong_to_the_same_draws(found):
    path = found.prediction
    assert isinstance(path, Path)
    assert path.begins == 2020 and path.counterfactual.shape[-1] == 30
    after = path.observed[20:] - path.counterfactual[..., 20:]
    np.testing.assert_allclose(after.mean(axis=-1), found.draws)
    np.testing.assert_allclose(found.effects("year").draws, after)
    np.testing.assert_allclose(found.effects("cumulative").draws[..., -1], after.sum(axis=-1))
    share = found.draws / np.abs(found.answer.parts["without treatment"])
    np.testing.assert_allclose(found.answer.parts["relative"], share)


def test_the_interval_is_wider_than_that_of_the_weights_alone(found):
    evidence = codes(found)["donor-uncertainty"].evidence
    assert evidence["sd"] > 1.2 * evidence["sd_within_model"]


def test_donor_weights_come_with_their_uncertainty(found):
    table = found.tables["donors"]
    assert table["weight"].sum() == pytest.approx(1)
    assert table["mean"].sum() == pytest.approx(1)
    assert (table["lower"] <= table["upper"]).all()
    assert len(found.tables["placebos in space"]) == 19


def test_a_treated_unit_outside_the_hull_is_withheld(made):
    frame = pd.DataFrame(made.frame)
    own = frame["unit"] == "u00"
    frame.loc[own, "y"] += 60 * np.sin(frame.loc[own, "year"])
    study = SyntheticControl("y", "unit", "year", "u00", 2020, Simplex())
    far = run(study, frame, Computation(seed=1))
    assert codes(far)["donor-hull"].severity in ("warning", "bad")
    frame["y"] += np.where(own, 200.0, 0.0)
    away = run(study, frame, Computation(seed=1))
    assert codes(away)["donor-hull"].severity == "bad"
    assert "withheld" in away.sentence()


def test_an_effect_before_the_treatment_fails_the_placebo_in_time(made):
    frame = pd.DataFrame(made.frame)
    early = (frame["unit"] == "u00") & (frame["year"] >= 2015)
    frame.loc[early, "y"] += 10
    bad = run(made.study, frame, Computation(seed=1))
    assert codes(bad)["placebo-in-time"].severity in ("warning", "bad")
    assert codes(bad)["placebo-in-time"].evidence["effect"] > 5


def test_one_donor_that_decides_is_named(made):
    frame = pd.DataFrame(made.frame)
    twin = frame[frame["unit"] == "u00"].assign(unit="twin")
    twin["y"] -= np.where(twin["year"] >= 2020, 8.0, 0.0)
    study = SyntheticControl("y", "unit", "year", "u00", 2020, Simplex())
    found = run(study, pd.concat([frame, twin]), Computation(seed=1))
    finding = codes(found)["donor-concentration"]
    assert finding.severity == "warning" and "twin" in finding.sentence


def test_few_times_and_few_donors_are_said(made):
    frame = pd.DataFrame(made.frame)
    small = frame[(frame["unit"] <= "u03") & (frame["year"] >= 2013)]
    found = codes(run(made.study, small, Computation(seed=1)))
    assert found["few-times-before"].severity == "warning"
    assert found["few-donors"].severity == "warning"


def test_a_counterfactual_about_zero_has_no_relative_effect(made):
    frame = pd.DataFrame(made.frame)
    after = (frame["unit"] == "u00") & (frame["year"] >= 2020)
    frame["y"] -= frame.loc[after, "y"].mean() - made.effect
    found = run(made.study, frame, Computation(seed=1))
    assert "relative" not in found.answer.parts
