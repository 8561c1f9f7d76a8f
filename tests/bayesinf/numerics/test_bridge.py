"""Tempered densities and their gradients; moves that leave a density as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_t

from bayesinf.numerics.bridge import Bridge, Ends, mix
from bayesinf.numerics.proposal import Student
from tests.bayesinf.numerics.targets import Normal
from tests.conftest import within

NORMAL = Normal.of(3)
REFERENCE = Student.with_scale(NORMAL.mean + 1.0, 4.0 * NORMAL.covariance, 5.0)


@pytest.fixture(scope="module")
def ends() -> Ends:
    return Ends(NORMAL.landscape.slopes, REFERENCE)


def test_the_reference_is_a_t_distribution(ends: Ends) -> None:
    points = np.random.default_rng(0).normal(size=(5, 3))
    values, gradients = ends.below(points)
    exact = multivariate_t(NORMAL.mean + 1.0, 4.0 * NORMAL.covariance, 5.0)
    np.testing.assert_allclose(values, exact.logpdf(points), rtol=1e-10)
    for point, gradient in zip(points, gradients, strict=True):
        np.testing.assert_allclose(approx_fprime(point, exact.logpdf, 1e-7), gradient, atol=1e-4)


def test_the_bridge_is_a_geometric_mean_in_fitted_coordinates(ends: Ends) -> None:
    rng = np.random.default_rng(1)
    cloud = rng.multivariate_normal(NORMAL.mean, NORMAL.covariance, 500)
    bridge = Bridge.first(ends).fitted(cloud, np.ones(500), 0.3)
    points = rng.normal(size=(3, 4))
    places = bridge.places(points)
    np.testing.assert_allclose(bridge.coordinates(places), points, atol=1e-10)
    values, gradients = bridge.both(points)
    expected = 0.3 * NORMAL.landscape.values(places) + 0.7 * ends.below(places)[0]
    np.testing.assert_allclose(values, expected, rtol=1e-10)

    def value(point: np.ndarray) -> float:
        return float(bridge.both(point[:, np.newaxis])[0][0])

    for k in range(4):
        numerical = approx_fprime(points[:, k], value, 1e-7)
        np.testing.assert_allclose(gradients[:, k], numerical, atol=1e-4)


def test_coordinates_whiten_weighted_particles(ends: Ends) -> None:
    """Far more particles than unknowns: what was before hardly counts."""
    rng = np.random.default_rng(2)
    cloud = rng.normal(size=(20_000, 3)) * [1.0, 2.0, 3.0]
    weights = np.exp(0.5 * cloud[:, 0])
    bridge = Bridge.first(ends).fitted(cloud, weights, 1.0)
    np.testing.assert_allclose(bridge.centre, [0.5, 0.0, 0.0], atol=0.1)
    np.testing.assert_allclose(bridge.root @ bridge.root.T, np.diag([1.0, 4.0, 9.0]), atol=0.5)


@pytest.mark.parametrize("step", [0.1, 0.9])
def test_moves_leave_the_density_as_it_is_and_forget_the_start(ends: Ends, step: float) -> None:
    rng = np.random.default_rng(3)
    start = rng.multivariate_normal(NORMAL.mean, NORMAL.covariance, 4000)
    bridge = replace(Bridge.first(ends).fitted(start, np.ones(4000), 1.0), step=step)
    cloud, later, moved = mix(ends.look(start), bridge, rng)
    assert moved.likeness < 0.1
    assert moved.broken == 0.0
    assert later.step != step
    np.testing.assert_allclose(cloud.target, NORMAL.landscape.values(cloud.points), rtol=1e-10)
    error = np.sqrt(np.diagonal(NORMAL.covariance) / 4000)
    within(cloud.points.mean(axis=0), NORMAL.mean, error)
    spread = np.diagonal(NORMAL.covariance)
    within(cloud.points.var(axis=0), spread, spread * np.sqrt(2 / 4000))
