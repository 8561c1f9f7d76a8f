"""Normals along a climb, against dense quasi-Newton matrices and SciPy's normal densities."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from bayesinf.errors import SamplingError
from bayesinf.numerics.lbfgs import climb
from bayesinf.numerics.noise import Standard, noises
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pathfinder import (
    Pool,
    find_paths,
    normal_at,
    normals_along,
    updated_diagonal,
)
from tests.bayesinf.numerics.targets import Normal, funnel, look, starts, two_modes
from tests.conftest import within


def history_of(size: int, count: int) -> tuple[np.ndarray, deque[tuple[np.ndarray, np.ndarray]]]:
    rng = np.random.default_rng(size)
    curvature = Normal.of(size).precision
    alpha, history = np.ones(size), deque()
    for step in rng.normal(size=(count, size)):
        alpha = updated_diagonal(alpha, step, curvature @ step)
        history.append((step, curvature @ step))
    return alpha, history


@pytest.mark.parametrize(("size", "count"), [(1, 1), (3, 5), (8, 3), (8, 0)])
def test_the_covariance_is_the_dense_inverse_hessian(size: int, count: int) -> None:
    """The compact form against the BFGS update written as matrices, from the diagonal on."""
    alpha, history = history_of(size, count)
    point, gradient = np.arange(size, dtype=float), np.ones(size)
    normal = normal_at(point, gradient, alpha, history)
    dense = np.diag(alpha)
    for step, bend in history:
        turn = np.eye(size) - np.outer(step, bend) / (step @ bend)
        dense = turn @ dense @ turn.T + np.outer(step, step) / (step @ bend)
    root = normal.root()
    np.testing.assert_allclose(root @ root.T, dense, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(normal.mean, point + dense @ gradient, rtol=1e-8)
    assert normal.log_det == pytest.approx(np.linalg.slogdet(dense)[1], abs=1e-8)
    sds = 1 / np.sqrt(np.diagonal(np.linalg.inv(dense)))
    np.testing.assert_allclose(normal.conditional_sds(), sds, rtol=1e-7)
    points = np.random.default_rng(1).normal(size=(10, size))
    expected = multivariate_normal(normal.mean, dense).logpdf(points)
    np.testing.assert_allclose(normal.log_density(points), expected, rtol=1e-8)
    np.testing.assert_allclose(normal.whiten(normal.shape(points)), points, atol=1e-8)


def test_the_diagonal_follows_its_formula() -> None:
    """Gilbert and Lemarechal's update in the words of Zhang et al. (2022), algorithm 3."""
    alpha, step, bend = np.array([0.5, 2.0]), np.array([1.0, -0.4]), np.array([0.8, -0.1])
    a, b, c = bend @ (alpha * bend), bend @ step, step @ (step / alpha)
    inverse = a / (b * alpha) + bend**2 / b - a * step**2 / (b * c * alpha**2)
    np.testing.assert_allclose(updated_diagonal(alpha, step, bend), 1 / inverse)


def test_a_normal_target_is_found_with_its_evidence() -> None:
    normal = Normal.of(4)
    paths = find_paths(normal.landscape, starts(4), np.random.default_rng(0))
    assert all(path.converged for path in paths.all)
    assert len(paths.modes) == 1
    for path in paths.all:
        gap = path.normal.mean - normal.mean
        assert gap @ normal.precision @ gap < 0.1
    # The draws that judge a path are few: the best is lucky, the middle one is not.
    elbos = [path.elbo for path in paths.all]
    assert np.median(elbos) == pytest.approx(normal.log_evidence, abs=0.3)
    assert [path.elbo for path in paths.all] == sorted((p.elbo for p in paths.all), reverse=True)


def test_a_start_at_the_mode_gives_a_normal_there() -> None:
    normal = Normal.of(2)
    (way,) = climb(normal.landscape.slopes, normal.mean[np.newaxis])
    (only,) = normals_along(way)
    np.testing.assert_allclose(only.mean, normal.mean)


def test_two_modes_are_two_paths() -> None:
    land = look(two_modes, {"place": np.array(4.0)}, 3)
    paths = find_paths(land, starts(3, 12), np.random.default_rng(0))
    assert sorted(path.end.mean().round() for path in paths.modes) == [-4.0, 4.0]


@pytest.mark.parametrize("turn", [0, 1])
def test_a_pool_draws_from_the_density_that_it_states(turn: int) -> None:
    """Importance sampling of a known mean and integral by the pool's own draws."""
    land = look(two_modes, {"place": np.array(2.0)}, 2)
    paths = find_paths(land, starts(2, 12), np.random.default_rng(0))
    pool = Pool(tuple(path.normal for path in paths.modes))
    assert len(pool.parts) == 2
    points, log_density = pool.draw(np.random.default_rng(1), 20_000, noises(2)[turn])
    weights = np.exp(land.values(points) - log_density)
    within(weights.mean(), 1.0, weights.std() / np.sqrt(len(weights)))
    products = weights[:, np.newaxis] * points
    error = products.std(axis=0) / np.sqrt(len(weights))
    within(products.mean(axis=0), np.full(2, -0.8), error)


def test_standard_noise_is_standard_normal() -> None:
    points = Standard(3).sample(np.random.default_rng(0), 5)
    expected = multivariate_normal(np.zeros(3)).logpdf(points)
    np.testing.assert_allclose(Standard(3).log_density(points), expected)


def test_an_interrupted_search_is_an_error_where_it_is_only_the_beginning() -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    land = look(funnel, {"sd": np.array(1.0)}, 4)
    paths = find_paths(land, starts(4), np.random.default_rng(0), stop)
    assert paths.interrupted
    with pytest.raises(SamplingError, match="searched for the mode"):
        paths.refuse_interrupted()
