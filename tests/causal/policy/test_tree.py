from itertools import product

import numpy as np
import pytest

import bayesinf as bi
from causal.policy.rules import Everybody, Nobody, Split
from causal.policy.scores import hold_out
from causal.policy.tree import Grid, best_tree


def brute(matrix, gains, depth, smallest=1):
    """The largest sum over all trees, by trying every one."""
    if len(gains) < smallest:
        return -np.inf
    best = max(0.0, gains.sum())
    if depth == 0:
        return best
    for column, at in product(range(matrix.shape[1]), np.unique(matrix)):
        low = matrix[:, column] <= at
        if low.all() or not low.any():
            continue
        sides = [brute(matrix[side], gains[side], depth - 1, smallest) for side in (low, ~low)]
        best = max(best, sum(sides))
    return best


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("smallest", [1, 4])
@pytest.mark.parametrize("seed", range(8))
def test_the_search_is_exact(depth, smallest, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 5, (18, 3)).astype(float)
    gains = rng.normal(size=18)
    grid = Grid.of(matrix, ("a", "b", "c"), 100, smallest)
    rule = grid.search(gains, depth)
    treated = rule.treats(grid.frame(np.ones(18, dtype=bool)))
    assert gains @ treated == pytest.approx(brute(matrix, gains, depth, smallest))


def test_no_split_without_gain():
    matrix = np.arange(10.0)[:, None]
    assert Grid.of(matrix, ("a",), 100).search(np.ones(10), 2) == Everybody()
    assert Grid.of(matrix, ("a",), 100).search(-np.ones(10), 2) == Nobody()
    assert Grid.of(np.ones((10, 1)), ("a",), 100).search(np.arange(10.0) - 3, 2) == Everybody()


def test_many_values_are_cut_at_quantiles():
    matrix = np.random.default_rng(1).normal(size=(5000, 1))
    grid = Grid.of(matrix, ("a",), 50)
    assert len(grid.cuts[0]) == 50
    rule = grid.search(matrix[:, 0] - 0.5, 1)
    assert isinstance(rule, Split) and abs(rule.at - 0.5) < 0.06


def test_a_tree_finds_who_gains_and_says_that_it_is_optimistic(trial):
    held = hold_out(trial, folds=3)
    found = best_tree(trial, ["age", "dose"], depth=1, cost=0.5, held=held)
    assert isinstance(found.rule, Split) and found.rule.column == "age"
    assert abs(found.rule.at) < 0.4  # 0.5 + age > 0.5
    assert "optimistic" in found.sentence() and "Cross-fitted" in found.sentence()
    assert 0.7 < found.agreement <= 1 and found.shortfall >= 0
    # Truth: E[max(age, 0)] for a standard normal age is 0.4.
    assert abs(found.held_out.mean() - 0.4) < 4 * found.held_out.std()
    assert 0.03 < found.held_out.std() < 0.12
    deeper = best_tree(trial, ["age", "dose"], depth=2, cost=0.5)
    assert deeper.value.over_nobody.mean() >= found.value.over_nobody.mean()
    assert "hold_out" in deeper.sentence()


def test_deeper_trees_are_refused(trial):
    with pytest.raises(bi.ModelError, match="depth=3"):
        best_tree(trial, ["age"], depth=3)
