"""Mean, sd and interval of predictions, and simulated outcomes."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.intervals import Kind, interval
from bayesinf.numerics.random import Streams
from bayesinf.prediction.mixture import Mixture, over_draws
from bayesinf.prediction.quantiles import quantiles


def describe_draws(draws: np.ndarray, kind: Kind, prob: float) -> np.ndarray:
    """Summarises draws (draw, row) of a number per row.

    Returns:
        Shape (row, 4): mean, sd, lower and upper.
    """
    along = over_draws(draws)
    sd = along.std(axis=-1, ddof=1) if along.shape[-1] > 1 else np.zeros(len(along))
    return np.stack([along.mean(axis=-1), sd, *interval(along.T, kind, prob)], axis=-1)


def describe_outcomes(mixture: Mixture, kind: Kind, prob: float, streams: Streams) -> np.ndarray:
    """Summarises the outcomes to come of each row.

    Returns:
        Shape (row, 4): mean, sd, lower and upper. Equal-tailed intervals are quantiles of the
        mixture, highest-density intervals the shortest of one simulated outcome per draw.
    """
    if kind == "hdi":
        ends = interval(simulate(mixture, streams, None), kind, prob)
    else:
        tail = 0.5 * (1.0 - prob)
        ends = quantiles(mixture, tail, 1.0 - tail)
    return np.stack([*mixture.moments, *ends], axis=-1)


def simulate(mixture: Mixture, streams: Streams, first: int | None) -> np.ndarray:
    """Simulates one outcome per draw and row.

    Args:
        mixture: The rows' predictive distributions.
        streams: Random streams of the posterior.
        first: Position of the first row: each position has its own stream, so that rows are
            independent of each other. None gives every row the same stream, which is enough where
            each row is looked at by itself, and does not depend on where a row stands.

    Returns:
        Shape (draw, row).
    """
    count = mixture.predictor.shape[1]
    found = np.empty((count, len(mixture.predictor)))
    for row in range(count):
        name = "any" if first is None else str(first + row)
        part = mixture.take(np.array([row]))
        found[row] = mixture.family.sample(
            streams.generator("outcome", name), part.predictor, part.parameters, part.known
        )[:, 0]
    return found.T
