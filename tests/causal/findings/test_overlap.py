import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.estimand import ATE, ATT, Estimand
from causal.findings.overlap import (
    describe_overlap,
    fit_propensity,
    judge_cells,
    judge_overlap,
    thin,
)
from causal.treatment import Contrast, build_contrast


def contrast(frame, estimand: Estimand | None = None) -> Contrast:
    return build_contrast(bi.Table.read(frame), "t", estimand or ATE())


def rows(treated: int, control: int, **columns) -> Contrast:
    return contrast({"t": [1] * treated + [0] * control, **columns})


def test_nothing_to_adjust_for_is_nothing_to_check():
    assert judge_overlap(rows(2, 2), (), (), 1) == ()


def test_chances_inside_the_limits_are_good():
    found = describe_overlap(rows(2, 2), np.array([0.3, 0.8, 0.05, 0.95]), [])
    assert found.severity == "good"
    assert found.evidence["share_outside"] == 0


@pytest.mark.parametrize(
    ("lonely", "severity"), [(1, "note"), (5, "warning"), (30, "bad")], ids=str
)
def test_severity_follows_the_share_without_counterparts(lonely, severity):
    chance = np.full(100, 0.5)
    chance[50 : 50 + lonely] = 0.01
    found = describe_overlap(rows(50, 50, x=np.arange(100.0)), chance, ["x"])
    assert found.severity == severity
    assert found.evidence["share_without_counterparts"] == pytest.approx(lonely / 100)
    assert f"{lonely} almost never treated" in found.sentence
    assert f"{100 - lonely} rows remain" in found.remedy
    assert "causal.ATT()" in found.remedy


def test_rows_like_the_other_arm_have_counterparts():
    # A treated row with little chance of treatment is compared with the many controls like it.
    chance = np.full(100, 0.5)
    chance[:30] = 0.01
    found = describe_overlap(rows(50, 50), chance, [])
    assert found.evidence["share_without_counterparts"] == 0
    assert found.evidence["share_outside"] == pytest.approx(0.3)
    assert found.severity == "warning"


def test_the_estimand_decides_whose_counterparts_count():
    frame = {"t": [1] * 50 + [0] * 50}
    chance = np.full(100, 0.5)
    chance[50:58] = 0.01
    both, treated = (describe_overlap(contrast(frame, e), chance, []) for e in (ATE(), ATT()))
    assert (both.severity, treated.severity) == ("warning", "note")
    assert "nobody asks about them" in treated.remedy


def test_the_region_is_described_by_the_column_that_stands_out():
    chance = np.full(100, 0.5)
    chance[90:] = 0.01
    x, z = np.zeros(100), np.arange(100.0) % 11
    x[90:] = np.linspace(40, 60, 10)
    found = describe_overlap(rows(50, 50, x=x, z=z), chance, ["x", "z"])
    assert "most unlike the others in 'x', on average 50 against 0" in found.sentence


@pytest.fixture(scope="module")
def confounded() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x = rng.normal(size=500)
    arm = np.where(rng.random(500) < 1 / (1 + np.exp(-1 - x)), "drug", "control")
    return pd.DataFrame({"t": arm, "x": x})


def test_the_propensity_is_that_of_a_logistic_fit(confounded):
    found = contrast(confounded)
    fit, chance = fit_propensity(found, ["x"], seed=3)
    draws = fit.draws.posterior
    # A second way to the same number: the mean over draws of the inverse logit.
    coefficients = fit.posterior.values.coefficients.reshape(-1, 2)
    assert draws.sizes["chain"] * draws.sizes["draw"] == len(coefficients)
    eta = coefficients[:, :1] + coefficients[:, 1:] * confounded["x"].to_numpy()
    assert np.allclose(chance, (1 / (1 + np.exp(-eta))).mean(axis=0))
    # The score equation of the intercept: fitted chances average to the share of the treated.
    assert chance.mean() == pytest.approx(found.received.mean(), abs=0.01)
    assert coefficients[:, 1].mean() == pytest.approx(1, abs=0.5)


def test_a_model_that_fails_is_told_and_not_hidden(confounded):
    (finding,) = judge_overlap(contrast(confounded), ["x", "I(2 * x)"], ["x"], 1)
    assert finding.code == "overlap-unknown"
    assert finding.severity == "warning"
    assert "linear combination" in finding.sentence


@pytest.mark.parametrize("estimand", [ATE(), ATT()])
def test_many_rows_are_thinned_alike_in_both_arms(estimand):
    rng = np.random.default_rng(6)
    frame = {"t": (rng.random(50_000) < 0.1) * 1, "x": rng.normal(size=50_000)}
    whole = contrast(frame, estimand)
    part = thin(whole, 1)
    treated, control = part.counts()
    assert treated + control == pytest.approx(20_000, abs=1)
    assert treated / 20_000 == pytest.approx(whole.received.mean(), abs=1e-4)
    assert part.weights.sum() == pytest.approx(1)
    assert np.array_equal(part.weights > 0, part.received | (estimand.name == "ATE"))
    assert np.array_equal(part.table.columns["t"] == 1, part.received)
    again = thin(whole, 1)
    assert np.array_equal(part.table.columns["x"], again.table.columns["x"])
    few = contrast({name: values[:20_000] for name, values in frame.items()})
    assert thin(few, 1) is few


def test_a_rare_treatment_keeps_its_rows():
    frame = {"t": [1] * 150 + [0] * 40_000}
    assert thin(contrast(frame), 1).counts() == (150, 40_000)


def test_levels_that_one_arm_lacks_are_named():
    frame = {"t": [1, 0, 1, 0, 0, 1], "g": ["a", "a", "b", "b", "c", "d"]}
    (finding,) = judge_cells(contrast(frame), ["g"])
    assert "g = c (none of 1)" in finding.sentence
    assert "g = d (all of 1)" in finding.sentence
    assert finding.evidence["share"] == pytest.approx(2 / 6)
    assert finding.severity == "bad"
    (of_treated,) = judge_cells(contrast(frame, ATT()), ["g"])
    assert "g = c" not in of_treated.sentence
    assert judge_cells(contrast({name: values[:4] for name, values in frame.items()}), ["g"]) == ()
