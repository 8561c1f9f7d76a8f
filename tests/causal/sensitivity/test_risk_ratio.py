from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.findings import e_value
from causal.sensitivity import RiskRatios, sensitivity
from causal.sensitivity.risk_ratio import e_values, ratio_contours, ratio_factor


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(7)
    size = 400
    x = rng.normal(size=size)
    t = (rng.random(size) < 1 / (1 + np.exp(-x))).astype(float)
    y = (rng.random(size) < 1 / (1 + np.exp(-x - t))).astype(float)
    return causal.estimate(pd.DataFrame({"y": y, "t": t, "x": x}), "y", "t", adjust=["x"], seed=1)


def test_the_factor_is_reached_by_the_worst_confounder_and_never_passed():
    # A binary confounder of shares p1 and p0 in the arms that multiplies the risk by gamma.
    treatment, outcome = 2.5, 4.0
    shares = np.linspace(1e-3, 1, 2000)
    bias = (1 + (outcome - 1) * shares) / (1 + (outcome - 1) * shares / treatment)
    factor = float(ratio_factor(treatment, outcome))
    assert bias.max() == pytest.approx(factor, rel=1e-12)
    assert (bias <= factor + 1e-12).all()


def test_the_e_value_is_where_the_factor_makes_up_the_ratio():
    ratios = np.array([1.0, 1.2, 3.9, 1 / 3.9])
    values = e_values(ratios)
    assert ratio_factor(values, values) == pytest.approx(np.maximum(ratios, 1 / ratios))
    assert values == pytest.approx([e_value(ratio) for ratio in ratios])


def test_draws_are_divided_by_the_factor(found):
    told = sensitivity(found, RiskRatios(np.log(2.0), np.log(3.0)))
    ratio = told.draws["as estimated"]
    parts = found.answer.parts
    assert np.allclose(ratio, parts["E[Y(1)]"] / parts["E[Y(0)]"])
    assert np.allclose(told.draws["bias against it"], ratio / (6 / 4))
    assert told.null == 1.0
    assert told.summary().loc["as estimated", "above_null"] == (ratio > 1).mean()
    assert "median E-value" in told.sentence()


def test_a_ratio_below_one_is_moved_up(found):
    parts = {"E[Y(1)]": found.answer.parts["E[Y(0)]"], "E[Y(0)]": found.answer.parts["E[Y(1)]"]}
    turned = replace(found, answer=replace(found.answer, parts=parts))
    told = sensitivity(turned, RiskRatios(0.5, 0.5))
    assert told.draws["bias against it"].mean() > told.draws["as estimated"].mean()


def test_contours_are_what_the_draws_give():
    ratio = np.random.default_rng(1).lognormal(0.5, 0.1, size=(4, 250))
    row = ratio_contours(ratio, 1.0, 3.0).iloc[900]
    left = ratio / ratio_factor(row["treatment"], row["outcome"])
    assert row["mean"] == pytest.approx(left.mean())
    assert row["above_one"] == pytest.approx((left > 1).mean(), abs=1e-3)


def test_averages_that_are_not_positive_have_no_ratio(found):
    parts = {name: draws - 10 for name, draws in found.answer.parts.items()}
    with pytest.raises(bi.ModelError, match="above zero"):
        sensitivity(replace(found, answer=replace(found.answer, parts=parts)), RiskRatios())
