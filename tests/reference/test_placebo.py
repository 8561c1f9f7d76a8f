"""Placebos on real data: LaLonde's comparison groups fail, his experiment and NHEFS pass."""

from __future__ import annotations

import time

import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import PlaceboOutcome, PlaceboTreatment, Subsets
from causal.refutation import refute

ADJUST = ["age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75"]
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
def experiment(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "causal" / "lalonde_nsw_dw.csv")


# Imbens and Xu (2024), placebo with re75, outcome model by least squares: -1,097 with CPS and
# -2,641 with PSID; the experiment's placebo is 265 (305).
@pytest.mark.parametrize(("group", "published"), [("cps", -1097), ("psid", -2641)])
def test_comparison_groups_fail_loudly(experiment, shared_data, group, published):
    others = pd.read_csv(shared_data / "causal" / f"lalonde_{group}_controls.csv")
    mixed = pd.concat([experiment[experiment["treat"] == 1], others], ignore_index=True)
    found = causal.estimate(mixed, "re78", "treat", adjust=ADJUST, estimand="ATT", seed=1)
    tried = refute(found, [PlaceboOutcome("re75")])
    (finding,) = tried.findings
    assert finding.severity == "bad" and not tried.verdict.ok
    assert tried.headline.startswith("Refuted")
    evidence = finding.evidence
    assert evidence["null_effect"] == pytest.approx(published, abs=700)
    assert evidence["upper"] < 0
    # The number stands beside the real effect.
    assert f"{evidence['null_effect']:.4g}" in finding.sentence
    assert f"{evidence['effect']:.4g}" in finding.sentence
    assert evidence["effect"] == pytest.approx(found.draws.mean())


@pytest.mark.parametrize("adjust", [[], ADJUST])
def test_the_experiment_passes(experiment, adjust):
    found = causal.estimate(experiment, "re78", "treat", adjust=adjust, seed=1)
    tried = refute(found, [PlaceboOutcome("re75"), PlaceboTreatment(), Subsets()])
    assert not tried.verdict.of("bad", "warning")
    placebo = tried.findings[0].evidence
    assert placebo["null_effect"] == pytest.approx(265, abs=60)
    if not adjust:
        assert tried.checked[0].refits.sds[0] == pytest.approx(305, rel=0.1)


def test_a_shuffled_treatment_has_the_spread_of_the_randomisation(experiment):
    # Under shuffling the difference of means has the classical variance of two samples.
    found = causal.estimate(experiment, "re78", "treat", adjust=[], seed=1)
    refits = refute(found, [PlaceboTreatment(refits=400)]).checked[0].refits
    spread = experiment["re78"].std() * (1 / 185 + 1 / 260) ** 0.5
    assert refits.spread == pytest.approx(spread, rel=4 / (2 * 399) ** 0.5)
    assert abs(refits.centre) < 4 * spread / 400**0.5


@pytest.fixture(scope="module")
def nhefs() -> causal.Estimate:
    return causal.estimate(bi.examples.nhefs(), "wt82_71", "qsmk", adjust=NHEFS, seed=1)


def test_nhefs_passes_the_suite(nhefs):
    tried = refute(nhefs)
    assert not tried.verdict.of("bad", "warning")
    assert tried.headline == "Not refuted by 4 checks."
    assert len(tried.frame()) == 170


@pytest.mark.timing
def test_fifty_refits_take_less_than_ten_seconds(nhefs):
    refute(nhefs, [PlaceboTreatment(refits=2)])
    start = time.perf_counter()
    refute(nhefs, [PlaceboTreatment()])
    assert time.perf_counter() - start < 10
