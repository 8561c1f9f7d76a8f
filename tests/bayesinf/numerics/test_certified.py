"""Certified draws from densities with known answers, and densities that must not be certified."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesinf.numerics.certified import Certified, Request, sample_certified
from bayesinf.numerics.random import Streams
from bayesinf.types import namespace
from tests.conftest import within


def skewed(flat, data):
    """Log gamma(2) in the first coordinate, normal around it in the second."""
    xp = namespace(flat)
    first = 2 * flat[..., 0] - xp.exp(flat[..., 0])
    return first - 0.5 * (flat[..., 1] - data["shift"] - flat[..., 0]) ** 2


def two_modes(flat, data):
    """Two well separated normals of equal weight."""
    xp = namespace(flat)
    near, far = (-0.5 * ((flat - place) ** 2).sum(-1) for place in (data["near"], data["far"]))
    return xp.logaddexp(near, far)


def funnel(flat, data):
    """Neal's funnel in three dimensions, whose mode says nothing about its mass."""
    xp = namespace(flat)
    log_scale = flat[..., 0]
    inner = -0.5 * (flat[..., 1:] ** 2).sum(-1) * xp.exp(-log_scale) - log_scale
    return inner - 0.5 * (log_scale / data["width"]) ** 2


def run(density, data, starts) -> Certified:
    return sample_certified(density, data, starts, Request(4, 1000, Streams(1), batch=500))


def test_a_skewed_density_is_sampled_exactly() -> None:
    sample = run(skewed, {"shift": np.array(3.0)}, np.zeros((3, 2)))
    assert sample.certificate is not None and sample.certificate.agrees
    assert sample.run is None
    first, second = sample.points[..., 0].ravel(), sample.points[..., 1].ravel()
    exact = stats.loggamma(2)
    effective = sample.certificate.ess / 2
    within(first.mean(), exact.mean(), exact.std() / np.sqrt(effective))
    within(second.mean(), exact.mean() + 3, np.sqrt(exact.var() + 1) / np.sqrt(effective))
    within(first.std(), exact.std(), exact.std() / np.sqrt(effective))


def test_two_modes_are_not_certified() -> None:
    data = {"near": np.array([0.0, 0.0]), "far": np.array([30.0, 30.0])}
    sample = run(two_modes, data, np.array([[0.5, 0.5], [29.0, 31.0]]))
    assert sample.modes is not None and not sample.modes.agree
    assert len(sample.modes.all) == 2
    assert sample.modes.gap == pytest.approx(0.0, abs=1e-6)
    assert sample.run is not None, "Hamiltonian Monte Carlo takes over and R-hat will tell"


def test_a_funnel_is_not_certified() -> None:
    sample = run(funnel, {"width": np.array(3.0)}, np.zeros((2, 3)))
    assert sample.run is not None


def test_far_proposals_that_overflow_weigh_nothing() -> None:
    def steep(flat, data):
        xp = namespace(flat)
        return -xp.exp(xp.exp(flat[..., 0] ** 2)) + data

    sample = run(steep, np.array(0.0), np.zeros((1, 1)))
    assert np.isfinite(sample.points).all()
