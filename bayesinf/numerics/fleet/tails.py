"""How heavy the tails of importance weights are, as in `numerics.pareto`, for many sets at once."""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.pareto import LEAST_TAIL


def tail_shapes(log_weights: np.ndarray) -> np.ndarray:
    """Measures k-hat of every member's weights.

    Args:
        log_weights: Log importance ratios of independent draws, shape (m, n), each member's up to a
            constant; minus infinity outside the target's support.

    Returns:
        Shape (m,), each as `numerics.pareto.pareto_k` gives it: minus infinity where the largest
        weights are all equal, infinity where no tail can be fitted.
    """
    members, n = log_weights.shape
    tail = int(min(3.0 * np.sqrt(n), n / 5))
    found = np.full(members, np.inf)
    if tail < LEAST_TAIL or n - tail < 1:
        return found
    largest = log_weights.max(axis=1)
    usable = np.isfinite(largest)
    shifted = log_weights[usable] - largest[usable, None]
    # The cutoff and the weights above it: everything below them stays unsorted.
    top = np.sort(np.partition(shifted, n - tail - 1, axis=1)[:, n - tail - 1 :], axis=1)
    level = top[:, 1] == 0.0
    excess = np.exp(top[:, 1:]) - np.exp(top[:, :1])
    shapes = np.full(len(top), -np.inf)
    shapes[~level] = fit_tails(excess[~level])
    found[usable] = shapes
    return found


def fit_tails(excess: np.ndarray) -> np.ndarray:
    """Fits generalised Pareto distributions to sorted positive excesses.

    Args:
        excess: Amounts above each member's cutoff, ascending, shape (m, t).

    Returns:
        Shapes k (m,), infinite where a fit breaks down.

    Source:
        As `numerics.pareto.fit_tail`.
    """
    t = excess.shape[1]
    quartile, last = excess[:, int(t / 4 + 0.5) - 1], excess[:, -1]
    sound = quartile > excess[:, 0]
    quartile, last = np.where(sound, quartile, 1.0), np.where(sound, last, 1.0)
    grid = 30 + int(t**0.5)
    steps = 1.0 - np.sqrt(grid / (np.arange(grid) + 0.5))
    theta = 1.0 / last[:, None] + steps / (3.0 * quartile[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.log1p(-theta[:, :, None] * excess[:, None, :]).mean(-1)
        log_profile = t * (np.log(-theta / shape) - shape - 1.0)
        weight = np.exp(log_profile - log_profile.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        weight = np.where(weight >= 10.0 * np.finfo(float).eps, weight, 0.0)
        best = (theta * weight).sum(1) / weight.sum(1)
        k = np.log1p(-best[:, None] * excess).mean(1)
    k = (t * k + 10.0 * 0.5) / (t + 10.0)
    return np.where(sound & np.isfinite(k), k, np.inf)
