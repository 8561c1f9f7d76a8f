"""Default priors follow the rules of the design, and say why."""

import numpy as np
import pytest

from bayesinf.errors import ModelError
from bayesinf.priors import LKJ, HalfStudentT, Normal
from bayesinf.priors.defaults import (
    coefficient,
    column_scale,
    correlation,
    group_sd,
    intercept,
    residual_sd,
)


def test_each_default_is_the_rule_applied_to_the_scales():
    assert coefficient(56.0, 2.0).prior == Normal(0.0, 70.0)
    assert intercept(298.0, 56.0).prior == Normal(298.0, 140.0)
    assert group_sd(56.0, 2.0).prior == HalfStudentT(3.0, 70.0)
    assert residual_sd(56.0).prior == HalfStudentT(3.0, 56.0)
    assert correlation(2).prior == LKJ(1.0)
    assert correlation(3).prior == correlation(9).prior == LKJ(2.0)


def test_each_default_names_its_scales():
    assert "56.33" in coefficient(56.3283, 2.8807).why
    assert "2.881" in coefficient(56.3283, 2.8807).why
    assert "298.5" in intercept(298.508, 56.3283).why
    assert "2.881" in group_sd(56.3283, 2.8807).why
    assert "56.33" in residual_sd(56.3283).why
    assert "4 effects" in correlation(4).why


def test_a_column_is_measured_by_its_sample_sd():
    values = np.array([1.0, 2.0, 4.0, 9.0])
    assert column_scale(values) == pytest.approx(np.sqrt(38.0 / 3.0))


def test_a_rare_dummy_counts_as_if_it_were_less_rare():
    rare = np.zeros(1000)
    rare[:10] = 1.0
    assert column_scale(rare) == 0.25
    assert column_scale(10.0 * rare) == pytest.approx(np.std(10.0 * rare, ddof=1))
    common = np.tile([0.0, 1.0], 50)
    assert column_scale(common) == pytest.approx(np.std(common, ddof=1))


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1])
def test_a_constant_column_has_no_scale_and_no_prior(value):
    scale = column_scale(np.full(31, value))
    assert scale == 0.0
    with pytest.raises(ModelError, match="column does not vary") as caught:
        coefficient(1.0, scale)
    assert caught.value.code == "constant-column"
    with pytest.raises(ModelError, match="varying column does not vary"):
        group_sd(1.0, scale)


def test_a_single_effect_has_no_correlation():
    with pytest.raises(ModelError, match="no correlation"):
        correlation(1)


def test_a_known_sd_is_taken_at_its_word_but_for_dummies_and_constants():
    values = np.random.default_rng(1).normal(size=5000)
    assert column_scale(values, 2.5) == 2.5
    late = np.zeros(5000)
    late[-1] = 1.0
    assert column_scale(late) == column_scale(late, 0.01) == 0.25
    late[-1] = 2.0
    assert column_scale(late, 0.03) == 0.03
    assert column_scale(np.ones(5000), 0.01) == 0.0
