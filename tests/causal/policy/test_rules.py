import numpy as np
import pytest

import bayesinf as bi
from causal.policy.effects import row_effects
from causal.policy.rules import Both, EffectAbove, Everybody, Nobody, Rows, Split, Threshold

FRAME = {"age": [30.0, 45.0, 60.0], "dose": [10.0, 30.0, 20.0]}


def test_rules_are_read_and_applied():
    rule = Both(Threshold("age", 40), Threshold("dose", 20, "<="))
    assert str(rule) == "treat if age > 40 and dose <= 20"
    assert rule.treats(FRAME).tolist() == [False, False, True]
    assert rule.columns == ("age", "dose")
    tree = Split("age", 40, Threshold("dose", 5), Everybody())
    assert str(tree) == "treat if age <= 40 and dose > 5, or age > 40"
    assert tree.treats(FRAME).all()
    assert str(Split("age", 40, Nobody(), Nobody())) == "treat nobody"
    assert str(Split("age", 40, Everybody(), Everybody())).startswith("treat if age <= 40")


def test_rules_are_values():
    assert Threshold("age", 40) == Threshold("age", 40)
    assert hash(Both(Threshold("a", 1), Nobody())) == hash(Both(Threshold("a", 1), Nobody()))
    with pytest.raises(AttributeError):
        Threshold("age", 40).at = 30


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(bi.DataError, match="missing in 1 rows, first in row 1"):
        Threshold("age", 1).treats({"age": [1.0, np.nan]})
    with pytest.raises(bi.DataError, match="holds 'f'"):
        Threshold("sex", 1).treats({"sex": ["f", "m"]})
    with pytest.raises(bi.DataError, match="dosage"):
        Threshold("dosage", 1).treats(FRAME)
    with pytest.raises(bi.DataError, match="says nothing about 3 others"):
        Rows(np.array([True, False])).treats(FRAME)


def test_the_expected_effect_of_new_rows_decides(trial):
    rule = EffectAbove(0.5, trial)
    assert rule.columns == ("age", "dose")
    treated = rule.treats({"age": [-2.0, 2.0], "dose": [1.0, 1.0]})
    assert treated.tolist() == [False, True]
    table = trial.answer.contrast.table
    mean = row_effects(trial).mean(axis=(0, 1))
    assert np.array_equal(rule.treats(table), mean > 0.5)
