import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.sensitivity.omitted import bias_factor, partial_r2
from causal.sensitivity.projection import scale_of_bias


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    size = 400
    x, z = rng.normal(size=(2, size))
    t = (rng.random(size) < 1 / (1 + np.exp(-x - z))).astype(float)
    y = t * (1 + 0.5 * x) + x + z + rng.normal(size=size)
    return pd.DataFrame({"y": y, "t": t, "x": x, "z": z, "won": y > 0, "g": size * ["a"]})


def test_in_linear_regression_it_is_the_error_times_the_root_of_the_freedom(frame):
    found = causal.estimate(frame, "y", "t", adjust=["x"], formula="y ~ t + x", seed=1)
    scale = scale_of_bias(found)
    columns = np.column_stack([frame["t"], np.ones(400), frame["x"]])
    inverse = np.linalg.inv(columns.T @ columns)
    rest = frame["y"] - columns @ inverse @ columns.T @ frame["y"]
    assert scale.exact
    assert scale.value == pytest.approx(float(np.sqrt(rest @ rest * inverse[0, 0])), rel=1e-10)


def test_in_a_model_with_products_it_still_bounds_what_a_confounder_does(frame):
    short = causal.estimate(frame, "y", "t", adjust=["x"], formula="y ~ t * x", seed=1)
    long = causal.estimate(frame, "y", "t", adjust=["x", "z"], formula="y ~ t * x + t * z", seed=1)
    scale = scale_of_bias(short)
    assert not scale.exact and "Chernozhukov" in scale.method
    known = np.column_stack([np.ones(400), frame["x"]])
    z = frame[["z"]].to_numpy()
    treatment = partial_r2(frame["t"].to_numpy(), z, known)
    outcome = partial_r2(frame["y"].to_numpy(), z, np.column_stack([known, frame["t"]]))
    bias = short.draws.mean() - long.draws.mean()
    bound = scale.value * float(bias_factor(treatment, outcome))
    assert 0.5 * bound < bias < 1.1 * bound


def test_the_weights_give_the_effect_as_an_average_of_outcomes(frame):
    # The scale of an ATT in a saturated model of a binary x: its weights are known by hand.
    rows = frame.assign(x=(frame["x"] > 0).astype(int))
    found = causal.estimate(
        rows, "y", "t", adjust=["x"], formula="y ~ t * x", estimand="ATT", seed=1
    )
    share = rows.groupby("x")["t"].transform("mean")
    treated = rows["t"].mean()
    weights = np.where(rows["t"] == 1, 1 / treated, -share / (1 - share) / treated)
    means = rows.groupby(["x", "t"])["y"].transform("mean")
    wanted = np.sqrt(np.mean((rows["y"] - means) ** 2) * np.mean(weights**2))
    assert scale_of_bias(found).value == pytest.approx(float(wanted), rel=1e-8)


def test_a_chance_uses_the_residuals_of_its_own_model(frame):
    found = causal.estimate(frame, "won", "t", adjust=["x"], seed=1)
    scale = scale_of_bias(found)
    fitted = found.prediction.predict(frame, kind="mean")["mean"].to_numpy()
    residual = np.mean((frame["won"] - fitted) ** 2)
    assert not scale.exact
    # The weights' mean square is at least that of a balanced experiment, 4.
    assert scale.value**2 > 4 * residual


def test_group_terms_are_projected_on_their_levels(frame):
    rng = np.random.default_rng(1)
    rows = frame.assign(g=rng.choice(list("abc"), 400))
    found = causal.estimate(rows, "y", "t", adjust=["x", "(1 | g)"], seed=1)
    fixed = causal.estimate(rows, "y", "t", adjust=["x", "g"], formula="y ~ t*scale(x) + g", seed=1)
    assert isinstance(found.prediction, bi.Fit)
    assert scale_of_bias(found).value == pytest.approx(scale_of_bias(fixed).value, rel=0.05)


def test_estimates_without_a_model_are_projected_on_the_default_one(frame):
    weighted = causal.estimate(frame, "y", "t", adjust=["x"], estimator="weighting", seed=1)
    model = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    scale = scale_of_bias(weighted)
    assert not scale.exact and "default linear model" in scale.method
    assert scale.value == pytest.approx(scale_of_bias(model).value, rel=1e-10)
