"""The frugal search for a mode: right answers from few values."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.ascent import below_dip, climb, find_modes_frugally
from bayesinf.numerics.mode import find_mode, numerical_derivatives
from bayesinf.numerics.surrogate import Record


def scaled(points):
    """Log scales known to 0.002 and to 0.4, correlated, with one skewed tail."""
    first, second = points[..., 0] / 0.002, points[..., 1] / 0.4
    return -0.5 * (first - 0.5 * second) ** 2 + 4.0 * (second - np.exp(second)) / 4.0


def bimodal(points):
    near, far = (-0.5 * ((points - c) ** 2).sum(-1) for c in (0.0, 9.0))
    return np.logaddexp(near, far - 2.0)


@pytest.mark.parametrize("start", [[0.01, 0.1], [1.5, -1.0], [-0.5, 2.0]])
def test_it_finds_the_mode_and_its_curvature(start):
    record = Record(scaled)
    found = climb(record, np.array(start))
    exact = find_mode(scaled, numerical_derivatives(scaled), np.array([0.01, 0.1]))
    factor = np.linalg.cholesky(-exact.hessian)
    assert found.converged
    assert np.linalg.norm(factor.T @ (found.point - exact.point)) < 0.1
    relative = np.linalg.solve(factor, np.linalg.solve(factor, found.hessian).T)
    assert np.abs(np.linalg.eigvalsh(relative) + 1.0).max() < 0.3
    assert record.count < 150


def test_starts_that_lead_up_are_asked_a_few_values_only():
    record = Record(scaled)
    starts = np.array([[0.01, 0.1], [0.3, -1.0], [-0.2, 0.5]])
    modes = find_modes_frugally(record, starts)
    alone = Record(scaled)
    climb(alone, starts[0])
    assert modes.agree and len(modes.all) == 1
    assert record.count <= alone.count + 60


def test_a_start_behind_a_dip_is_climbed_from():
    modes = find_modes_frugally(bimodal, np.array([[0.3, 0.2], [9.5, 8.0]]))
    assert len(modes.all) == 2 and not modes.agree
    assert modes.gap == pytest.approx(2.0, abs=0.05)


def test_the_foot_lies_below_the_dip():
    mode = climb(bimodal, np.array([0.3, 0.2]))
    foot = below_dip(bimodal, np.array([10.0, 10.0]), -3.0, mode)
    assert foot is not None and np.linalg.norm(foot - 9.0) < 3.0
    assert below_dip(bimodal, np.array([2.0, 2.0]), bimodal(np.array([2.0, 2.0])), mode) is None


def test_no_mode_is_said_so():
    assert not climb(lambda points: points[..., 0] - points[..., 1] ** 2, np.zeros(2)).converged


def test_an_edge_of_the_support_is_no_obstacle():
    def edged(points):
        inside = points[..., 0] > -1.0
        return np.where(inside, -0.5 * (points**2).sum(-1) / 0.09, -np.inf)

    found = climb(edged, np.array([-0.995, 1.0]))
    assert found.converged and np.abs(found.point).max() < 0.03
