import numpy as np
import pandas as pd
import pytest

import causal
from causal.refits.arms import Arms, read_arms
from causal.refits.logistic import logistic_effect


def saturated(precision: float) -> Arms:
    control = np.column_stack([np.ones(40), np.zeros(40)])
    t = np.arange(40) < 20
    y = (np.arange(40) % 4 == 0).astype(float)
    y[:20] = np.arange(20) % 2
    weights, priors = np.full(40, 1 / 40), np.full(2, precision)
    return Arms(control, control[:, ::-1].copy(), y, t, weights, np.zeros(2), priors)


def test_two_arms_give_the_difference_of_shares_and_its_error():
    # With flat priors the mode is the two shares, 10/20 and 5/20; the delta method gives the usual
    # error of their difference.
    mean, sd = logistic_effect(saturated(0.0))
    assert mean == pytest.approx(0.25, abs=1e-9)
    assert sd == pytest.approx(np.sqrt(0.5 * 0.5 / 20 + 0.25 * 0.75 / 20), rel=1e-6)


def test_a_certain_prior_leaves_no_effect():
    mean, sd = logistic_effect(saturated(1e12))
    assert abs(mean) < 1e-6 and sd < 1e-6


def test_it_is_near_the_posterior_of_the_engine():
    rng = np.random.default_rng(4)
    size = 400
    x = rng.normal(size=size)
    t = (rng.random(size) < 1 / (1 + np.exp(-x))).astype(float)
    y = (rng.random(size) < 1 / (1 + np.exp(-x - t))).astype(float)
    found = causal.estimate(pd.DataFrame({"y": y, "t": t, "x": x}), "y", "t", adjust=["x"], seed=1)
    mean, sd = logistic_effect(read_arms(found.prediction.model, found.answer.contrast))
    assert mean == pytest.approx(found.draws.mean(), abs=0.1 * sd)
    assert sd == pytest.approx(found.draws.std(), rel=0.1)
