"""Proposals: their densities are SciPy's, their points have the moments that were asked for."""

from __future__ import annotations

import numpy as np
from scipy.stats import multivariate_t

from bayesinf.numerics.fleet.proposals import GUARDED, Proposals
from bayesinf.numerics.proposal import Student
from tests.conftest import within


def some(members: int = 3, size: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(members, size, size))
    return rng.normal(size=(members, size)), -(roots @ roots.swapaxes(1, 2) + 0.5 * np.eye(size))


def generators(members: int) -> list[np.random.Generator]:
    return [np.random.default_rng(100 + k) for k in range(members)]


def test_a_proposal_at_a_mode_is_the_single_one() -> None:
    modes, hessians = some()
    proposals = Proposals.at_modes(modes, hessians)
    points, logs = proposals.sample(generators(3), 50)
    for k in range(3):
        single = Student.at_mode(modes[k], hessians[k])
        assert np.allclose(proposals.factors[k], single.cholesky)
        assert np.allclose(logs[k], single.log_density(points[k]))


def test_guarded_densities_are_mixtures_of_scipys() -> None:
    modes, hessians = some()
    plain = Proposals.at_modes(modes, hessians)
    proposals = Proposals(plain.means, plain.factors, GUARDED)
    points, logs = proposals.sample(generators(3), 50)
    for k in range(3):
        shape = plain.factors[k] @ plain.factors[k].T
        density = 0.7 * multivariate_t(modes[k], shape, 7).pdf(points[k])
        density += 0.3 * multivariate_t(modes[k], 2.25 * shape, 4).pdf(points[k])
        assert np.allclose(np.exp(logs[k]), density)


def test_points_have_the_proposals_mean_and_covariance() -> None:
    modes, hessians = some()
    count = 40_000
    points, _ = Proposals.at_modes(modes, hessians).sample(generators(3), count)
    for k in range(3):
        covariance = 7 / 5 * np.linalg.inv(-hessians[k])
        error = np.sqrt(np.diagonal(covariance) / count)
        within(points[k].mean(axis=0), modes[k], error)
        # The fourth moment of a t with 7 degrees of freedom is 5 times the squared variance.
        ratio = points[k].var(axis=0) / np.diagonal(covariance)
        within(ratio, 1.0, np.sqrt(4.0 / count))


def test_a_hessian_that_is_not_negative_definite_spoils_only_its_member() -> None:
    modes, hessians = some()
    hessians[1] = np.diag([1.0, -1.0])
    factors = Proposals.at_modes(modes, hessians).factors
    assert np.isfinite(factors).all((1, 2)).tolist() == [True, False, True]


def test_matched_moments_are_those_of_the_weighted_points() -> None:
    rng = np.random.default_rng(4)
    points = rng.normal(size=(1, 20_000, 2))
    # Weights that turn a standard normal into one around (1, -1) with sd 0.8.
    target = -0.5 * (((points - [1.0, -1.0]) / 0.8) ** 2).sum(-1) + 0.5 * (points**2).sum(-1)
    start = Proposals(np.zeros((1, 2)), np.eye(2)[None])
    found = start.matched(points, target)
    assert found.parts == GUARDED
    assert np.allclose(found.means, [[1.0, -1.0]], atol=0.05)
    covariance = found.factors @ found.factors.swapaxes(1, 2)
    assert np.allclose(covariance, 0.64 * np.eye(2), atol=0.05)
