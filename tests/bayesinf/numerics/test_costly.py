"""Draws of costly densities: known moments, few evaluations, and targets that must be refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma, polygamma

from bayesinf.numerics.costly import Costly, draw_by_rejection, log_mean, sample_costly
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.independence import Request
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.random import Streams
from tests.conftest import within

SHAPE = 3.0


def turned(d: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(1).normal(size=(d, d)))[0]


def log_gamma(points: np.ndarray) -> np.ndarray:
    """Log-gamma variables with 3 degrees, as log variances of few groups are, turned."""
    along = points @ turned(points.shape[1])
    return (SHAPE * along - np.exp(along)).sum(axis=1)


def run(value, starts: np.ndarray, seed: int = 1, effective: int | None = 1000) -> Costly:
    return sample_costly(value, starts, Request(4, 1000, Streams(seed), 1000, None, effective))


@pytest.mark.parametrize("d", [1, 2, 4])
def test_skewed_targets_have_their_moments(d: int) -> None:
    found = run(log_gamma, np.random.default_rng(d).normal(size=(4, d)))
    assert found.points is not None and not found.doubt
    assert found.agreement is not None and found.agreement.used and found.agreement.agrees
    assert found.agreement.evaluations < 700
    along = found.points.reshape(-1, d) @ turned(d)
    sd = np.sqrt(polygamma(1, SHAPE))
    size = np.min(diagnose(found.points).ess_bulk)
    allowed = np.hypot(sd / np.sqrt(size), found.agreement.bound * sd / 4)
    within(along.mean(axis=0), np.full(d, digamma(SHAPE)), allowed)
    within(along.std(axis=0), np.full(d, sd), 1.5 * allowed)


def test_twenty_correlated_nearly_normal_dimensions() -> None:
    d, rng = 20, np.random.default_rng(3)
    factor = np.linalg.cholesky(0.5 * np.ones((d, d)) + 0.5 * np.eye(d)) * 10.0 ** -rng.random(d)

    def value(points: np.ndarray) -> np.ndarray:
        z = np.linalg.solve(factor, points.T)
        return -0.5 * (z**2).sum(axis=0) - 0.004 * (z**4).sum(axis=0) / d

    found = run(value, rng.normal(size=(3, d)) @ factor.T)
    assert found.points is not None and not found.doubt
    assert found.agreement is not None and found.agreement.used
    z = np.linalg.solve(factor, found.points.reshape(-1, d).T)
    size = np.min(diagnose(found.points).ess_bulk)
    within(z.mean(axis=1), np.zeros(d), 1.2 / np.sqrt(size))
    assert np.abs(z.std(axis=1) - 1.0).max() < 0.08


def test_two_modes_are_refused() -> None:
    def value(points: np.ndarray) -> np.ndarray:
        return np.logaddexp(*(-0.5 * ((points - c) ** 2).sum(axis=1) for c in (0.0, 12.0)))

    found = run(value, np.array([[0.5, 0.2], [11.0, 13.0]]))
    assert found.points is None and not found.modes.agree
    assert len(found.modes.all) == 2 and "different modes" in found.doubt


def test_a_density_without_a_mode_is_refused() -> None:
    found = run(lambda points: points[:, 0] - 0.5 * points[:, 1] ** 2, np.zeros((2, 2)))
    assert found.points is None and "no mode" in found.doubt


def test_a_kink_is_not_taken_from_the_surrogate() -> None:
    """A ridge that is not smooth: the surrogate only proposes, and exact values weigh."""

    def value(points: np.ndarray) -> np.ndarray:
        ridge = np.abs(points[:, 0] + points[:, 1] - 0.7)
        return -0.5 * (points**2).sum(axis=1) - 6.0 * np.abs(ridge - np.floor(2 * ridge) / 2)

    found = run(value, np.array([[0.3, 0.4], [0.0, 0.1]]))
    assert found.agreement is None or not found.agreement.used


def test_what_the_surrogate_misses_exact_weights_put_right() -> None:
    """Ten skewed dimensions, too many for a few hundred places."""
    d = 10
    found = run(log_gamma, np.random.default_rng(2).normal(size=(4, d)))
    assert found.agreement is not None and not found.agreement.used
    assert found.points is not None and not found.doubt
    along = found.points.reshape(-1, d) @ turned(d)
    size = np.min(diagnose(found.points).ess_bulk)
    sd = np.sqrt(polygamma(1, SHAPE))
    within(along.mean(axis=0), np.full(d, digamma(SHAPE)), sd / np.sqrt(size))


def test_ripples_finer_than_any_design_are_doubted_or_put_right() -> None:
    def value(points: np.ndarray) -> np.ndarray:
        return -0.5 * (points**2).sum(axis=1) + 0.3 * np.cos(25 * points).sum(axis=1)

    found = run(value, 0.1 * np.ones((1, 2)))
    if found.points is None or found.doubt:
        return
    size = np.min(diagnose(found.points).ess_bulk)
    within(found.points.mean(axis=(0, 1)), np.zeros(2), 1 / np.sqrt(size))


def test_rejection_draws_follow_the_density() -> None:
    proposal = Student(np.zeros(1), 1.5 * np.eye(1), 4.0)
    draws = draw_by_rejection(log_gamma, proposal, np.random.default_rng(5), 6000)
    exact = digamma(SHAPE), np.sqrt(polygamma(1, SHAPE))
    within(draws.mean(), exact[0] * turned(1)[0, 0], exact[1] / np.sqrt(6000))


def test_the_mean_of_exponentials_does_not_overflow() -> None:
    assert log_mean(np.array([1000.0, 1000.0 + np.log(3)])) == pytest.approx(1000 + np.log(2))


def test_the_same_seed_gives_the_same_draws() -> None:
    starts = np.zeros((1, 2))
    one, other = run(log_gamma, starts), run(log_gamma, starts)
    assert np.array_equal(one.points, other.points)
