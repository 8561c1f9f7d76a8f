import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.sensitivity import AsStrongAs, Beta, Exactly, Uniform, Unmeasured, sensitivity
from causal.sensitivity.omitted import bias_factor, partial_r2, robustness_value
from causal.sensitivity.projection import scale_of_bias


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    size = 300
    x, z = rng.normal(size=(2, size))
    t = (rng.random(size) < 1 / (1 + np.exp(-x - z))).astype(float)
    return pd.DataFrame({"y": t + x + z + rng.normal(size=size), "t": t, "x": x, "z": z})


@pytest.fixture(scope="module")
def found(frame) -> causal.Estimate:
    return causal.estimate(frame, "y", "t", adjust=["x"], formula="y ~ t + x", seed=1)


def test_the_true_strength_gives_the_answer_that_the_confounder_would_have_given(
    frame, found, within
):
    known = np.column_stack([np.ones(300), frame["x"]])
    z = frame[["z"]].to_numpy()
    treatment = partial_r2(frame["t"].to_numpy(), z, known)
    outcome = partial_r2(frame["y"].to_numpy(), z, np.column_stack([known, frame["t"]]))
    left = sensitivity(found, Unmeasured(treatment, outcome)).draws["bias against it"]
    names = ["Intercept", "t", "x", "z"]
    full = causal.estimate(
        frame,
        "y",
        "t",
        adjust=["x", "z"],
        formula="y ~ t + x + z",
        priors=dict.fromkeys(names, bi.Flat()),
        seed=2,
    )
    error = np.hypot(left.std(), full.draws.std()) / np.sqrt(left.size)
    assert within(left.mean(), full.draws.mean(), error)
    assert left.std() == pytest.approx(full.draws.std(), rel=0.05)


def test_the_belief_is_averaged_over(found, within):
    told = sensitivity(found, Unmeasured(Beta(1, 9), Uniform(0.1, 0.2)))
    rng = np.random.default_rng(3)
    bias = scale_of_bias(found).value * bias_factor(
        np.minimum(rng.beta(1, 9, 200_000), 0.99), rng.uniform(0.1, 0.2, 200_000)
    )
    left = told.draws["bias against it"]
    assert within(found.draws.mean() - left.mean(), bias.mean(), left.std() / np.sqrt(left.size))
    either = told.draws["bias either way"]
    assert within(either.mean(), found.draws.mean(), either.std() / np.sqrt(either.size))


def test_no_strength_leaves_every_draw(found):
    told = sensitivity(found, Unmeasured(0, 0))
    for draws in told.draws.values():
        assert np.allclose(draws, found.draws, atol=1e-12)


def test_a_negative_effect_is_pulled_up(frame):
    turned = causal.estimate(frame.assign(y=-frame["y"]), "y", "t", adjust=["x"], seed=1)
    left = sensitivity(turned, Unmeasured(0.05, 0.05)).draws["bias against it"]
    assert turned.draws.mean() < left.mean()


def test_the_robustness_value_has_a_posterior(found):
    told = sensitivity(found)
    strength = np.abs(found.draws) / scale_of_bias(found).value
    assert np.allclose(told.strengths["robustness value"], robustness_value(strength))


def test_a_benchmark_is_the_row_of_its_table(found):
    told = sensitivity(found, AsStrongAs("x", times=2))
    row = told.benchmarks().query("covariate == 'x' and times == 2").iloc[0]
    assert told.draws["bias against it"].mean() == pytest.approx(row["mean"])
    assert row["above_zero"] == (told.draws["bias against it"] > 0).mean()


def test_one_of_the_adjusters_is_drawn_with_equal_chance(frame, within):
    found = causal.estimate(frame, "y", "t", adjust=["x", "z"], seed=1)
    told = sensitivity(found)
    assert "one of the 2 adjusters" in told.sentence()
    means = told.benchmarks().query("times == 1")["mean"].mean()
    left = told.draws["bias against it"]
    assert within(left.mean(), means, left.std() / np.sqrt(left.size))


def test_nothing_adjusted_for_takes_a_vague_confounder(frame):
    found = causal.estimate(frame, "y", "t", adjust=[], seed=1)
    told = sensitivity(found)
    assert "partial R2 Beta(1, 9)" in told.sentence()
    assert told.benchmarks().empty
    with pytest.raises(bi.ModelError, match="Nothing was adjusted for"):
        sensitivity(found, AsStrongAs())


def test_an_unknown_covariate_is_named_with_the_known_ones(found):
    with pytest.raises(bi.ModelError, match="'w' was not adjusted for; what was: x"):
        sensitivity(found, AsStrongAs("w"))


@pytest.mark.parametrize("bias", [Unmeasured(1.5, 0.1), Unmeasured(0.1, -0.1)])
def test_an_impossible_strength_is_refused(found, bias):
    with pytest.raises(bi.ModelError, match="lies between 0 and 1"):
        sensitivity(found, bias)


def test_a_confounder_that_is_the_treatment_gives_finite_draws(found):
    told = sensitivity(found, Unmeasured(Exactly(1.0), 1.0))
    assert np.isfinite(told.draws["bias against it"]).all()


def test_the_extreme_table_takes_the_mean_to_zero(found):
    table = sensitivity(found).table("extreme")
    bias = scale_of_bias(found).value * bias_factor(
        table["treatment"].to_numpy(), table["outcome"].to_numpy()
    )
    assert bias == pytest.approx(found.draws.mean())
