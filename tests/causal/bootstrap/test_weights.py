import numpy as np
import pandas as pd
import pytest

from causal.bootstrap.propensity import Arms, fit_propensity, read_arms
from causal.bootstrap.weights import (
    judge_draws,
    judge_propensity,
    judge_rows,
    judge_smooth,
    judge_weighted_balance,
    judge_weights,
    weight_frame,
    weighted_balance,
)
from causal.comparison import Comparison
from causal.estimand import ATE, ATO, ATT
from causal.formula import Adjuster

ROWS = 400


def arms_of(estimand, strength=1.0, frame=None) -> Arms:
    rng = np.random.default_rng(3)
    x = rng.normal(size=ROWS)
    t = (rng.random(ROWS) < 1 / (1 + np.exp(-strength * x))) * 1
    made = pd.DataFrame({"y": x, "t": t, "x": x}) if frame is None else frame
    return read_arms(
        Comparison(made, "y", "t", estimand, (Adjuster("x", ("x",)),), "y ~ t"), ("x",)
    )


def chances_of(arms) -> np.ndarray:
    return fit_propensity(arms).unit.chances(arms.basis.matrix)[:, 0]


def test_the_frame_holds_the_weights_of_each_arm():
    arms = arms_of(ATE())
    chances = chances_of(arms)
    line = weight_frame(arms, chances).loc[1]
    weights = 1 / chances[1][arms.codes == 1]
    assert line["rows"] == len(weights) and line["mean"] == pytest.approx(weights.mean())
    assert line["effective"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    assert line["stabilised_mean"] == pytest.approx(weights.mean() * len(weights) / ROWS)
    assert line["largest_share"] == pytest.approx(weights.max() / weights.sum())


def test_the_effect_on_the_treated_leaves_the_treated_alone():
    arms = arms_of(ATT())
    line = weight_frame(arms, chances_of(arms)).loc[1]
    assert line["mean"] == pytest.approx(1) and line["effective"] == pytest.approx(line["rows"])


@pytest.mark.parametrize(("strength", "severity"), [(0.5, "good"), (4.0, "warning")])
def test_the_heavier_the_weights_the_worse(strength, severity):
    arms = arms_of(ATE(), strength)
    found = judge_weights(arms, weight_frame(arms, chances_of(arms)))
    assert found.severity == severity or (severity == "warning" and found.severity == "bad")
    assert (found.remedy == "") == (severity == "good")


def test_balance_after_weighting_by_hand():
    arms = arms_of(ATE(), 0.3)
    chances = chances_of(arms)
    found = weighted_balance(arms, chances)
    x, treated = arms.table.columns["x"], arms.codes == 1
    mean = np.average(x[treated], weights=1 / chances[1][treated])
    assert found.loc["x", 1] == pytest.approx((mean - x.mean()) / x.std())
    assert judge_weighted_balance(found)[0].severity == "good"


def test_overlap_weights_balance_exactly():
    arms = arms_of(ATO(), 2.0)
    found = weighted_balance(arms, chances_of(arms))
    assert np.abs(found[0] - found[1]).max() < 1e-8


def test_certain_arms_have_even_weights_and_no_balance():
    x = np.linspace(-1, 1, ROWS)
    frame = pd.DataFrame({"y": x, "t": (x > 0) * 1, "x": x})
    arms = arms_of(ATE(), frame=frame)
    chances = chances_of(arms)
    assert judge_weights(arms, weight_frame(arms, chances)).severity == "good"
    assert judge_weighted_balance(weighted_balance(arms, chances))[0].severity == "bad"
    assert judge_propensity(fit_propensity(arms))[0].code == "separation"


def test_nothing_to_balance_says_nothing():
    asked = Comparison({"y": [1.0, 2, 3, 4], "t": [0, 1, 0, 1]}, "y", "t", ATE(), (), "y ~ t")
    arms = read_arms(asked, ())
    assert judge_weighted_balance(weighted_balance(arms, chances_of(arms))) == ()
    assert judge_propensity(fit_propensity(arms)) == ()


def test_rows_left_out_are_told_of():
    arms = arms_of(ATE())
    assert judge_rows(arms.table, arms) == ()
    more = {name: np.append(values, values[:10]) for name, values in arms.table.columns.items()}
    found = judge_rows(more, arms)[0]
    assert found.severity == "note" and "10 of 410 rows" in found.sentence


def test_draws_that_needed_a_prior_are_told_of():
    assert judge_smooth(1.0) == ()
    assert judge_smooth(0.99)[0].severity == "note" and judge_smooth(0.5)[0].severity == "warning"


def test_draws_far_out_are_told_of(generator):
    draws = generator.normal(size=(4, 500))
    assert judge_draws(draws) == ()
    draws[0, :3] = -1e6
    (found,) = judge_draws(draws)
    assert found.severity == "bad" and found.evidence["robust_sd"] == pytest.approx(1, abs=0.1)
