"""The chance of treatment is found, and shrunk to the share of treated where nothing says more."""

import numpy as np
import pytest

from causal.gaussian_process.propensity import log_odds_of_treatment, logistic_ridge


def test_known_log_odds_are_found():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4000, 3))
    truth = 0.5 + x[:, 0] - 0.7 * (x[:, 1] ** 2 - 1)
    treated = rng.random(4000) < 1 / (1 + np.exp(-truth))
    found = log_odds_of_treatment(x, treated)
    assert np.sqrt(np.mean((found - truth) ** 2)) < 0.2


def test_a_coin_toss_is_shrunk_to_a_coin_toss():
    rng = np.random.default_rng(4)
    found = log_odds_of_treatment(rng.normal(size=(300, 20)), rng.random(300) < 0.3)
    assert found.std() < 0.35


def test_the_mode_has_no_slope():
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(200), rng.normal(size=200)])
    treated = rng.random(200) < 0.5
    slopes, _ = logistic_ridge(x, treated, np.zeros(2), 2.0)
    left = x.T @ (treated - 1 / (1 + np.exp(-x @ slopes))) - np.array([1e-4, 2.0]) * slopes
    assert left == pytest.approx(np.zeros(2), abs=1e-8)


def test_separated_arms_have_finite_log_odds():
    x = np.linspace(-1, 1, 50)[:, None]
    assert np.isfinite(log_odds_of_treatment(x, x[:, 0] > 0)).all()
