"""Importance sampling against targets whose moments are known by other means."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesinf.errors import SamplingError
from bayesinf.numerics.diagnostics import ess_bulk, mcse_mean, r_hat
from bayesinf.numerics.importance import (
    Weighted,
    adapt,
    certify,
    importance_sample,
    independence_chains,
)
from bayesinf.numerics.mode import find_mode, numerical_derivatives
from bayesinf.numerics.proposal import Student

SCHOOLS = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
ERRORS = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])


def eight_schools(points: np.ndarray) -> np.ndarray:
    """Log posterior of (mean, log sd) with the school effects integrated out; half-Cauchy(5) sd."""
    mean, log_sd = points[:, :1], points[:, 1:]
    variance = ERRORS**2 + np.exp(2.0 * log_sd)
    likelihood = -0.5 * np.sum(np.log(variance) + (SCHOOLS - mean) ** 2 / variance, axis=1)
    prior = -0.5 * (points[:, 0] / 5.0) ** 2 - np.log1p(np.exp(2.0 * points[:, 1]) / 25.0)
    return likelihood + prior + points[:, 1]


def at_the_mode(value, d: int) -> Student:
    mode = find_mode(value, numerical_derivatives(value), np.zeros(d))
    assert mode.converged
    return Student.at_mode(mode.point, mode.hessian)


def grid_moments() -> tuple[np.ndarray, np.ndarray]:
    """Means and sds of (mean, log sd) of eight schools by brute force."""
    axes = np.linspace(-25.0, 35.0, 601), np.linspace(-14.0, 7.0, 1001)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = eight_schools(points)
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    mean = weights @ points
    return mean, np.sqrt(weights @ (points - mean) ** 2)


def sampled(seed: int, n: int = 4000) -> Weighted:
    rng = np.random.default_rng(seed)
    proposal = adapt(eight_schools, at_the_mode(eight_schools, 2), rng, 1000)
    return importance_sample(eight_schools, proposal, rng, n)


def test_chains_recover_a_skewed_posterior():
    weighted = sampled(1)
    assert certify(weighted).agrees
    walk = independence_chains(weighted, 4, np.random.default_rng(2))
    draws = weighted.points[walk.indices]
    assert draws.shape == (4, 1000, 2)
    assert (r_hat(draws) < 1.02).all()
    assert (ess_bulk(draws) > 1000).all()
    mean, sd = grid_moments()
    assert (np.abs(draws.mean(axis=(0, 1)) - mean) < 4.0 * mcse_mean(draws)).all()
    np.testing.assert_allclose(draws.std(axis=(0, 1)), sd, rtol=0.1)


def test_adapting_makes_a_poor_proposal_good():
    laplace = at_the_mode(eight_schools, 2)
    passed, before, after = 0, [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        before.append(importance_sample(eight_schools, laplace, rng, 4000).ess())
        certificate = certify(sampled(seed))
        passed += certificate.agrees
        after.append(certificate.ess)
    assert passed >= 9
    assert np.median(after) > 1.1 * np.median(before)


def test_a_good_proposal_is_left_as_it_is():
    def normal(points: np.ndarray) -> np.ndarray:
        return -0.5 * np.sum(points**2, axis=1)

    proposal = Student(np.zeros(20), np.eye(20))
    assert adapt(normal, proposal, np.random.default_rng(0), 1000) is proposal


def test_chains_see_the_repeats_that_unequal_weights_cause():
    # Normal target of sd 1, proposal of sd 3: the chains' effective size must predict the spread of
    # their means over repetitions.
    def normal(points: np.ndarray) -> np.ndarray:
        return -0.5 * points[:, 0] ** 2

    means, predicted = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weighted = importance_sample(normal, Student(np.zeros(1), 3.0 * np.eye(1)), rng, 800)
        draws = weighted.points[independence_chains(weighted, 4, rng).indices]
        means.append(draws.mean())
        predicted.append(mcse_mean(draws)[0] ** 2)
    # 200 repetitions know a standard deviation to 5 %; the estimate itself is within 10 %.
    assert np.std(means) == pytest.approx(np.sqrt(np.mean(predicted)), rel=0.2)
    assert abs(np.mean(means)) < 4.0 * np.std(means) / np.sqrt(200)


def test_walk_agrees_with_the_acceptance_rate_and_the_weights():
    weighted = sampled(5, n=40_000)
    walk = independence_chains(weighted, 4, np.random.default_rng(0))
    # Standard error of a rate over 40,000 correlated steps is about 0.004.
    assert walk.acceptance_rates.mean() == pytest.approx(weighted.acceptance_rate(), abs=0.016)
    weights = np.exp(weighted.log_weights - weighted.log_weights.max())
    exact = weights @ weighted.points / weights.sum()
    draws = weighted.points[walk.indices]
    assert (np.abs(draws.mean(axis=(0, 1)) - exact) < 4.0 * mcse_mean(draws)).all()


def test_each_chain_walks_through_its_own_points():
    weighted = sampled(3, n=400)
    indices = independence_chains(weighted, 4, np.random.default_rng(0)).indices
    np.testing.assert_array_equal(indices // 100, np.repeat(np.arange(4), 100).reshape(4, 100))


def test_acceptance_rate_and_ess_by_their_definitions():
    log_weights = np.random.default_rng(4).normal(size=50)
    weighted = Weighted(np.zeros((50, 1)), log_weights, log_weights)
    weights = np.exp(log_weights)
    pairs = np.minimum(weights[:, np.newaxis], weights).sum() / (50 * weights.sum())
    assert weighted.acceptance_rate() == pytest.approx(pairs, rel=1e-12)
    assert weighted.ess() == pytest.approx(weights.sum() ** 2 / (weights**2).sum(), rel=1e-12)


def test_equal_weights_are_always_accepted():
    weighted = Weighted(np.zeros((40, 1)), np.zeros(40), np.zeros(40))
    walk = independence_chains(weighted, 4, np.random.default_rng(0))
    np.testing.assert_array_equal(walk.indices.ravel(), np.arange(40))
    assert weighted.acceptance_rate() == pytest.approx(1.0)


def test_certificate_refuses_a_proposal_with_too_light_tails():
    # Cauchy target, t(7) proposal: the weights have no finite mean.
    def cauchy(points: np.ndarray) -> np.ndarray:
        return stats.cauchy.logpdf(points[:, 0])

    proposal = Student(np.zeros(1), np.eye(1))
    weighted = importance_sample(cauchy, proposal, np.random.default_rng(0), 4000)
    assert not certify(weighted).agrees


def test_certificate_refuses_few_effective_points():
    def narrow(points: np.ndarray) -> np.ndarray:
        return -0.5 * np.sum((points / 0.01) ** 2, axis=1)

    proposal = Student(np.zeros(2), np.eye(2))
    weighted = importance_sample(narrow, proposal, np.random.default_rng(0), 4000)
    assert certify(weighted).ess < 400
    assert not certify(weighted).agrees


def test_points_outside_the_support_are_never_visited():
    def half_normal(points: np.ndarray) -> np.ndarray:
        return -0.5 * points[:, 0] ** 2 + 0.0 * np.log(points[:, 0])

    rng = np.random.default_rng(0)
    weighted = importance_sample(half_normal, Student(np.zeros(1), np.eye(1)), rng, 4000)
    draws = weighted.points[independence_chains(weighted, 4, rng).indices]
    assert (draws > 0.0).all()
    exact = np.sqrt(2.0 / np.pi)
    assert abs(draws.mean() - exact) < 4.0 * mcse_mean(draws)[0]


@pytest.mark.parametrize("density", [-np.inf, np.nan, np.inf])
def test_improper_targets_are_an_error(density):
    with pytest.raises(SamplingError, match="largest log density") as caught:
        importance_sample(
            lambda points: np.full(len(points), density),
            Student(np.zeros(1), np.eye(1)),
            np.random.default_rng(0),
            100,
        )
    assert caught.value.code == "no-density"
