"""Small p-values of ranks: held against counted ones, exact ones, and used with many quantities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from bayesinf.criticism.calibration import Calibration
from bayesinf.criticism.tails import p_value, spread_tail, uniformity_tail
from bayesinf.criticism.uniformity import REPLICATIONS, p_values_of, spread, uniformity

SIMULATIONS, DRAWS = 300, 63


def uneven(shape: float, seed: int, simulations: int = SIMULATIONS, draws: int = DRAWS):
    """Ranks that are piled up at the ends where shape is below 1, in the middle where above."""
    shares = np.random.default_rng(seed).beta(shape, shape, simulations)
    return np.minimum((shares * (draws + 1)).astype(int), draws)


@pytest.mark.parametrize("simulations, draws", [(300, 63), (80, 31), (20, 7)])
@pytest.mark.parametrize("shape", [1.0, 0.85, 1.2])
def test_both_tails_are_those_that_simulation_counts(shape, simulations, draws):
    for seed in range(3):
        ranks = uneven(shape, seed, simulations, draws)
        for tail, counted in ((uniformity_tail, uniformity), (spread_tail, spread)):
            p = float(counted(ranks[:, None], draws)[0])
            # Four errors of the count, of one side where two are added up, and of 20,000 sets.
            error = 4 * (np.sqrt(2 * p / REPLICATIONS) + 0.02 * p)
            assert abs(tail(ranks, draws) - p) < error + 3 / REPLICATIONS


def test_the_uniformity_of_ranks_at_one_end_is_exact():
    # All twelve at rank 0 of 0 ... 1: one point, whose two-sided level is 2 / 2^12.
    ranks = np.zeros(12, dtype=int)
    assert np.isclose(uniformity_tail(ranks, 1), 2 * binom.sf(11, 12, 0.5), rtol=1e-12)


def test_the_spread_of_the_most_extreme_ranks_is_exact():
    # All at one of two ends of 0 ... 7: the probability is (2 / 8)^30, doubled.
    ranks = np.tile([0, 7], 15)
    assert np.isclose(spread_tail(ranks, 7), 2 * 0.25**30, rtol=0.05)


def test_p_values_go_on_falling_with_the_number_of_simulations():
    found = [p_value(uneven(0.7, 3, count), DRAWS) for count in (200, 400, 800)]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 1e-6


def calibration(*columns: np.ndarray, good: int = 600) -> Calibration:
    """Ranks of many quantities without fault, and of some others behind them."""
    uniform = np.random.default_rng(11).integers(0, DRAWS + 1, (SIMULATIONS, good))
    ranks = np.column_stack([uniform, *columns])
    return Calibration(
        engine="made up",
        names=tuple(f"q{k}" for k in range(ranks.shape[1])),
        ranks=ranks,
        draws=DRAWS,
        p_values=p_values_of(ranks, DRAWS),
        ess=np.full(SIMULATIONS, 400.0),
        divergent=np.zeros(SIMULATIONS, dtype=bool),
    )


def narrow(factor: float) -> np.ndarray:
    """Ranks of truths among draws whose sd is too small, by a factor."""
    rng = np.random.default_rng(12)
    truths = rng.normal(size=SIMULATIONS)
    return (factor * rng.normal(size=(DRAWS, SIMULATIONS)) < truths).sum(axis=0)


def test_one_broken_quantity_among_many_fails():
    assert calibration().passes()
    broken = calibration(narrow(0.7))
    # By counting alone it could not: its p-value would have to be below its floor.
    assert broken.p_values.min() == pytest.approx(2 / (REPLICATIONS + 1), rel=1e-3)
    assert 0.01 / len(broken.names) < broken.p_values.min()
    assert not broken.passes()
    assert "NOT calibrated" in repr(broken)


def test_a_small_fault_among_many_quantities_is_no_proof():
    suspect = calibration(narrow(0.84))
    assert 0.01 > suspect.p_values[-1] > 0.01 / len(suspect.names)
    assert suspect.passes()


def test_many_broken_quantities_are_told_from_the_first():
    assert not calibration(*[narrow(0.6)] * 300, good=300).passes()
