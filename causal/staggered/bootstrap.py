"""The Bayesian bootstrap over units: how much each unit counts, as posterior draws."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 4_000_000
"""How many weights are held at once: 32 megabytes."""


def unit_weights(generator: np.random.Generator, draws: int, units: int) -> Iterator[np.ndarray]:
    """Draws weights of units, in blocks that fit into memory.

    Whole units are weighted, so whatever ties the outcomes of one unit together over time is kept
    without a model for it. These are posterior draws of the distribution that units come from,
    under a Dirichlet process whose prior counts for nothing: the observed units are the only ones
    that it knows. With few units it is too sure of itself.

    Args:
        generator: Decides the draws.
        draws: How many.
        units: How many units there are.

    Yields:
        (draw, unit) weights with mean one over the units.

    Source:
        Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9.

    Example:
        >>> blocks = list(unit_weights(np.random.default_rng(1), 5, 3))
        >>> blocks[0].shape, bool(np.allclose(blocks[0].mean(axis=1), 1))
        ((5, 3), True)
    """
    size = max(1, min(draws, BLOCK // max(units, 1)))
    for start in range(0, draws, size):
        weights = generator.standard_exponential((min(size, draws - start), units))
        weights /= weights.mean(axis=1, keepdims=True)
        yield weights
