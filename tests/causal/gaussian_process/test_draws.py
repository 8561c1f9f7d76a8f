"""Draws given hyperparameters have the mean and the covariance of the textbook."""

import numpy as np
import pytest

import bayesinf as bi
from causal.gaussian_process.draws import draw_normal, draw_surfaces
from causal.gaussian_process.evidence import noise_variances
from causal.gaussian_process.hyperparameters import hyperparameters_of
from causal.gaussian_process.kernel import pieces_of

DRAWS = 40_000


def test_draws_are_those_of_a_joint_normal_given_the_outcomes(observed, logs):
    named = hyperparameters_of(4).named(logs)
    shared, control, treated = (
        pieces_of(part, observed.rows, named).total() for part in ("shared", "control", "treated")
    )
    joint = np.block([[shared + control, shared], [shared, shared + treated]])
    seen = np.concatenate([np.arange(25), 40 + np.arange(25, 40)])
    noisy = joint[np.ix_(seen, seen)] + np.diag(noise_variances(observed, named))
    gain = joint[:, seen] @ np.linalg.inv(noisy)
    covariance = joint - gain @ joint[seen]
    found = np.concatenate(draw_surfaces(observed, named, DRAWS, np.random.default_rng(1)))
    spread = np.sqrt(np.diag(covariance))
    off = (found.mean(axis=1) - gain @ observed.outcome) / spread
    assert np.abs(off).max() < 5 / np.sqrt(DRAWS)
    apart = (np.cov(found) - covariance) / np.outer(spread, spread)
    assert np.abs(apart).max() < 8 / np.sqrt(DRAWS)


def test_a_singular_covariance_is_drawn_from():
    covariance = np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 2.0]])
    found = draw_normal(covariance, 100_000, np.random.default_rng(1))
    assert np.cov(found) == pytest.approx(covariance, abs=0.04)


def test_an_indefinite_covariance_is_refused():
    with pytest.raises(bi.SamplingError, match="not positive definite"):
        draw_normal(np.array([[1.0, 2.0], [2.0, 1.0]]), 5, np.random.default_rng(1))
