import numpy as np
import pytest

import bayesinf as bi
from causal.findings.null_effect import NullEffect, judge_null, outcome_scale

NOISE = np.random.default_rng(1).normal(size=(4, 1000))


def judge(null: float, sd: float, effect: float, effect_sd: float = 0.2) -> bi.Finding:
    return judge_null(
        NullEffect(null + sd * NOISE, 2.0, effect + effect_sd * NOISE, 2.0, "It", "R.", "c", "Do.")
    )


@pytest.mark.parametrize(
    ("null", "sd", "effect", "severity"),
    [
        (1.0, 0.1, 1.5, "bad"),  # two thirds of the effect, for sure
        (-1.0, 0.1, 1.5, "bad"),  # the sign does not matter
        (0.4, 0.1, 1.5, "warning"),  # a quarter
        (0.1, 0.02, 1.5, "note"),  # real, but a fifteenth of the effect and half of its sd
        (0.1, 0.1, 1.5, "good"),
        (0.5, 1.0, 1.5, "note"),  # may be zero, may be as large as the effect
        (0.5, 0.1, 0.0, "bad"),  # no effect at all, and a false one for sure
    ],
)
def test_the_measure_is_the_size_of_the_effect_and_not_zero_alone(null, sd, effect, severity):
    found = judge(null, sd, effect)
    assert found.severity == severity
    assert bool(found.remedy) == (severity in ("bad", "warning"))
    assert all(np.isfinite(list(found.evidence.values())))


def test_both_effects_are_in_units_of_their_outcome():
    found = judge_null(
        NullEffect(10 + NOISE, 100.0, 1.0 + 0.1 * NOISE, 2.0, "It", "R.", "c", "Do.")
    )
    assert found.evidence["standardised"] == pytest.approx(0.1, abs=0.01)
    assert found.evidence["effect_standardised"] == pytest.approx(0.5, abs=0.01)
    assert found.severity == "warning"


def test_scales_of_numbers_truths_and_text():
    assert outcome_scale(np.array([1.0, 3.0])) == 1.0
    assert outcome_scale(np.array([True, False])) == 0.5
    assert outcome_scale(np.array(["no", "yes"], dtype=object)) == 0.5
    with pytest.raises(bi.DataError, match="3"):
        outcome_scale(np.array(["a", "b", "c"], dtype=object))
    with pytest.raises(bi.DataError, match="the same in all rows"):
        outcome_scale(np.ones(3))
