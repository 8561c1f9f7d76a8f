import numpy as np
import pytest

from causal.discontinuity.bandwidth import Bandwidths
from causal.discontinuity.local_polynomial import powers
from causal.discontinuity.robust import least_squares_jump, robust_jump


def test_one_window_for_both_is_a_local_parabola(generator):
    # With h = b the corrected line is the parabola fitted with the same kernel.
    x = generator.uniform(-1, 1, 400)
    y = np.exp(x) + 0.5 * (x >= 0) + 0.1 * generator.normal(size=400)
    limits = []
    for side in (x < 0, x >= 0):
        near = np.clip(1 - np.abs(x[side]) / 0.6, 0, None)
        design = powers(x[side], 2)
        gram = design.T @ (near[:, None] * design)
        limits.append(np.linalg.solve(gram, design.T @ (near * y[side]))[0])
    found = robust_jump(x, y, Bandwidths(0.6, 0.6))
    assert found.corrected == pytest.approx(limits[1] - limits[0], rel=1e-9)
    lower, upper = found.interval
    assert (lower + upper) / 2 == pytest.approx(found.corrected)
    assert upper - lower == pytest.approx(2 * 1.96 * found.robust_error, rel=1e-4)


def test_errors_are_those_of_simulation(generator):
    x = np.sort(generator.uniform(-1, 1, 500))
    found = [
        robust_jump(x, np.sin(x) + 0.3 * generator.normal(size=500), Bandwidths(0.5, 0.7))
        for _ in range(400)
    ]
    for value, error in (("corrected", "robust_error"), ("conventional", "conventional_error")):
        spread = np.std([getattr(jump, value) for jump in found])
        assert np.mean([getattr(jump, error) for jump in found]) == pytest.approx(spread, rel=0.12)


def test_a_fuzzy_jump_of_a_sharp_treatment_is_the_sharp_one(generator):
    x = generator.uniform(-1, 1, 300)
    y = x + generator.normal(size=300)
    sharp = robust_jump(x, y, Bandwidths(0.5, 0.8))
    fuzzy = robust_jump(x, y, Bandwidths(0.5, 0.8), (x >= 0).astype(float))
    assert fuzzy.conventional == pytest.approx(sharp.conventional)
    assert fuzzy.corrected == pytest.approx(sharp.corrected)
    assert fuzzy.robust_error == pytest.approx(sharp.robust_error)


def test_least_squares_against_one_joint_regression(generator):
    x = generator.uniform(-1, 1, 300)
    y = (x >= 0) + np.exp(x) + (0.1 + np.abs(x)) * generator.normal(size=300)
    near = np.abs(x) <= 0.8
    d, u = (x[near] >= 0).astype(float), x[near]
    design = np.column_stack([d, np.ones(len(u)), u, u**2, d * u, d * u**2])
    inverse = np.linalg.inv(design.T @ design)
    found = inverse @ design.T @ y[near]
    left = y[near] - design @ found
    meat = design.T @ (left[:, None] ** 2 * design)
    error = np.sqrt((inverse @ meat @ inverse)[0, 0] * len(u) / (len(u) - 6))
    assert least_squares_jump(x, y, 0.8, 2) == pytest.approx((found[0], error), rel=1e-8)
