import numpy as np
import pytest

from causal.staggered.trends import Trends, judge_trends


def trends(effect, steps, reach=2.0, noise=0.01, draws=4000) -> Trends:
    rng = np.random.default_rng(1)
    drawn = np.array(steps) + noise * rng.normal(size=(draws, len(steps)))
    return Trends("ATT", effect + 0.01 * rng.normal(size=draws), drawn, reach)


def codes(found) -> dict[str, str]:
    return {finding.code: finding.severity for finding in found}


def test_the_slope_is_that_of_least_squares():
    steps = np.random.default_rng(1).normal(size=(5, 4))
    found = Trends("ATT", np.zeros(5), steps, 1.0).slope
    path = np.concatenate([np.zeros((5, 1)), steps.cumsum(axis=1)], axis=1)
    expected = [np.polyfit(np.arange(5), line, 1)[0] for line in path]
    assert np.allclose(found, expected)


def test_flat_trends_are_good_news():
    found = judge_trends(trends(1.0, [0.0, 0.0, 0.0]))
    assert codes(found) == {"pre-trends": "good", "anticipation": "good", "parallel-trends": "good"}


def test_a_drift_that_explains_the_effect_is_bad():
    found = judge_trends(trends(1.0, [0.5, 0.5, 0.5]))
    assert codes(found)["pre-trends"] == "bad"
    assert found[0].evidence["bias_of_drift"] == pytest.approx(1, abs=0.02)
    assert codes(found)["parallel-trends"] == "note"
    assert found[2].evidence["breakdown"] == pytest.approx(1 / (0.5 * 2), abs=0.1)


def test_the_same_drift_beside_a_large_effect_is_not():
    assert codes(judge_trends(trends(20.0, [0.5, 0.5, 0.5])))["pre-trends"] == "good"


def test_noisy_times_before_treatment_say_nothing():
    found = judge_trends(trends(1.0, [0.0, 0.0, 0.0], noise=1.0))
    assert "pre-trends" not in codes(found)
    assert codes(found)["pre-trends-silent"] == "note"
    assert found[0].evidence["power_against_half"] < 0.5


def test_power_is_how_often_a_drift_of_half_the_effect_would_be_seen():
    made = trends(1.0, [0.0, 0.0, 0.0], noise=0.3)
    told = judge_trends(made)[0].evidence["power_against_half"]
    slopes = made.slope / made.slope.std()
    shift = 0.5 / made.reach / made.slope.std()
    assert told == pytest.approx(np.mean(np.abs(slopes + shift) > 1.96), abs=0.03)


def test_a_jump_just_before_treatment_looks_anticipated():
    found = judge_trends(trends(1.0, [0.0, 0.0, 0.4]))
    assert codes(found)["anticipation"] == "warning"


def test_bounds_grow_with_the_deviation_and_hold_zero_from_the_breakdown_on():
    made = trends(1.0, [0.1, -0.2, 0.1])
    limit = made.breakdown()
    assert made.interval(0)[0] > made.interval(0.5)[0] > made.interval(1)[0]
    assert made.interval(limit * 0.99)[0] > 0 > made.interval(limit * 1.01)[0]
    negative = Trends("ATT", -made.effect, made.steps, made.reach)
    assert negative.breakdown() == pytest.approx(limit, rel=0.01)


def test_without_times_before_treatment_trends_are_untested():
    found = judge_trends(Trends("ATT", np.ones(10), np.empty((10, 0)), 1.0))
    assert codes(found) == {"no-pre-periods": "warning"}


def test_an_effect_that_may_be_zero_has_no_sign_to_overturn():
    found = judge_trends(trends(0.0, [0.0, 0.0]))
    assert codes(found)["parallel-trends-open"] == "note"
