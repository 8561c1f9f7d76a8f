"""The example of CausalImpact against its published and recomputed numbers."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import Estimate, run
from causal.studies.interrupted_series import InterruptedSeries
from tests.conftest import within
from tests.reference.truths import truth

THEIRS = {"level": bi.LogNormal(float(np.log(0.01)), 0.13)}
"""The prior of CausalImpact: the level's variance is inverse-gamma about (0.01 sd)**2 with a weight
of 32 observations, of which the log sd has standard deviation 0.13."""


@pytest.fixture(scope="module")
def vignette(shared_data) -> pd.DataFrame:
    frame = pd.read_csv(shared_data / "causal" / "causalimpact_example.csv")
    return frame.assign(day=np.arange(1, len(frame) + 1))


@pytest.fixture(scope="module")
def ours(vignette) -> Estimate:
    return run(InterruptedSeries("y", "day", 71, ("x1",)), vignette, Computation(seed=1))


@pytest.fixture(scope="module")
def theirs(vignette) -> Estimate:
    study = InterruptedSeries("y", "day", 71, ("x1",), priors=THEIRS)
    return run(study, vignette, Computation(seed=1))


def test_the_default_holds_the_truth_and_is_near_the_published_effect(ours):
    line = ours.summary(0.95).iloc[0]
    assert 9.5 <= line["mean"] <= 11.5
    assert line["lower"] < 10 < line["upper"]
    assert ours.verdict.ok


def test_with_their_prior_their_numbers_follow(theirs, shared_data):
    entry = truth(shared_data, "causal/causalimpact_example")["values"]
    table = theirs.summary(0.95)
    effect, without = table.iloc[0], table.loc["without intervention"]
    assert theirs.prediction.observed[70:].mean() == pytest.approx(*entry["actual"])
    for found, name in (
        (without["mean"], "predicted"),
        (without["lower"], "pred_ci_lower"),
        (without["upper"], "pred_ci_upper"),
        (effect["mean"], "abs_effect"),
        (effect["lower"], "abs_ci_lower"),
        (effect["upper"], "abs_ci_upper"),
        (effect["sd"], "abs_sd"),
        (table.loc["relative", "mean"], "rel"),
    ):
        value, tolerance = entry[name]
        assert found == pytest.approx(value, abs=tolerance), name
    # The sum over 30 times has 30 times the Monte Carlo error; theirs is of 1,000 draws.
    error = 30 * np.hypot(effect["mcse"], entry["abs_sd"][0] / np.sqrt(1000))
    assert within(table.loc["cumulative", "mean"], entry["cumulative"][0], error)


@pytest.mark.timing
def test_it_takes_less_than_two_seconds(vignette):
    started = time.perf_counter()
    run(InterruptedSeries("y", "day", 71, ("x1",)), vignette, Computation(seed=3))
    assert time.perf_counter() - started < 2
