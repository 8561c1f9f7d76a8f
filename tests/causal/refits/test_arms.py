from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.refits.arms import change_arms, read_arms, refuses_fleet
from causal.refits.change import Change


def frame(size: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = rng.normal(size=size)
    t = (rng.random(size) < 0.5).astype(int)
    return pd.DataFrame({"y": x + t + rng.normal(size=size), "t": t, "x": x, "n": 3, "g": x > 0})


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    return causal.estimate(frame(), "y", "t", adjust=["x"], seed=1)


def test_control_and_step_make_the_columns_of_the_model(found):
    model = found.prediction.model
    arms = read_arms(model, found.answer.contrast)
    assert np.allclose(arms.columns + model.design.centre, model.design.rows.population)


def test_the_average_step_gives_the_effect_of_each_draw(found):
    model = found.prediction.model
    arms = read_arms(model, found.answer.contrast)
    names = list(model.design.names)
    table = found.prediction.summary().loc[names, "mean"]
    assert arms.weights @ arms.step @ table.to_numpy() == pytest.approx(found.draws.mean())


def test_weights_follow_the_treatment_that_is_shuffled():
    found = causal.estimate(frame(), "y", "t", adjust=["x"], estimand="ATT", seed=1)
    arms = read_arms(found.prediction.model, found.answer.contrast)
    received = np.arange(90) < 10
    changed = change_arms(arms, found.study, Change("a", received=received), 1.0)
    assert changed.weights.tolist() == pytest.approx([0.1] * 10 + [0.0] * 80)


def test_an_added_column_has_the_default_prior_of_its_scale(found):
    arms = read_arms(found.prediction.model, found.answer.contrast)
    added = np.tile([0.0, 4.0], 45)
    changed = change_arms(arms, found.study, Change("a", added=added), 3.0)
    assert changed.precisions[-1] ** -0.5 == pytest.approx(2.5 * 3.0 / 2.0)
    assert not changed.step[:, -1].any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"adjust": ["x", "(1 | g)"]}, "group effects"),
        ({"adjust": ["x"], "formula": "y | weights(n) ~ t + x"}, "weights"),
        ({"adjust": ["x"], "formula": "y ~ t + x + offset(n)"}, "offset"),
        ({"adjust": ["x"], "priors": {"t": bi.StudentT(3, 0, 1)}}, "Normal or flat"),
    ],
)
def test_what_has_no_fleet_says_why(given, said):
    found = causal.estimate(frame(), "y", "t", seed=1, **given)
    assert said in refuses_fleet(found.study, found.answer)


def test_an_answer_without_a_model_has_no_fleet(found):
    bare = replace(found.answer, prediction=None)
    assert "one outcome model" in refuses_fleet(found.study, bare)
