"""Lee (2008): the jump of the vote share of the party that won narrowly before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from causal.answer import Computation
from causal.discontinuity import Curve, optimal_bandwidths, robust_jump
from causal.estimate import Estimate, run
from causal.studies.regression_discontinuity import RegressionDiscontinuity


@pytest.fixture(scope="module")
def lee(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "causal" / "rdd_lee2008_house.csv")


@pytest.fixture(scope="module")
def estimate(lee) -> Estimate:
    return run(RegressionDiscontinuity("y", "x"), lee, Computation(seed=1))


def test_the_global_quartic_with_flat_priors(lee, within):
    # GOLD.json lee2008_quartic: 0.07659, recomputed with statsmodels.
    study = RegressionDiscontinuity("y", "x", bandwidth=np.inf, curve=Curve.polynomial(4))
    found = run(study, lee, Computation(seed=1))
    centre, sd = found.tables["bandwidths"][["jump", "sd"]].iloc[0]
    assert centre == pytest.approx(0.07659, abs=1e-5)
    assert within(found.draws.mean(), centre, sd / np.sqrt(4000))
    jump, error = found.tables["least squares"].iloc[0]
    assert jump == pytest.approx(0.07659, abs=1e-5)
    assert error == pytest.approx(0.01132, abs=1e-5)  # HC1


def test_robust_bias_correction(lee, estimate):
    # GOLD.json lee2008_rdrobust: rdrobust 2.1.1 with its defaults.
    x, y = lee["x"].to_numpy(), lee["y"].to_numpy()
    bandwidths = optimal_bandwidths(x, y)
    assert bandwidths.effect == pytest.approx(0.1353, abs=1e-4)
    found = robust_jump(x, y, bandwidths)
    assert found.conventional == pytest.approx(0.06366, abs=1e-4)
    assert found.corrected == pytest.approx(0.05931, abs=1e-4)
    assert found.interval == pytest.approx((0.03478, 0.08384), abs=1e-4)
    line = estimate.tables["frequentist"].iloc[0]
    assert line["corrected"] == found.corrected


def test_the_posterior_agrees_with_the_robust_interval(estimate):
    line = estimate.summary(prob=0.95).iloc[0]
    assert estimate.verdict.ok
    assert 0.03478 < line["mean"] < 0.08384
    assert 0.01 < line["lower"] < 0.04 < 0.08 < line["upper"] < 0.11


def test_numbers_of_another_program_on_made_up_rows():
    # rdrobust 2.1.1 on these very rows (NumPy's generator 1): defaults, then a fuzzy design with
    # both windows at 0.4.
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, 1000)
    y = np.sin(2 * x) + (x > 0) * 0.5 + rng.normal(size=1000) * 0.3
    bandwidths = optimal_bandwidths(x, y)
    assert bandwidths.effect == pytest.approx(0.23310524, abs=1e-7)
    assert bandwidths.bias == pytest.approx(0.40183203, abs=1e-7)
    found = robust_jump(x, y, bandwidths)
    assert found.conventional == pytest.approx(0.38245792, abs=1e-7)
    assert found.corrected == pytest.approx(0.34859643, abs=1e-7)
    assert found.conventional_error == pytest.approx(0.08991198, abs=1e-7)
    assert found.robust_error == pytest.approx(0.10368367, abs=1e-7)
    took = (rng.random(1000) < np.where(x > 0, 0.8, 0.2)) * 1.0
    both = type(bandwidths)(0.4, 0.4)
    fuzzy = robust_jump(x, y + took, both, took)
    assert fuzzy.conventional == pytest.approx(2.01611467, abs=1e-6)
    assert fuzzy.corrected == pytest.approx(1.7704665, abs=1e-6)
    assert fuzzy.conventional_error == pytest.approx(0.27003667, abs=1e-6)
    assert fuzzy.robust_error == pytest.approx(0.36936661, abs=1e-6)
