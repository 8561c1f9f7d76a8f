"""The tail of importance weights: how heavy it is, and a smoother version of it."""

from __future__ import annotations

import numpy as np

# With fewer weights in the tail the first quartile is the smallest one, and the fit has no scale.
LEAST_TAIL = 6


def psis(log_weights: np.ndarray, r_eff: float = 1.0) -> tuple[np.ndarray, float]:
    """Steadies importance weights: the largest are replaced by what a fitted tail expects of them.

    Args:
        log_weights: Log importance ratios of draws, shape (n,), up to a constant; minus infinity
            for draws outside the target's support.
        r_eff: Effective draws per draw, 1 for independent ones; fewer lengthen the fitted tail.

    Returns:
        Log weights that sum to one after `exp`, shape (n,); and k-hat, the fitted shape of the
        tail: below 0.5 the weights have a finite variance, above 0.7 they cannot be used. It is
        minus infinity when the largest weights are all equal (there is no tail), and infinity when
        there are too few draws (below 30) or finite weights to fit one. In these two cases the
        weights stay as they are.

    Source:
        Vehtari, Simpson, Gelman, Yao and Gabry (2024), Pareto smoothed importance sampling, JMLR
        25. Equal to `psislw` of ArviZ 1.3, which takes the logs with the opposite sign.
    """
    log_weights = np.asarray(log_weights, dtype=float)
    shifted = log_weights - np.max(log_weights)
    n = len(shifted)
    tail = int(min(3.0 * np.sqrt(n / r_eff), n / 5))
    if tail < LEAST_TAIL or n - tail < 1:
        return normalise(shifted), np.inf
    order = np.argsort(shifted)
    inside, cutoff = order[n - tail :], np.exp(shifted[order[n - tail - 1]])
    if shifted[inside[0]] == 0.0:
        return normalise(shifted), -np.inf
    k, scale = fit_tail(np.exp(shifted[inside]) - cutoff)
    if np.isfinite(k):
        probs = (np.arange(tail) + 0.5) / tail
        # No smoothed weight may exceed the largest raw one, which stands at 0.
        expected = np.maximum(cutoff + quantile_of_tail(probs, k, scale), np.finfo(float).tiny)
        shifted[inside] = np.minimum(np.log(expected), 0.0)
    return normalise(shifted), k


def pareto_k(log_weights: np.ndarray) -> float:
    """Measures how heavy the tail of importance weights is.

    Args:
        log_weights: Log importance ratios of independent draws, shape (n,), up to a constant.

    Returns:
        k-hat, as `psis` returns it.
    """
    return psis(log_weights)[1]


def normalise(log_weights: np.ndarray) -> np.ndarray:
    """Shifts log weights so that the weights sum to one."""
    largest = np.max(log_weights)
    return log_weights - (largest + np.log(np.sum(np.exp(log_weights - largest))))


def fit_tail(excess: np.ndarray) -> tuple[float, float]:
    """Fits a generalised Pareto distribution to sorted positive excesses.

    Args:
        excess: Amounts above the cutoff, ascending, shape (t,).

    Returns:
        Shape k, pulled towards 0.5 as by 10 more observations, and scale. k is infinite when the
        first quartile is not above the smallest excess, or when the fit breaks down.

    Source:
        Zhang and Stephens (2009), Technometrics 51(3), with the prior of Vehtari et al. (2024),
        appendix C.
    """
    t = len(excess)
    quartile = excess[int(t / 4 + 0.5) - 1]
    if quartile <= excess[0]:
        return np.inf, np.nan
    grid = 30 + int(t**0.5)
    theta = 1.0 / excess[-1] + (1.0 - np.sqrt(grid / (np.arange(grid) + 0.5))) / (3.0 * quartile)
    shape = np.mean(np.log1p(-theta[:, np.newaxis] * excess), axis=1)
    log_profile = t * (np.log(-theta / shape) - shape - 1.0)
    weight = np.exp(normalise(log_profile))
    kept = weight >= 10.0 * np.finfo(float).eps
    best = np.sum(theta[kept] * weight[kept]) / np.sum(weight[kept])
    k = float(np.mean(np.log1p(-best * excess)))
    return (t * k + 10.0 * 0.5) / (t + 10.0), -k / best


def quantile_of_tail(probs: np.ndarray, k: float, scale: float) -> np.ndarray:
    """Takes quantiles of the generalised Pareto distribution that starts at 0."""
    exponential = -np.log1p(-probs)
    # Beyond exp(700), which only hopeless weights reach, the largest raw weight bounds it anyway.
    return scale * np.expm1(np.minimum(k * exponential, 700.0)) / k if k else scale * exponential
