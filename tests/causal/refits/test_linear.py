import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.refits.arms import Arms, read_arms
from causal.refits.linear import linear_effect


@pytest.fixture(scope="module")
def arms() -> Arms:
    rng = np.random.default_rng(3)
    size = 60
    x = rng.normal(size=size)
    t = rng.random(size) < 0.5
    control = np.column_stack([np.ones(size), x, np.zeros(size)])
    step = np.column_stack([np.zeros((size, 2)), np.ones(size)])
    y = 100 + x + 2 * t + rng.normal(size=size)
    flat = np.zeros(3)
    return Arms(control, step, y, t, np.full(size, 1 / size), flat, flat)


def test_flat_priors_give_the_t_distribution_of_least_squares(arms):
    columns = arms.columns
    inverse = np.linalg.inv(columns.T @ columns)
    found = inverse @ columns.T @ arms.response
    rest = arms.response - columns @ found
    freedom = len(rest) - 3
    error = np.sqrt(rest @ rest / freedom * inverse[2, 2])
    mean, sd = linear_effect(arms, lambda sigma: -np.log(sigma))
    assert mean == pytest.approx(found[2], rel=1e-10)
    assert sd == pytest.approx(error * np.sqrt(freedom / (freedom - 2)), rel=1e-6)


def test_the_grid_is_fine_and_wide_enough(arms, monkeypatch):
    module = __import__("causal.refits.linear", fromlist=["NODES"])
    usual = linear_effect(arms, lambda sigma: -sigma)
    monkeypatch.setattr(module, "NODES", 401)
    monkeypatch.setattr(module, "REACH", 12.0)
    assert linear_effect(arms, lambda sigma: -sigma) == pytest.approx(usual, rel=1e-6)


def test_it_is_the_posterior_that_the_engine_draws(within):
    rng = np.random.default_rng(4)
    size = 200
    x = rng.normal(size=size)
    t = (rng.random(size) < 1 / (1 + np.exp(-x))).astype(float)
    frame = pd.DataFrame({"y": 50 + x + t + rng.normal(size=size), "t": t, "x": x})
    # A strong prior, so that forgetting it, or where it is centred, would be seen.
    found = causal.estimate(
        frame,
        "y",
        "t",
        adjust=["x"],
        formula="y ~ t * x",
        priors={"t": bi.Normal(3.0, 0.2), "Intercept": bi.Normal(49.0, 0.5)},
        draws=20000,
        seed=1,
    )
    fit, contrast = found.prediction, found.answer.contrast
    sigma = fit.model.priors["sigma"]
    mean, sd = linear_effect(
        read_arms(fit.model, contrast), lambda values: np.asarray(sigma.log_density(values))
    )
    draws = found.draws.ravel()
    assert within(draws.mean(), mean, sd / np.sqrt(draws.size))
    assert within(draws.std(), sd, sd / np.sqrt(2 * draws.size))
