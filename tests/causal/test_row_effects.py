"""Draws of rows become averages: weighted by draw, and with observed outcomes where asked."""

import numpy as np
import pytest

from causal.row_effects import average, realised


def test_averages_are_weighted_by_draw_and_group():
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=(3, 5)), rng.random((3, 5))
    members = np.array([[True] * 5, [True, False, True, False, False]])
    found = average(values, weights, members)
    for draw in range(3):
        for group, rows in enumerate(members):
            expected = np.average(values[draw, rows], weights=weights[draw, rows])
            assert found[draw, group] == pytest.approx(expected)


def test_realised_outcomes_are_observed_or_predicted():
    received = np.array([True, False])
    control, treated = np.zeros((50_000, 2)), np.ones((50_000, 2))
    outcome = np.array([7.0, 8.0])
    rng = np.random.default_rng(1)
    without, with_it = realised(control, treated, outcome, received, (0.5, 2.0), rng)
    assert (with_it[:, 0] == 7).all()
    assert (without[:, 1] == 8).all()
    assert without[:, 0].std() == pytest.approx(0.5, rel=0.02)
    assert with_it[:, 1].mean() == pytest.approx(1, abs=0.05)
    assert with_it[:, 1].std() == pytest.approx(2, rel=0.02)
