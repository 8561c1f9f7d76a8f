from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Effects
from causal.policy.effects import row_effects, row_outcomes
from causal.policy.rules import EffectAbove, Everybody, Nobody, Threshold
from causal.policy.value import perfect_information, value


def test_effects_of_rows_average_to_the_headline(trial):
    effects = row_effects(trial)
    assert effects.shape == (*trial.draws.shape, 599)
    assert np.allclose(effects.mean(axis=-1), trial.draws)


def test_a_value_is_the_average_of_the_outcomes_that_follow(trial):
    rule = Threshold("price", 0.8)  # a column that the model does not use
    found = value(trial, rule, cost="price", worth=2.0)
    low, high = row_outcomes(trial)
    price = np.delete(trial.frame["price"], 3)
    treated = price > 0.8
    assert np.array_equal(found.treated, treated)
    by_rows = np.where(treated, high, low).mean(axis=-1)
    assert np.allclose(found.outcome, by_rows)
    net = 2 * (high - low) - price
    assert np.allclose(found.over_nobody, (net * treated).mean(axis=-1))
    assert np.allclose(found.over_everybody, (net * (treated * 1.0 - 1)).mean(axis=-1))
    knowing = np.where(net > 0, net, 0).mean(axis=-1)
    assert np.allclose(found.loss, knowing - found.over_nobody)
    assert "gains" in found.sentence()


def test_everybody_and_nobody_are_the_ends(trial):
    assert np.allclose(value(trial, Everybody()).over_nobody, trial.draws)
    assert np.allclose(value(trial, Everybody()).over_everybody, 0)
    assert np.allclose(value(trial, Nobody()).over_everybody, -trial.draws)
    assert np.allclose(value(trial, Nobody()).outcome, trial.answer.parts["E[Y(0)]"])


def test_the_threshold_on_the_expected_effect_loses_least(trial):
    best = value(trial, EffectAbove(0.5, trial), cost=0.5)
    for other in (Everybody(), Nobody(), Threshold("age", 0.3), Threshold("dose", 1)):
        assert best.loss.mean() <= value(trial, other, cost=0.5).loss.mean()
    table = perfect_information(trial, cost=0.5)
    assert table.loc["row by row", "now"] == pytest.approx(best.over_nobody.mean())
    assert table.loc["row by row", "worth_knowing"] == pytest.approx(best.loss.mean())
    whole = trial.draws - 0.5
    expected = np.maximum(whole, 0).mean() - max(0, whole.mean())
    assert table.loc["all or nobody", "worth_knowing"] == pytest.approx(expected)


def test_supplied_effects_of_rows_are_taken(trial):
    supplied = Effects("row", tuple(range(599)), row_effects(trial) + 1)
    answer = replace(trial.answer, effects={"row": supplied}, prediction=None)
    other = replace(trial, answer=answer)
    found = value(other, Everybody())
    assert np.allclose(found.over_nobody, trial.draws + 1)
    assert np.allclose(found.outcome, trial.answer.parts["E[Y(0)]"] + trial.draws + 1)


def test_what_does_not_fit_is_refused(trial):
    with pytest.raises(bi.DataError, match="599 rows"):
        value(trial, Everybody(), cost=np.ones(5))
    bare = replace(trial, answer=replace(trial.answer, prediction=None))
    with pytest.raises(bi.ModelError, match="no outcome model"):
        value(bare, Everybody())


@pytest.mark.parametrize("rule", ["price > 0.8", None, lambda rows: rows])
def test_what_is_no_rule_is_told_how_to_write_one(trial, rule):
    with pytest.raises(bi.ModelError, match="whom to treat") as caught:
        value(trial, rule)
    assert "Threshold('age', 50)" in str(caught.value.hint)
