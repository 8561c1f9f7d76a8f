"""Warped coordinates: maps that can be undone, and densities that become normal along each axis."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from bayesinf.numerics.mode import find_mode, numerical_derivatives
from bayesinf.numerics.warp import Warp, smooth_slopes, warp_at_mode


def skewed(points):
    """Independent log-gamma variables with 1.5 and 4 degrees, log scales of few and many groups."""
    shapes = np.array([1.5, 4.0])
    return (shapes * (points - np.exp(points))).sum(axis=-1)


def edged(points):
    """A normal that ends half a standard deviation below its mode."""
    return np.where(points[:, 0] > -0.5, -0.5 * (points**2).sum(axis=1), -np.inf)


def warped(value, d: int) -> Warp:
    return warp_at_mode(value, find_mode(value, numerical_derivatives(value), np.zeros(d)))


def test_along_each_axis_the_density_falls_as_a_normal_does():
    warp = warped(skewed, 2)
    w = np.linspace(-3.5, 3.5, 29)
    for axis in np.eye(2):
        fall = skewed(warp.points(np.zeros((1, 2)))) - skewed(warp.points(w[:, None] * axis))
        assert np.abs(np.sqrt(2 * np.maximum(fall, 0)) - np.abs(w)).max() < 0.05


@pytest.mark.parametrize("value", [skewed, edged])
def test_the_map_can_be_undone(value):
    warp = warped(value, 2)
    w = np.random.default_rng(1).normal(0, 2.5, (200, 2))
    assert np.abs(warp.coordinates(warp.points(w)) - w).max() < 1e-8


def test_the_stretch_is_the_derivative():
    warp = warped(skewed, 2)
    w = np.random.default_rng(2).normal(0, 2.5, (50, 2))
    step = 1e-6
    ratios = [
        np.linalg.norm(warp.points(w + step * axis) - warp.points(w - step * axis), axis=1)
        for axis in np.eye(2)
    ]
    found = np.log(np.prod(ratios, axis=0) / (2 * step) ** 2)
    exact = warp.log_stretch(w) + np.linalg.slogdet(warp.cholesky)[1]
    np.testing.assert_allclose(found, exact, atol=1e-6)


def test_probability_is_kept():
    """The warped density integrates to what the density does."""
    one = warped(lambda points: 1.5 * (points - np.exp(points)).sum(axis=1), 1)

    def density(w: float) -> float:
        place = np.array([[w]])
        point = one.points(place)[0, 0]
        stretch = one.log_stretch(place)[0] + np.log(one.cholesky[0, 0])
        return float(np.exp(1.5 * (point - np.exp(point)) + stretch))

    direct = quad(lambda x: np.exp(1.5 * (x - np.exp(x))), -40, 5)[0]
    assert quad(density, -12, 8, limit=200)[0] == pytest.approx(direct, rel=1e-6)


def test_slopes_keep_a_jump_monotone():
    knots = np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]])
    heights = np.array([[-2.0, -1.9, 0.0, 0.1, 3.0]])
    slopes = smooth_slopes(knots, heights)
    warp = Warp(np.zeros(1), np.eye(1), knots, heights, slopes)
    dense = np.linspace(-5, 5, 2001)[:, None]
    assert (np.diff(warp.points(dense)[:, 0]) > 0).all()


def test_slopes_of_a_straight_line_are_its_slope():
    knots = np.array([[-3.0, -1.0, 0.0, 2.0, 3.0]])
    np.testing.assert_allclose(smooth_slopes(knots, 2.5 * knots), 2.5)
