"""Systematic draws: unbiased, few copies, and honest about what they are worth."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.diagnostics import ess_bulk
from bayesinf.numerics.fleet.resampling import effective_draws, resample
from tests.conftest import within


def test_each_point_is_taken_floor_or_ceil_of_its_share() -> None:
    rng = np.random.default_rng(1)
    log_weights = rng.normal(size=(7, 300))
    taken, copies = resample(log_weights, rng.random(7), 200)
    assert taken.shape == copies.shape == (7, 200)
    for member in range(7):
        share = 200 * np.exp(log_weights[member]) / np.exp(log_weights[member]).sum()
        counts = np.bincount(taken[member], minlength=300)
        assert ((counts == np.floor(share)) | (counts == np.ceil(share))).all()
        assert (np.diff(taken[member]) >= 0).all(), "copies lie side by side"
        assert (copies[member] == counts[taken[member]]).all()


def test_shares_are_right_on_average() -> None:
    rng = np.random.default_rng(2)
    log_weights = np.broadcast_to(np.log([0.1, 0.25, 0.65]), (20_000, 3))
    taken, _ = resample(log_weights, rng.random(20_000), 1)
    shares = np.bincount(taken.ravel(), minlength=3) / 20_000
    truth = np.array([0.1, 0.25, 0.65])
    within(shares, truth, np.sqrt(truth * (1 - truth) / 20_000))


def test_zero_weights_are_never_taken_and_ends_may_be_taken() -> None:
    log_weights = np.array([[-np.inf, 0.0, 0.0, -np.inf]])
    for offset in (0.0, 0.5, np.nextafter(1.0, 0.0)):
        taken, _ = resample(log_weights, np.array([offset]), 8)
        counts = np.bincount(taken[0], minlength=4)
        assert counts[[0, 3]].tolist() == [0, 0] and counts.sum() == 8


def test_effective_draws_are_what_the_diagnostic_of_chains_counts() -> None:
    rng = np.random.default_rng(3)
    points = rng.normal(size=(40, 1200, 1))
    log_weights = -0.4 * np.abs(points[..., 0]) + 0.3 * rng.normal(size=(40, 1200))
    taken, copies = resample(log_weights, rng.random(40), 1000)
    draws = np.take_along_axis(points, taken[..., None], axis=1)
    counted = np.array([ess_bulk(draws[k, :, 0].reshape(4, 250)) for k in range(40)])
    ours = effective_draws(draws, copies)[:, 0]
    # The diagnostic is noisy in each member and biased by its first lags: 5 %.
    assert abs(counted.mean() / ours.mean() - 1.0) < 0.05
    assert effective_draws(np.ones((1, 5, 2)), np.ones((1, 5), dtype=int)).tolist() == [[1.0, 1.0]]
