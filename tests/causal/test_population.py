import numpy as np
import pytest

from bayesinf import BayesinfError
from causal.population import SAMPLE, Superpopulation, shares


def test_the_sample_counts_all_rows_alike_in_one_draw():
    assert SAMPLE.weigh(np.random.default_rng(1), 7, 3).tolist() == [[1.0, 1.0, 1.0]]


def test_the_bootstrap_has_dirichlet_weights(within):
    # Dirichlet(1, ..., 1) of n rows: mean 1/n, variance (n - 1) / (n^2 (n + 1)).
    drawn = Superpopulation().weigh(np.random.default_rng(2), 20_000, 4)
    assert drawn.shape == (20_000, 4) and (drawn > 0).all()
    parts = drawn / drawn.sum(axis=1, keepdims=True)
    within(parts.mean(axis=0), 0.25, np.sqrt(3 / 80 / 20_000))
    assert parts.var(axis=0) == pytest.approx(np.full(4, 3 / 80), rel=0.05)


def test_its_mean_varies_like_a_mean(within):
    values = np.random.default_rng(3).normal(size=200)
    drawn = Superpopulation().weigh(np.random.default_rng(4), 4000, 200)
    means = drawn @ values / drawn.sum(axis=1)
    within(means.mean(), values.mean(), means.std() / np.sqrt(4000))
    assert means.std() == pytest.approx(values.std() / np.sqrt(201), rel=0.05)


def test_both_say_whom_they_are_about():
    assert "these very rows" in SAMPLE.sentence()
    assert "population that the rows were drawn from" in Superpopulation().sentence()


def test_shares_of_nothing():
    with pytest.raises(BayesinfError, match="no goats"):
        shares(np.zeros(3), "goats")
