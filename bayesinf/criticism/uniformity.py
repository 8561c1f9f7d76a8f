"""Are ranks uniform? A test that looks at the whole empirical distribution function at once.

Source: Sailynoja, Burkner and Vehtari (2022), Graphical test for discrete uniformity and its
applications in goodness-of-fit evaluation and multiple sample comparison, Statistics and Computing
32, algorithm 1. Departure: besides the band, the p-value at which the band would just be left; and
a second test, of the ranks' spread, because a band for the whole function hardly sees posteriors
that are a little too wide or too narrow.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

REPLICATIONS = 100_000
"""Simulated sets of uniform ranks behind a p-value: its error is 0.0001 at 0.001."""


def uniformity(ranks: np.ndarray, draws: int, replications: int = REPLICATIONS) -> np.ndarray:
    """Tests whether ranks are uniform on 0 ... draws.

    Args:
        ranks: Shape (simulation, quantity), whole numbers from 0 to `draws`.
        draws: How many draws each rank was counted among.
        replications: Simulated sets of uniform ranks to compare with. Many tests at once need
            p-values that are smaller than those of the default can be.

    Returns:
        Shape (quantity,): p-values, at least 1 / (replications + 1). Small where the empirical
        distribution function leaves the band of uniform ones at some point.
    """
    simulations = len(ranks)
    observed = narrowest(counts_below(ranks, draws), simulations)
    reference = reference_levels(simulations, draws, replications)
    below = np.searchsorted(reference, observed, side="right")
    return (below + 1) / (len(reference) + 1)


def spread(ranks: np.ndarray, draws: int, replications: int = REPLICATIONS) -> np.ndarray:
    """Tests whether the truths lie as far from the middle of their draws as they should.

    The statistic is the sum of squared normal scores of the ranks: too small where posteriors are
    too wide, too large where they are too narrow, shifted, or their draws depend on each other.

    Args:
        ranks: Shape (simulation, quantity), whole numbers from 0 to `draws`.
        draws: How many draws each rank was counted among.
        replications: As in `uniformity`.

    Returns:
        Shape (quantity,): two-sided p-values, at least 2 / (replications + 1).
    """
    observed = squared_scores(draws)[ranks].sum(axis=0)
    reference = reference_spreads(len(ranks), draws, replications)
    slack = 1e-9 * len(ranks)
    below = np.searchsorted(reference, observed + slack, side="right")
    above = len(reference) - np.searchsorted(reference, observed - slack, side="left")
    return np.minimum(2.0 * (np.minimum(below, above) + 1) / (len(reference) + 1), 1.0)


def p_values_of(ranks: np.ndarray, draws: int, replications: int = REPLICATIONS) -> np.ndarray:
    """One p-value per quantity: the smaller of `uniformity` and `spread`, doubled (Bonferroni)."""
    both = [test(ranks, draws, replications) for test in (uniformity, spread)]
    return np.minimum(2.0 * np.minimum(*both), 1.0)


def band(simulations: int, draws: int, prob: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The band that the whole empirical distribution function of uniform ranks stays in.

    Args:
        simulations: Number of ranks.
        draws: Ranks lie between 0 and `draws`.
        prob: Probability that uniform ranks stay inside everywhere.

    Returns:
        Lower and upper bounds (draws + 1,) of the share of ranks at or below 0 ... draws.
    """
    from scipy.stats import binom

    level = np.quantile(reference_levels(simulations, draws), 1.0 - prob)
    points = np.arange(1, draws + 2) / (draws + 1)
    lower = binom.ppf(level / 2, simulations, points) / simulations
    upper = binom.ppf(1 - level / 2, simulations, points) / simulations
    return lower, upper


def counts_below(ranks: np.ndarray, draws: int) -> np.ndarray:
    """How many ranks lie at or below 0 ... draws - 1, shape (quantity, draws)."""
    edges = np.arange(draws)
    ordered = np.sort(ranks, axis=0)
    return np.stack([np.searchsorted(column, edges, side="right") for column in ordered.T])


def narrowest(counts: np.ndarray, simulations: int) -> np.ndarray:
    """The level of the narrowest pointwise binomial band that counts (..., point) touch."""
    table = pointwise_levels(simulations, counts.shape[-1])
    return table[np.arange(counts.shape[-1]), counts].min(axis=-1)


@lru_cache(maxsize=16)
def pointwise_levels(simulations: int, draws: int) -> np.ndarray:
    """Two-sided binomial p-values (point, count) of each count of ranks below each point."""
    from scipy.stats import binom

    points = (np.arange(1, draws + 1) / (draws + 1))[:, None]
    counts = np.arange(simulations + 1)
    below = binom.cdf(counts, simulations, points)
    above = binom.sf(counts - 1, simulations, points)
    return np.minimum(2.0 * np.minimum(below, above), 1.0)


def squared_scores(draws: int) -> np.ndarray:
    """The squared normal quantile of the middle of each rank's share, for ranks 0 ... draws."""
    from scipy.special import ndtri

    return ndtri((np.arange(draws + 1) + 0.5) / (draws + 1)) ** 2


def reference_levels(simulations: int, draws: int, replications: int = REPLICATIONS) -> np.ndarray:
    """The sorted distribution of `narrowest` for uniform ranks."""
    return reference(simulations, draws, replications)[0]


def reference_spreads(simulations: int, draws: int, replications: int) -> np.ndarray:
    """The sorted distribution of the sum of squared scores of uniform ranks."""
    return reference(simulations, draws, replications)[1]


@lru_cache(maxsize=16)
def reference(simulations: int, draws: int, replications: int) -> tuple[np.ndarray, np.ndarray]:
    """Both statistics of sets of uniform ranks, each sorted, by simulation with a fixed seed."""
    rng = np.random.default_rng(20220222)
    scores = squared_scores(draws)
    levels, spreads = np.empty(replications), np.empty(replications)
    batch = max(1, 4_000_000 // max(simulations, draws))
    for start in range(0, replications, batch):
        size = min(batch, replications - start)
        cells = rng.multinomial(simulations, np.full(draws + 1, 1 / (draws + 1)), size)
        levels[start : start + size] = narrowest(cells.cumsum(axis=1)[:, :-1], simulations)
        spreads[start : start + size] = cells @ scores
    return np.sort(levels), np.sort(spreads)
