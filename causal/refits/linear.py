"""Refits of a Gaussian outcome model in closed form: exact means and sds, no draws."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import logsumexp

from causal.refits.arms import Arms
from causal.refits.sums import products

NODES = 33
"""Values of sigma over which its posterior is summed."""

REACH = 7.0
"""How far the values reach, in approximate posterior sds of log sigma."""


def linear_effect(arms: Arms, log_prior: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """Gives posterior mean and sd of the average effect in a Gaussian regression.

    Given sigma the coefficients are Gaussian; sigma's own posterior is summed over a grid of its
    logarithm, wide enough for a relative error below 1e-6.

    Args:
        arms: The rows, and the priors of the coefficients.
        log_prior: The log density of sigma's prior.

    Returns:
        Mean and standard deviation.

    Raises:
        LinAlgError: Flat priors leave a coefficient undetermined.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, sections 14.2 and 14.8.

    Example:
        >>> x, t = np.ones((8, 1)), np.arange(8) % 2 == 1
        >>> control = np.hstack([x, np.zeros((8, 1))])
        >>> step = np.hstack([0 * x, x])
        >>> y = np.array([0.0, 1, 1, 2, 0, 1, 1, 2])
        >>> flat = np.zeros(2)
        >>> arms = Arms(control, step, y, t, np.full(8, 1 / 8), flat, flat)
        >>> round(linear_effect(arms, lambda sigma: -np.log(sigma))[0], 6)
        1.0
    """
    columns, asked = arms.columns, products(arms.step, arms.weights)
    level = float(arms.response.mean())
    # Subtracting a level from the outcome keeps sums of squares accurate; the intercept's prior
    # moves along with it.
    outcome = arms.response - level
    means = arms.means.copy()
    if np.all(columns[:, 0] == 1):
        means[0] -= level
    gram, moment = products(columns, columns), products(columns, outcome)
    square = float(outcome @ outcome)
    sigmas = _grid(gram, moment, square, len(outcome))
    inverses = sigmas**-2
    # One rotation makes the posterior precision diagonal for every sigma: by it, that of the
    # middle sigma is the identity, and the data's share of each direction is known.
    middle = inverses[NODES // 2]
    factor = np.linalg.cholesky(middle * gram + np.diag(arms.precisions))
    inverse = solve_triangular(factor, np.eye(len(factor)), lower=True)
    shares, turn = np.linalg.eigh(middle * (inverse @ gram @ inverse.T))
    rotation = turn.T @ inverse
    precision = np.multiply.outer(inverses / middle, shares) + (1 - shares)
    linear = np.multiply.outer(inverses, rotation @ moment)
    linear += rotation @ (arms.precisions * means)
    direction = rotation @ asked
    logs = (
        (1 - len(outcome)) * np.log(sigmas)
        - 0.5 * np.log(precision).sum(axis=1)
        - 0.5 * (inverses * square - (linear**2 / precision).sum(axis=1))
        + log_prior(sigmas)
    )
    chances = np.exp(logs - logsumexp(logs))
    effects, spreads = (linear / precision) @ direction, (1 / precision) @ direction**2
    mean = float(chances @ effects)
    variance = float(chances @ (spreads + (effects - mean) ** 2))
    return mean, float(np.sqrt(variance))


def _grid(gram: np.ndarray, moment: np.ndarray, square: float, count: int) -> np.ndarray:
    """Values of sigma around the residuals' sd, evenly spread in its logarithm."""
    fitted = np.linalg.lstsq(gram, moment, rcond=None)[0]
    residual = max(square - float(moment @ fitted), 1e-12 * square)
    freedom = max(count - len(moment), 1)
    centre, width = 0.5 * log(residual / freedom), (2 * freedom) ** -0.5
    return np.exp(centre + np.linspace(-REACH, REACH, NODES) * width)
