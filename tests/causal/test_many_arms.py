import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimand import ATC, ATT, QuantileEffect
from causal.many_arms import all_pairs, compare_arms, rank_arms
from causal.studies import Experiment
from causal.treatment import order_levels


def test_pairs_are_differences_of_the_arms():
    draws = np.random.default_rng(1).normal(size=(2, 5, 3))
    pairs = all_pairs(("a", "b", "c"), draws)
    assert pairs.labels == ("b vs a", "c vs a", "c vs b")
    assert np.allclose(pairs.draws[..., 1], draws[..., 2] - draws[..., 0])


def test_best_arm_and_loss_against_brute_force():
    draws = np.random.default_rng(2).normal(size=(2, 2000, 3)) + np.array([0, 0.3, 0.5])
    table = rank_arms(("a", "b", "c"), draws)
    flat = draws.reshape(-1, 3)
    wins = np.zeros(3)
    for line in flat:
        wins[np.argmax(line)] += 1 / len(flat)
    assert np.allclose(table["highest"], wins)
    losses = [np.mean([max(line) - line[arm] for line in flat]) for arm in range(3)]
    assert np.allclose(table["loss"], losses)
    assert table["lowest"].sum() == pytest.approx(1)


def test_numbers_are_arms_too_and_the_control_comes_first():
    rng = np.random.default_rng(3)
    dose = rng.integers(0, 3, 300) * 10
    frame = {"dose": dose, "y": 0.1 * dose + rng.normal(size=300)}
    found = compare_arms(Experiment("y", "dose"), frame, Computation(seed=1))
    assert found.effects["contrast"].labels == ("10 vs 0", "20 vs 0", "20 vs 10")
    assert found.draws.mean() == pytest.approx(1, abs=0.5)
    table = bi.Table.read({"arm": ["x", "placebo", "y"]})
    assert order_levels(table, "arm", None) == ("placebo", "x", "y")
    with pytest.raises(bi.DataError, match="no level 'z'"):
        order_levels(table, "arm", "z")


def test_other_estimands_of_several_arms_are_refused():
    frame = {"arm": ["a", "b", "c"] * 10, "y": np.arange(30.0)}
    with pytest.raises(bi.ModelError, match="QuantileEffect"):
        compare_arms(Experiment("y", "arm", QuantileEffect()), frame, Computation(seed=1))


def test_chances_of_several_arms():
    rng = np.random.default_rng(4)
    arm = np.array(["a", "b", "c"])[rng.integers(0, 3, 3000)]
    won = (rng.random(3000) < np.where(arm == "c", 0.3, 0.2)) * 1
    found = compare_arms(Experiment("won", "arm"), {"arm": arm, "won": won}, Computation(seed=1))
    for name, mean in zip("abc", found.effects["arm"].draws.mean(axis=(0, 1)), strict=True):
        # A Beta posterior of each arm alone is the second way.
        alone = (1 + won[arm == name].sum()) / (2 + np.count_nonzero(arm == name))
        assert mean == pytest.approx(alone, abs=0.005)


@pytest.mark.parametrize("estimand", [ATT(), ATC()])
def test_averages_over_the_treated_are_refused_because_each_pair_has_others(estimand):
    frame = {"arm": ["a", "b", "control"] * 10, "y": np.arange(30.0)}
    with pytest.raises(bi.ModelError, match="which arm's rows"):
        compare_arms(Experiment("y", "arm", estimand), frame, Computation(seed=1))
