"""Hyperparameters have a place each, and a prior whose gradient is its slope."""

import numpy as np
import pytest
from scipy.stats import halfcauchy, lognorm

from causal.gaussian_process.hyperparameters import hyperparameters_of


def test_every_number_has_one_name():
    given = hyperparameters_of(3)
    seen = np.concatenate([np.arange(len(given.start))[place] for place in given.places.values()])
    assert sorted(seen) == list(range(len(given.start)))
    assert given.named(given.start)["shared slopes"] == pytest.approx(0.5 / np.sqrt(3) * np.ones(3))


def test_the_prior_is_the_sum_of_known_densities():
    given = hyperparameters_of(2)
    rng = np.random.default_rng(1)

    def by_hand(logs: np.ndarray) -> float:
        total = 0.0
        for log, center, spread in zip(logs, given.center, given.spread, strict=True):
            value = np.exp(log)
            if spread == 0:
                total += halfcauchy(scale=np.exp(center)).logpdf(value) + log
            else:
                total += lognorm(spread, scale=np.exp(center)).logpdf(value) + log
        return total

    one, two = (given.center + rng.normal(size=len(given.center)) for _ in range(2))
    known = given.log_prior(one)[0] - given.log_prior(two)[0]
    assert known == pytest.approx(by_hand(one) - by_hand(two))


def test_the_gradient_is_the_slope():
    given = hyperparameters_of(2)
    logs = given.start + np.random.default_rng(1).normal(size=len(given.start))
    _, gradient = given.log_prior(logs)
    for k in range(len(logs)):
        step = 1e-6 * np.eye(len(logs))[k]
        rise = given.log_prior(logs + step)[0] - given.log_prior(logs - step)[0]
        assert gradient[k] == pytest.approx(rise / 2e-6, abs=1e-6)
