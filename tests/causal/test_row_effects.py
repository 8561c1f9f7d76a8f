"""Draws of rows become averages: weighted by draw, and with observed outcomes where asked."""

import numpy as np
import pytest

from causal.comparison import Comparison
from causal.estimand import ATE
from causal.formula import Adjuster
from causal.row_effects import average, judge_left_out, realised, refuse_rows


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


def test_group_terms_are_refused_by_name():
    frame = {"y": [1.0, 2.5, 3.0], "t": [0, 1, 0], "g": ["a", "b", "a"]}
    adjusters = (Adjuster("(1|g)", ("g",), "group"),)
    asked = Comparison(frame, "y", "t", ATE(), adjusters, "y ~ t + (1|g)")
    assert "knows no group terms (g)" in str(refuse_rows(asked, "This"))


def test_rows_left_out_are_counted():
    assert judge_left_out(10, 10) == ()
    (found,) = judge_left_out(10, 8)
    assert (found.severity, found.evidence["share"]) == ("warning", pytest.approx(0.2))
    assert found.sentence.startswith("2 of 10 rows were left out")
