from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.answer import Computation
from causal.estimand import ATE
from causal.estimate import run
from causal.formula import Adjuster
from causal.identification import Identification, backdoor_assumptions
from causal.studies import Adjustment


def study(*names: str) -> Adjustment:
    believed = backdoor_assumptions("t", "y", names)
    adjusters = tuple(Adjuster(name, (name,)) for name in names)
    return Adjustment("y", "t", ATE(), Identification("t", "y", names, believed), adjusters)


def estimate(asked, frame):
    return run(asked, frame, Computation(seed=2))


@pytest.fixture(scope="module")
def example():
    return Adjustment.example(np.random.default_rng(8))


def test_it_recovers_the_effect_that_a_plain_comparison_misses(example):
    found = estimate(example.study, example.frame)
    line = found.summary(prob=0.99).iloc[0]
    assert line["lower"] < example.effect < line["upper"]
    y, t = example.frame["y"], example.frame["t"]
    assert y[t == 1].mean() - y[t == 0].mean() > line["upper"]


def test_it_misses_the_effect_when_the_confounder_is_left_out(example):
    frame = {**example.frame, "other": np.random.default_rng(1).normal(size=400)}
    line = estimate(study("other"), frame).summary(prob=0.99).iloc[0]
    assert not line["lower"] < example.effect < line["upper"]


def test_the_usual_checks_are_made(example):
    found = estimate(example.study, example.frame)
    codes = [finding.code for finding in found.findings]
    assert codes == ["overlap", "balance", "e-value", "effect-draws", "model"]


def test_groups_are_checked_cell_by_cell(example):
    frame = {**example.frame, "g": np.where(example.frame["z"] > 1.8, "high", "low")}
    frame["t"] = np.where(frame["g"] == "high", 1.0, frame["t"])
    asked = Adjustment(
        "y",
        "t",
        ATE(),
        study("z", "g").identification,
        (Adjuster("z", ("z",)), Adjuster("(1 | g)", ("g",), "group")),
    )
    found = {finding.code: finding for finding in estimate(asked, frame).findings}
    assert "g = high (all of" in found["empty-cells"].sentence


def test_the_assumptions_are_those_of_the_identification_and_of_the_model(example):
    found = estimate(example.study, example.frame)
    sentences = tuple(str(assumption) for assumption in found.assumptions)
    assert sentences[:-1] == example.study.identification.assumptions
    assert sentences[-1].startswith("Model: ")
    status = found.ledger().set_index("assumption")["status"]
    assert status.tolist() == ["untestable", "supported", "untestable", "untestable"]


def test_the_graph_is_held_against_the_data(example):
    frame = {**example.frame, "w": np.random.default_rng(2).normal(size=400)}
    right = causal.estimate(frame, "y", "t", graph="z -> t; z -> y; t -> y; w -> y", seed=1)
    ledger = right.ledger().set_index("assumption")["status"]
    assert ledger[ledger.index.str.startswith("The graph is right")].item() != "in doubt"
    wrong = {**frame, "w": frame["z"] + 0.1 * frame["w"]}
    found = causal.estimate(wrong, "y", "t", graph="z -> t; z -> y; t -> y; w -> y", seed=1)
    ledger = found.ledger().set_index("assumption")["status"]
    assert ledger[ledger.index.str.startswith("The graph is right")].item() == "in doubt"
    assert found.verdict.ok


def test_an_unknown_control_of_many_levels_is_called_unknown():
    frame = {"y": np.arange(90.0), "t": np.array([f"level {row % 45:02d}" for row in range(90)])}
    frame["x"] = np.arange(90.0) % 7
    with pytest.raises(bi.DataError, match="45 levels") as caught:
        causal.estimate(frame, "y", "t", adjust=["x"], control="placebo", seed=1)
    assert caught.value.code == "unknown-control"


GROUPED: dict[str, Any] = {"adjust": ["x"], "draws": 400, "seed": 1}


@pytest.fixture
def grouped() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    x, g = rng.normal(size=200), rng.integers(0, 2, 200)
    t = (rng.random(200) < 1 / (1 + np.exp(-x))).astype(int)
    m = (t + rng.normal(size=200) > 0.5).astype(int)
    return pd.DataFrame({"x": x, "g": g, "t": t, "m": m, "y": 2 * t + x + rng.normal(size=200)})


@pytest.mark.parametrize("estimator", [None, "standardisation", "aipw", "weighting"])
@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("y", "groups-by-outcome"),
        ("t", "groups-by-treatment"),
        (("x", "y"), "groups-by-outcome"),
        (("x", "t"), "groups-by-treatment"),
    ],
)
def test_groups_by_the_outcome_or_the_treatment_are_refused(grouped, by, code, estimator):
    asked = {**GROUPED, "estimand": causal.CATE(by), "estimator": estimator}
    with pytest.raises(bi.ModelError, match="Effects are asked for by") as caught:
        causal.estimate(grouped, "y", "t", **asked)
    assert caught.value.code == code and "settled before" in str(caught.value)


def test_groups_of_an_experiment_by_its_outcome_are_refused(grouped):
    with pytest.raises(bi.ModelError, match="which is the outcome") as caught:
        causal.estimate(grouped, causal.Experiment("y", "t", estimand=causal.CATE("y")), seed=1)
    assert caught.value.column == "y"


def test_groups_are_assumed_to_be_made_before_the_treatment(grouped):
    told = "Order: x came before t, untouched by it."
    found = causal.estimate(
        grouped, "y", "t", estimand=causal.CATE("x"), **GROUPED, estimator="standardisation"
    )
    assert [str(one) for one in found.assumptions].count(told) == 1
    plain = causal.estimate(grouped, "y", "t", **GROUPED)
    assert not [one for one in plain.assumptions if str(one).startswith("Order")]
    study = causal.Experiment("y", "t", covariates=("x",), estimand=causal.CATE("x"))
    chance = causal.estimate(grouped, study, draws=400, seed=1)
    assert [str(one) for one in chance.assumptions].count(told) == 1


def test_groups_that_the_graph_puts_after_the_treatment_are_a_warning(grouped):
    drawn = {"graph": "x -> t -> m -> y; x -> y; t -> y; g -> y", "estimator": "weighting"}
    asked = {**drawn, "draws": 400, "seed": 1}
    found = causal.estimate(grouped, "y", "t", estimand=causal.CATE("m"), **asked)
    (told,) = (one for one in found.findings if one.code == "groups-after-treatment")
    assert told.severity == "warning" and "t affects m" in told.sentence
    ledger = found.ledger().set_index("assumption")
    assert ledger.loc["Order: m came before t, untouched by it.", "status"] == "in doubt"
    before = causal.estimate(grouped, "y", "t", estimand=causal.CATE("g"), **asked)
    assert "groups-after-treatment" not in [one.code for one in before.findings]


def test_a_placebo_outcome_may_be_what_groups_were_made_of(grouped):
    asked = {**GROUPED, "adjust": ["x", "g"], "estimand": causal.CATE(("g", "x"))}
    found = causal.estimate(grouped, "y", "t", estimator="weighting", **asked)
    checked = found.refute([causal.PlaceboOutcome("g")], seed=1)
    assert "must be zero" in repr(checked)
