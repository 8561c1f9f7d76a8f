import numpy as np

import bayesinf as bi
from causal.api import run, write_formula
from causal.estimand import ATE
from causal.estimator import Computation
from causal.estimators import Standardisation
from causal.studies import Experiment


def estimate(asked, frame):
    model = bi.model(write_formula(asked, frame), frame)
    return run(asked, model, Standardisation(), Computation(seed=2))


def test_covariates_make_the_answer_more_precise():
    example = Experiment.example(np.random.default_rng(8))
    plain = estimate(Experiment("y", "t", ATE()), example.frame).summary(0.99).iloc[0]
    adjusted = estimate(example.study, example.frame).summary(0.99).iloc[0]
    assert adjusted["sd"] < 0.8 * plain["sd"]
    for line in (plain, adjusted):
        assert line["lower"] < example.effect < line["upper"]


def test_without_chance_it_misses_the_effect_and_says_that_arms_differ():
    example = Experiment.example(np.random.default_rng(8))
    t = (example.frame["z"] > 0) * 1.0
    noise = np.random.default_rng(1).normal(size=len(t))
    frame = {**example.frame, "t": t, "y": 2 * t + 1.5 * example.frame["z"] + noise}
    line = estimate(Experiment("y", "t", ATE()), frame).summary(0.99).iloc[0]
    assert line["lower"] > 2
    found = estimate(example.study, frame).findings
    assert found[0].code == "randomisation"
    assert found[0].severity == "warning"


def test_the_assumptions_name_chance_and_the_covariates():
    example = Experiment.example(np.random.default_rng(8))
    model = bi.model("y ~ t", example.frame)
    assert [text.split(":")[0] for text in example.study.assumptions(model)] == [
        "Random assignment",
        "Consistency",
        "Order",
    ]
    assert len(Experiment("y", "t", ATE()).assumptions(model)) == 2
