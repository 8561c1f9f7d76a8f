"""Refits of a logistic outcome model by their modes: means and sds by the delta method."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from causal.refits.arms import Arms
from causal.refits.sums import products

STEPS = 50
"""Newton steps after which a climb is given up; usual is fewer than ten."""


def logistic_effect(arms: Arms) -> tuple[float, float]:
    """Gives the average difference of chances at the posterior's mode, and its approximate sd.

    The posterior of the coefficients is taken as Gaussian around its mode, and the average effect
    as linear in them there: enough for a check, which compares many effects with their spread, and
    not meant as an answer.

    Args:
        arms: The rows, and the priors of the coefficients.

    Returns:
        Mean and standard deviation.

    Raises:
        LinAlgError: Flat priors leave a coefficient undetermined.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, sections 4.1 and 16.2.

    Example:
        >>> control = np.hstack([np.ones((8, 1)), np.zeros((8, 1))])
        >>> step, t = control[:, ::-1], np.arange(8) % 2 == 1
        >>> y = np.array([0.0, 1, 0, 1, 1, 1, 0, 0])
        >>> flat = np.zeros(2)
        >>> arms = Arms(control, step, y, t, np.full(8, 1 / 8), flat, flat)
        >>> round(logistic_effect(arms)[0], 6)
        0.5
    """
    columns = arms.columns
    found = np.zeros(columns.shape[1])
    level = _log_posterior(arms, columns, found)
    hessian = np.eye(len(found))
    for _ in range(STEPS):
        chances = expit(columns @ found)
        slope = products(columns, arms.response - chances) - arms.precisions * (found - arms.means)
        curvature = (chances * (1 - chances))[:, None]
        hessian = products(curvature * columns, columns) + np.diag(arms.precisions)
        move = np.linalg.solve(hessian, slope)
        length = 1.0
        # The log posterior is concave: half a Newton step often enough always climbs.
        while length > 1e-6:
            tried = _log_posterior(arms, columns, found + length * move)
            if tried >= level:
                found, level = found + length * move, tried
                break
            length /= 2
        if float(slope @ move) < 1e-10:
            break
    treated = expit((arms.control + arms.step) @ found)
    control = expit(arms.control @ found)
    mean = float(arms.weights @ (treated - control))
    gradient = (arms.weights * treated * (1 - treated)) @ (arms.control + arms.step)
    gradient -= (arms.weights * control * (1 - control)) @ arms.control
    return mean, float(np.sqrt(gradient @ np.linalg.solve(hessian, gradient)))


def _log_posterior(arms: Arms, columns: np.ndarray, coefficients: np.ndarray) -> float:
    """The logarithm of the posterior's density, up to a constant."""
    predictor = columns @ coefficients
    likelihood = arms.response @ predictor - np.logaddexp(0, predictor).sum()
    return float(likelihood - 0.5 * arms.precisions @ (coefficients - arms.means) ** 2)
