from itertools import product

import numpy as np
import pytest

import bayesinf as bi
from causal.policy.budget import pick, treat_best
from causal.policy.effects import row_effects


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_holds_all_choices_and_greed_comes_near(seed):
    rng = np.random.default_rng(seed)
    gains, price = rng.normal(size=10), rng.random(10) + 0.2
    rows, budget = 5, 2.0
    picked, bound = pick(gains, price, rows, budget)
    choices = np.array(list(product([0, 1], repeat=10)))
    allowed = (choices.sum(axis=1) <= rows) & (choices @ price <= budget)
    best = (choices[allowed] @ gains).max()
    assert picked.sum() <= rows and price[picked].sum() <= budget
    assert gains[picked].sum() <= best + 1e-12 <= bound + 1e-9
    assert best - gains[picked].sum() <= gains.max()
    alone, tight = pick(gains, price, rows, None)
    assert gains[alone].sum() == pytest.approx(tight)
    assert (choices[choices.sum(axis=1) <= rows] @ gains).max() == pytest.approx(tight)


def test_equal_costs_make_a_budget_a_number_of_rows(trial):
    by_rows = treat_best(trial, rows=60, cost=0.1)
    by_money = treat_best(trial, budget=6.0001, cost=0.1)
    assert np.array_equal(by_rows.rule.picked, by_money.rule.picked)
    mean = row_effects(trial).mean(axis=(0, 1))
    assert mean[by_rows.rule.picked].min() >= mean[~by_rows.rule.picked].max()
    assert by_money.spent == pytest.approx(6)
    assert by_rows.missed == pytest.approx(0)
    assert "spends 6" in repr(by_money)


def test_limits_have_to_be_given(trial):
    with pytest.raises(bi.ModelError, match="Nothing limits"):
        treat_best(trial)
    with pytest.raises(bi.ModelError, match="costs something"):
        treat_best(trial, budget=3.0)
