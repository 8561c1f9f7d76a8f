import numpy as np

from causal.answer import Computation
from causal.estimand import ATE
from causal.estimate import run
from causal.studies import Experiment


def estimate(asked, frame):
    return run(asked, frame, Computation(seed=2))


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
    believed = estimate(example.study, example.frame).assumptions
    assert [str(text).split(":")[0] for text in believed] == [
        "Random assignment",
        "Consistency",
        "Order",
    ]
    assert len(estimate(Experiment("y", "t", ATE()), example.frame).assumptions) == 2
