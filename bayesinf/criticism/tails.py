"""P-values of uniform ranks that are too small to be counted among simulated sets of ranks.

A p-value by simulation is no smaller than one over the number of simulated sets. Where hundreds of
quantities share one level (Bonferroni), what decides lies below that, and is computed here.
"""

from __future__ import annotations

import numpy as np

from bayesinf.criticism.uniformity import (
    REPLICATIONS,
    counts_below,
    narrowest,
    pointwise_levels,
    squared_scores,
)

COUNTABLE = 400 / REPLICATIONS
"""P-values of `uniformity.p_values_of` from which on at least 100 simulated sets stand behind them:
both tests are doubled, and the spread's two tails are as well."""

TILTED = 20_000
"""Sets of ranks behind a tail of the spread: its relative error is about 2%."""

STEEPEST = 500.0
"""Of tilts: all ranks are then the most extreme ones, or the middle ones."""


def p_value(ranks: np.ndarray, draws: int) -> float:
    """The p-value of one quantity as in `uniformity.p_values_of`, to some percent, however small.

    Args:
        ranks: Shape (simulation,). Of one quantity.
        draws: How many draws each rank was counted among.
    """
    return min(1.0, 2.0 * min(uniformity_tail(ranks, draws), spread_tail(ranks, draws)))


def uniformity_tail(ranks: np.ndarray, draws: int) -> float:
    """The p-value of `uniformity`, exactly: how probably uniform ranks leave the observed band.

    The counts of ranks at or below 0, 1, ... are a Markov chain of binomial steps; the chances that
    it leaves the band at each step are added up.

    Args:
        ranks: Shape (simulation,).
        draws: How many draws each rank was counted among.

    Source:
        Sailynoja, Burkner and Vehtari (2022), Statistics and Computing 32, algorithm 2.
    """
    from scipy.stats import binom

    total = len(ranks)
    level = float(narrowest(counts_below(ranks[:, None], draws), total)[0])
    inside = pointwise_levels(total, draws) > level * (1.0 + 1e-9)
    counts, mass, left = np.zeros(1, dtype=int), np.ones(1), 0.0
    for step, allowed in enumerate(inside):
        chance = 1.0 / (draws + 1 - step)
        following = np.flatnonzero(allowed)
        if not following.size:
            return min(1.0, left + float(mass.sum()))
        rest = total - counts
        below = binom.cdf(following[0] - 1 - counts, rest, chance)
        above = binom.sf(following[-1] - counts, rest, chance)
        left += float(mass @ (below + above))
        mass = mass @ binom.pmf(following[None] - counts[:, None], rest[:, None], chance)
        counts = following
    return min(1.0, left)


def spread_tail(ranks: np.ndarray, draws: int) -> float:
    """The p-value of `spread`, by sets of ranks that are tilted towards the observed spread.

    Each set is weighed by how much less probable it is among uniform ranks, so that tails of any
    size have the same relative error.

    Args:
        ranks: Shape (simulation,).
        draws: How many draws each rank was counted among.

    Source:
        Siegmund (1976), Importance sampling in the Monte Carlo study of sequential tests, Annals of
        Statistics 4.
    """
    scores, total = squared_scores(draws), len(ranks)
    observed = float(scores[ranks].sum())
    tilt = tilt_towards(scores, observed / total)
    rng = np.random.default_rng(19760101)
    chances = tilted(scores, tilt)
    sums = rng.multinomial(total, chances, TILTED) @ scores
    # log of the mean of exp(tilt * score) over uniform ranks, without overflow.
    most = float((tilt * scores).max())
    normaliser = most + np.log(np.mean(np.exp(tilt * scores - most)))
    weights = np.exp(total * normaliser - tilt * sums)
    slack = 1e-9 * total
    beyond = sums >= observed - slack if tilt > 0 else sums <= observed + slack
    return min(1.0, 2.0 * float(np.mean(weights * beyond)))


def tilt_towards(scores: np.ndarray, mean: float) -> float:
    """The tilt under which a score's mean is the given one."""
    from scipy.optimize import brentq

    def beyond(tilt: float) -> float:
        return float(tilted(scores, tilt) @ scores) - mean

    if beyond(STEEPEST) <= 0:
        return STEEPEST
    if beyond(-STEEPEST) >= 0:
        return -STEEPEST
    return float(brentq(beyond, -STEEPEST, STEEPEST))  # pyright: ignore[reportArgumentType]


def tilted(scores: np.ndarray, tilt: float) -> np.ndarray:
    """Probabilities of ranks in proportion to exp(tilt * score)."""
    raised = np.exp(tilt * scores - (tilt * scores).max())
    return raised / raised.sum()
