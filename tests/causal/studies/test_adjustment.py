import numpy as np
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
