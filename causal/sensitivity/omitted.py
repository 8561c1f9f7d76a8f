"""Omitted-variable bias: what a confounder of given strength does to an effect, in closed form.

Strength is measured by two partial R2: the share of the treatment's variance that the confounder
explains beyond what was adjusted for, and the share of the outcome's variance that it explains
beyond treatment and adjusters. Nothing is assumed about its distribution.

Source: Cinelli and Hazlett (2020), Making sense of sensitivity: extending omitted variable bias,
Journal of the Royal Statistical Society B 82 (CH below).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy

type Number = float | np.ndarray


def partial_r2(target: np.ndarray, block: np.ndarray, others: np.ndarray) -> float:
    """Gives the share of what others leave of a column that a block of columns explains.

    Args:
        target: (row,) numbers.
        block: (row, column) the columns in question.
        others: (row, column) what is held equal, with a column of ones.

    Returns:
        Between 0 and 1; 0 where others leave nothing.

    Example:
        >>> x = np.array([[1.0], [2.0], [3.0], [5.0]])
        >>> round(partial_r2(2 * x[:, 0], x, np.ones((4, 1))), 6)
        1.0
    """
    rest = target - others @ np.linalg.lstsq(others, target, rcond=None)[0]
    both = np.hstack([others, block])
    left = target - both @ np.linalg.lstsq(both, target, rcond=None)[0]
    whole = float(rest @ rest)
    # Rounding leaves something of a column that others explain in full.
    if whole <= 1e-20 * float(target @ target):
        return 0.0
    return float(np.clip(1 - (left @ left) / whole, 0.0, 1.0))


def bias_factor(treatment: Number, outcome: Number) -> np.ndarray:
    """Gives the bias of a confounder in units of the scale of bias.

    Args:
        treatment: Partial R2 of the confounder with the treatment, below 1.
        outcome: Partial R2 of the confounder with the outcome.

    Source:
        CH, section 4.1.

    Example:
        >>> round(float(bias_factor(0.2, 0.2)), 4)
        0.2236
    """
    return np.sqrt(np.asarray(outcome) * treatment / (1 - np.asarray(treatment)))


def robustness_value(strength: Number) -> np.ndarray:
    """Gives the partial R2, with treatment and outcome alike, that makes up an effect.

    Args:
        strength: The effect's size over the scale of bias; in linear regression |t| / sqrt(dof).

    Returns:
        Between 0 and 1: the robustness value.

    Source:
        CH, section 4.2, the robustness value for q = 1.

    Example:
        >>> round(float(robustness_value(4.18445 / 783**0.5)), 4)
        0.1388
    """
    square = np.asarray(strength, dtype=float) ** 2
    return 0.5 * (np.sqrt(square**2 + 4 * square) - square)


def robustness_at_level(strength: float, dof: int, alpha: float) -> float:
    """Gives the robustness value of a test: the partial R2 that makes an effect insignificant.

    Args:
        strength: |t| / sqrt(dof).
        dof: Residual degrees of freedom.
        alpha: Level of the two-sided test.

    Returns:
        Between 0 and 1; 0 where the effect is not significant as it is.

    Source:
        CH, section 4.2; Cinelli and Hazlett (2025), Biometrika, for strong effects, where the
        worst confounder explains all it may of the treatment and less of the outcome.

    Example:
        >>> round(robustness_at_level(4.18445 / 783**0.5, 783, 0.05), 4)
        0.0763
    """
    critical = abs(float(scipy.stats.t.ppf(alpha / 2, dof - 1))) / sqrt(dof - 1)
    rest = strength - critical
    if rest <= 0:
        return 0.0
    if strength > 1 / critical:
        return (strength**2 - critical**2) / (1 + strength**2)
    return float(robustness_value(rest))


def extreme_treatment(strength: Number, outcome: Number) -> np.ndarray:
    """Gives the partial R2 with the treatment that makes up an effect, for one with the outcome.

    Args:
        strength: The effect's size over the scale of bias.
        outcome: Partial R2 of the confounder with the outcome; 1 is the worst case, in which the
            answer is the partial R2 of treatment and outcome.

    Source:
        CH, sections 4.2 and 4.3, the extreme scenario.

    Example:
        >>> round(float(extreme_treatment(4.18445 / 783**0.5, 1.0)), 4)
        0.0219
    """
    square = np.asarray(strength, dtype=float) ** 2
    return square / (np.asarray(outcome) + square)


@dataclass(frozen=True, eq=False)
class Confounder:
    """The strength of a confounder, one number or one per draw.

    Attributes:
        treatment: Partial R2 with the treatment beyond the adjusters, below 1.
        outcome: Partial R2 with the outcome beyond treatment and adjusters.
    """

    treatment: Number
    outcome: Number


def adjust_draws(
    draws: np.ndarray, scale: float, confounder: Confounder, sign: Number
) -> np.ndarray:
    """Pushes the strength of a confounder through every draw of an effect.

    The centre moves by the bias. The distance from it shrinks as the confounder explains outcome,
    and grows as it explains treatment: what the posterior would be had it been adjusted for.

    Args:
        draws: (chain, draw) draws of the effect without the confounder.
        scale: The scale of bias; see `projection.Scale`.
        confounder: Its strength.
        sign: 1 where the confounder made the effect too large, -1 where too small.

    Returns:
        (chain, draw) draws of the effect.

    Source:
        CH, sections 3 and 4.1, their factor dof / (dof - 1) left out.
    """
    centre = draws.mean()
    outcome, treatment = np.asarray(confounder.outcome), np.asarray(confounder.treatment)
    width = np.sqrt((1 - outcome) / (1 - treatment))
    bias = scale * bias_factor(treatment, outcome)
    return centre + (draws - centre) * width - np.asarray(sign) * bias


def benchmark_strength(treatment: Number, outcome: Number, times: Number) -> Confounder:
    """Bounds the strength of a confounder that is some times as strong as an observed covariate.

    Args:
        treatment: Partial R2 of the covariate with the treatment, given the other covariates.
        outcome: Partial R2 of the covariate with the outcome, given treatment and the others.
        times: How many times as much of the variance the confounder explains, of the treatment and
            of the outcome alike.

    Returns:
        The strength; what would explain more than everything is cut at 0.99 and at 1.

    Source:
        CH, section 4.4, the bounds given treatment and covariates.

    Example:
        >>> found = benchmark_strength(0.00908106, 0.109341, 2.0)
        >>> round(float(found.treatment), 4), round(float(found.outcome), 3)
        (0.0183, 0.25)
    """
    own, factor = np.asarray(treatment, dtype=float), np.asarray(times, dtype=float)
    effect = np.asarray(outcome, dtype=float)
    with_treatment = np.minimum(factor * own / (1 - own), 0.99)
    rest = np.maximum((1 - factor * own) * (1 - own), 1e-12)
    shared = np.minimum(factor * own**2 / rest, 0.99)
    ratio = (np.sqrt(factor) + np.sqrt(shared)) / np.sqrt(1 - shared)
    with_outcome = np.minimum(ratio**2 * effect / np.maximum(1 - effect, 1e-12), 1.0)
    return Confounder(with_treatment, with_outcome)
