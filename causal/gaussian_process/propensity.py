"""The chance of treatment for the surfaces: logistic ridge whose strength the data choose."""

from __future__ import annotations

import numpy as np

ROUNDS = 15
"""Rounds in which the ridge's strength is found; it settles in about five."""

NEWTON = 30
"""Newton steps per round; a ridge makes the problem strictly concave."""


def log_odds_of_treatment(values: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Estimates each row's log odds of treatment from linear and quadratic terms.

    All coefficients but the intercept are Normal(0, s^2); s maximises Laplace's approximation of
    the evidence (MacKay's fixed point). The estimate is a summary of the covariates that the
    prognostic surface may bend along, so an imperfect one costs precision, not validity.

    Args:
        values: (row, covariate) standardised covariates.
        treated: (row,) booleans.

    Returns:
        (row,) log odds.

    Source:
        MacKay (1992), Neural Computation 4, The evidence framework applied to classification
        networks; Hahn, Murray and Carvalho (2020), Bayesian Analysis 15, section 5, for the
        propensity score as a covariate.

    Example:
        >>> x = np.random.default_rng(1).normal(size=(500, 1))
        >>> log_odds = log_odds_of_treatment(x, x[:, 0] > 0)
        >>> bool(np.corrcoef(log_odds, x[:, 0])[0, 1] > 0.9)
        True
    """
    near = np.clip(values, -4, 4)
    curved = [j for j in range(values.shape[1]) if len(np.unique(values[:, j])) > 2]
    design = np.column_stack([np.ones(len(values)), near, near[:, curved] ** 2 - 1])
    share = treated.mean()
    slopes = np.zeros(design.shape[1])
    slopes[0] = np.log(share / (1 - share))
    strength = 1.0
    for _ in range(ROUNDS):
        slopes, covariance = logistic_ridge(design, treated, slopes, strength)
        size = slopes[1:] @ slopes[1:] + np.trace(covariance[1:, 1:])
        before, strength = strength, max((len(slopes) - 1) / size, 0.1) if size else 1.0
        if abs(np.log(strength / before)) < 0.01:
            break
    return design @ slopes


def logistic_ridge(
    design: np.ndarray, treated: np.ndarray, start: np.ndarray, strength: float
) -> tuple[np.ndarray, np.ndarray]:
    """Finds the mode of a logistic regression with a normal prior, and its inverse curvature."""
    slopes, penalty = start, np.full(design.shape[1], strength)
    penalty[0] = 1e-4
    covariance = np.eye(len(slopes))
    for _ in range(NEWTON):
        chances = 1 / (1 + np.exp(-np.clip(design @ slopes, -30, 30)))
        bent = design.T @ (design * (chances * (1 - chances))[:, None]) + np.diag(penalty)
        covariance = np.linalg.inv(bent)
        step = covariance @ (design.T @ (treated - chances) - penalty * slopes)
        slopes = slopes + step
        if np.abs(step).max() < 1e-8:
            break
    return slopes, covariance
