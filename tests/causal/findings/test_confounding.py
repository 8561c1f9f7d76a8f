import math

import numpy as np
import pytest

import bayesinf as bi
from causal.findings import e_value, judge_confounding


@pytest.mark.parametrize(
    ("risk_ratio", "expected"),
    # VanderWeele and Ding (2017): breastfeeding (3.9 with lower limit 1.8), and 1 for no effect.
    [(3.9, 7.26), (1.8, 3.0), (1.0, 1.0)],
)
def test_published_values(risk_ratio, expected):
    assert e_value(risk_ratio) == pytest.approx(expected, abs=0.005)
    assert e_value(1 / risk_ratio) == pytest.approx(e_value(risk_ratio))


def test_it_solves_the_bounding_factor():
    # Ding and VanderWeele (2016): a confounder of strength a, b moves a ratio by ab / (a + b - 1).
    for ratio in (1.2, 2.0, 10.0):
        strength = e_value(ratio)
        assert strength**2 / (2 * strength - 1) == pytest.approx(ratio)


def test_a_difference_is_converted_by_chinn():
    rng = np.random.default_rng(2)
    treated, control = 3 + 0.1 * rng.normal(size=(4, 500)), 1 + 0.1 * rng.normal(size=(4, 500))
    spread = 1.2
    (finding,) = judge_confounding(treated, control, spread)
    effect = (treated - control).ravel()
    assert finding.evidence["e_value"] == pytest.approx(
        e_value(math.exp(0.91 * effect.mean() / spread))
    )
    lower = bi.summary_frame(["e"], (treated - control)[..., None])["lower"].iloc[0]
    assert finding.evidence["e_value_limit"] == pytest.approx(
        e_value(math.exp(0.91 * lower / spread))
    )
    # The sign of the effect does not matter.
    (turned,) = judge_confounding(control, treated, spread)
    assert turned.evidence["e_value"] == pytest.approx(finding.evidence["e_value"])


def test_probabilities_give_the_risk_ratio_itself():
    rng = np.random.default_rng(2)
    treated = 0.6 + 0.01 * rng.normal(size=(4, 500))
    control = 0.2 + 0.01 * rng.normal(size=(4, 500))
    (finding,) = judge_confounding(treated, control, None)
    assert finding.evidence["risk_ratio"] == pytest.approx(treated.mean() / control.mean())
    assert finding.evidence["e_value"] > finding.evidence["e_value_limit"] > 1


def test_an_interval_around_zero_needs_no_confounder():
    rng = np.random.default_rng(2)
    (finding,) = judge_confounding(rng.normal(size=(4, 500)), rng.normal(size=(4, 500)), 1.0)
    assert finding.evidence["e_value_limit"] == 1
    assert "includes no effect as it is" in finding.sentence


@pytest.mark.parametrize(
    "treated", [np.zeros((4, 50)), np.full((4, 50), -0.01), np.full((4, 50), 1e-9)]
)
def test_without_two_positive_averages_there_is_no_risk_ratio(treated):
    for pair in ((treated, np.full((4, 50), 0.2)), (np.full((4, 50), 0.2), treated)):
        (finding,) = judge_confounding(*pair, None)
        assert finding.severity == "note" and "No E-value can be had" in finding.sentence
    both = judge_confounding(treated, treated, None)[0]
    assert "No E-value" in both.sentence


def test_huge_effects_have_a_finite_e_value():
    (finding,) = judge_confounding(np.full((4, 50), 1e6), np.zeros((4, 50)), 1.0)
    assert finding.evidence["risk_ratio"] == pytest.approx(1000)
    (finding,) = judge_confounding(np.zeros((4, 50)), np.full((4, 50), 1e6), 1.0)
    assert math.isfinite(finding.evidence["e_value"])


@pytest.mark.parametrize("ratio", [0.0, -1.0, math.inf, math.nan])
def test_no_e_value_of_what_is_no_ratio(ratio):
    with pytest.raises(bi.DataError, match="positive, finite"):
        e_value(ratio)
