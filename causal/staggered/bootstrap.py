"""The Bayesian bootstrap over units: how much each unit counts, as posterior draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 4_000_000
"""How many weights are held at once: 32 megabytes."""

MANY = 200
"""Groups of so many units or more are weighted by Dirichlet(1, ..., 1) as it stands."""


def unit_weights(
    generator: np.random.Generator, draws: int, group: np.ndarray
) -> Iterator[np.ndarray]:
    """Draws weights of units, in blocks that fit into memory.

    Whole units are weighted, so whatever ties the outcomes of one unit together over time is kept
    without a model for it. These are posterior draws of the distribution that the units of each
    group come from, under a Dirichlet process whose prior counts for nothing.

    With n units in a group, the plain bootstrap's variance of their mean is s^2 (n - 1) / (n (n +
    1)), less than the s^2 / (n - 3) * (n - 1) / n of the posterior under a normal model with
    unknown variance, which is what intervals need in small groups. Concentrations of (n - 4) / n
    instead of 1 (at least 1/2) give the latter, and for large n the same as before.

    Args:
        generator: Decides the draws.
        draws: How many.
        group: (unit,) the group of each unit.

    Yields:
        (draw, unit) weights, each with mean one.

    Source:
        Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9, but for the concentrations.

    Example:
        >>> blocks = list(unit_weights(np.random.default_rng(1), 4000, np.repeat([0, 1], 20)))
        >>> blocks[0].shape
        (4000, 40)
        >>> mean = (blocks[0][:, :20] @ np.arange(20.0)) / blocks[0][:, :20].sum(axis=1)
        >>> bool(abs(mean.var() / (np.arange(20.0).var() / 17) - 1) < 0.1)
        True
    """
    groups, of, counts = np.unique(group, return_inverse=True, return_counts=True)
    concentrations = np.maximum((counts - 4) / counts, 0.5)
    concentrations[counts >= MANY] = 1.0
    size = max(1, min(draws, BLOCK // max(len(group), 1)))
    members = [np.flatnonzero(of == number) for number in range(len(groups))]
    for start in range(0, draws, size):
        weights = np.empty((min(size, draws - start), len(group)))
        for own, concentration in zip(members, concentrations, strict=True):
            drawn = generator.standard_gamma(concentration, (len(weights), len(own)))
            weights[:, own] = drawn / concentration
        yield weights
