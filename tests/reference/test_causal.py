"""Effects against published ones: NHEFS, LaLonde's experiment."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal

NHEFS = [
    "sex",
    "race",
    "age",
    "education",
    "smokeintensity",
    "smokeyrs",
    "exercise",
    "active",
    "wt71",
]


@pytest.fixture(scope="module")
def nhefs() -> causal.Estimate:
    return causal.estimate(bi.examples.nhefs(), "wt82_71", "qsmk", adjust=NHEFS, seed=1)


def test_quitting_smoking_and_weight(nhefs):
    # Hernan and Robins, What If: outcome regression 3.46 (2.60, 4.32), table of program 15.1;
    # standardisation 3.5 (2.6, 4.5), program 13.4; IPW 3.4 (2.4, 4.5), program 12.2.
    line = nhefs.summary(prob=0.95).loc["ATE"]
    assert line["mean"] == pytest.approx(3.46, abs=0.15)
    assert 2.4 < line["lower"] < line["upper"] < 4.6
    assert line["r_hat"] < 1.01
    assert line["ess_bulk"] > 400


def test_both_averages_are_those_of_the_book(nhefs, shared_data):
    gold = json.loads((shared_data / "causal" / "GOLD.json").read_text())["nhefs_gformula"]
    table = nhefs.summary()
    assert table.loc["E[Y(1)]", "mean"] == pytest.approx(gold["EY1"], abs=0.15)
    assert table.loc["E[Y(0)]", "mean"] == pytest.approx(gold["EY0"], abs=0.15)


def test_nhefs_overlaps_and_passes_its_checks(nhefs):
    found = {finding.code: finding for finding in nhefs.findings}
    assert nhefs.verdict.ok
    assert found["overlap"].severity in ("good", "note")
    # 3.46 kg of 7.88 kg sd: exp(0.91 * 0.44) = 1.49, whose E-value is 2.35.
    assert found["e-value"].evidence["e_value"] == pytest.approx(2.35, abs=0.1)


def test_the_books_own_model_gives_the_books_number(within):
    numbers = ["age", "smokeintensity", "smokeyrs", "wt71"]
    curved = [f"scale({name}) + I(scale({name})**2)" for name in numbers]
    factors = [f"C({name})" for name in NHEFS if name not in numbers]
    formula = f"wt82_71 ~ qsmk + {' + '.join([*curved, *factors])}"
    names = [name for name in bi.model(formula, bi.examples.nhefs()).priors if name != "sigma"]
    found = causal.estimate(
        bi.examples.nhefs(),
        "wt82_71",
        "qsmk",
        adjust=NHEFS,
        formula=formula,
        priors=dict.fromkeys(names, bi.Flat()),
        seed=1,
    )
    line = found.summary(prob=0.95).loc["ATE"]
    assert within(line["mean"], 3.46262, line["mcse"])
    # GOLD.json nhefs_outcome_regression, recomputed with statsmodels: (2.603, 4.322).
    assert line["lower"] == pytest.approx(2.603, abs=0.06)
    assert line["upper"] == pytest.approx(4.322, abs=0.06)


def test_an_unmeasured_confounder_of_quitting_raises():
    graph = (
        "will [latent]; will -> qsmk; will -> wt82_71; qsmk -> wt82_71; age -> qsmk; age -> wt82_71"
    )
    with pytest.raises(causal.NotIdentified, match="qsmk <- will -> wt82_71"):
        causal.estimate(bi.examples.nhefs(), "wt82_71", "qsmk", graph=graph)


@pytest.fixture(scope="module")
def lalonde(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "causal" / "lalonde_nsw_dw.csv")


def test_the_experiment_of_lalonde(lalonde):
    # Dehejia and Wahba (1999): 1,794 dollars; classical standard error 633.
    line = causal.estimate(lalonde, "re78", "treat", adjust=[], seed=1).summary().loc["ATE"]
    assert line["mean"] == pytest.approx(1794, abs=60)
    assert line["sd"] == pytest.approx(633, rel=0.05)


def test_a_comparison_group_without_overlap_is_flagged(lalonde, shared_data):
    others = pd.read_csv(shared_data / "causal" / "lalonde_psid_controls.csv")
    mixed = pd.concat([lalonde[lalonde["treat"] == 1], others], ignore_index=True)
    adjust = ["black", "hispanic", "married", "nodegree"]
    found = causal.estimate(mixed, "re78", "treat", adjust=adjust, seed=1)
    overlap = next(finding for finding in found.findings if finding.code == "overlap")
    assert overlap.severity == "bad"
    assert not found.verdict.ok
    assert "causal.ATT()" in overlap.remedy
    assert np.isfinite(found.draws).all()


def test_the_crude_difference_is_that_of_the_book(shared_data, within):
    gold = json.loads((shared_data / "causal" / "GOLD.json").read_text())["nhefs_crude"]
    names = ["Intercept", "qsmk"]
    found = causal.estimate(
        bi.examples.nhefs(),
        "wt82_71",
        "qsmk",
        adjust=[],
        priors=dict.fromkeys(names, bi.Flat()),
        seed=1,
    )
    line = found.summary(prob=0.95).loc["ATE"]
    assert within(line["mean"], gold["value"], line["mcse"])
    assert (line["lower"], line["upper"]) == pytest.approx(gold["ci"], abs=0.06)
