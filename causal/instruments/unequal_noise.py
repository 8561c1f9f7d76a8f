"""Whether the noise of rows differs where it matters: the robust error beside the classical one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi

LARGE, SOME = 1.5, 1.2
"""Ratios of errors from which a 95% interval holds less than 81%, less than 90%."""


@dataclass(frozen=True)
class Inequality:
    """How the error of two-stage least squares changes if the noise of rows may differ.

    Attributes:
        effect: The estimate of the first treatment's effect.
        robust: Its standard error with noise that may differ between rows (HC1).
        ratio: The robust error over the one with equal noise.
        doubt: Standard error of the ratio, were the noise equal.
    """

    effect: float
    robust: float
    ratio: float
    doubt: float


def measure_inequality(
    left: np.ndarray, design: np.ndarray, reduced: np.ndarray, lost: int = 0
) -> Inequality:
    """Compares the robust with the classical error of the first treatment's effect.

    Args:
        left: (n, 1 + treatment) treatments and outcome, cleared of covariates.
        design: (n, instrument) orthonormal instruments.
        reduced: (instrument, 1 + treatment) coefficients of `left` in them.
        lost: How many columns, the constant among them, `left` was cleared of.

    Source:
        White (1982), Instrumental variables regression with independent observations,
        Econometrica 50. The doubt is that of a covariance of two independent columns: of squared
        noise, and of each row's squared weight in the estimate.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> z = np.sign(rng.normal(size=2000))
        >>> t = z + rng.normal(size=2000)
        >>> design = z[:, None] / np.linalg.norm(z)
        >>> left = np.column_stack([t, t + rng.normal(size=2000)])
        >>> round(measure_inequality(left, design, design.T @ left).ratio, 1)
        1.0
    """
    first = reduced[:, :-1]
    inverse = np.linalg.pinv(first.T @ first)
    effects = inverse @ first.T @ reduced[:, -1]
    residual = left[:, -1] - left[:, :-1] @ effects
    # In units of the largest: squares of squares overflow where the outcome's unit is tiny.
    unit = float(np.abs(residual).max()) or 1.0
    noise = (residual / unit) ** 2
    weight = (design @ first @ inverse[:, 0]) ** 2
    rows = len(left)
    robust = float(weight @ noise) * rows / max(rows - lost - len(effects), 1)
    ratio = float(np.sqrt((weight @ noise) / (weight.sum() * noise.mean())))
    apart = float(weight.std() / weight.mean() * noise.std() / noise.mean())
    return Inequality(
        float(effects[0]), unit * float(np.sqrt(robust)), ratio, apart / 2 / rows**0.5
    )


def judge_noise(found: Inequality) -> bi.Finding:
    """Judges whether the noise of rows is equal enough for the posterior and its robust set.

    Args:
        found: See `measure_inequality`.
    """
    lower, upper = (found.effect + side * 1.96 * found.robust for side in (-1, 1))
    told = (
        f"If the noise of rows may differ, the standard error of two-stage least squares is "
        f"{found.ratio:.2f} times (give or take {found.doubt:.2f}) that with equal noise, which "
        "the posterior and the Anderson-Rubin set assume."
    )
    evidence = {"ratio": found.ratio, "doubt": found.doubt, "robust_error": found.robust}
    if found.ratio > SOME and found.ratio - 2 * found.doubt > 1:
        return bi.Finding(
            f"Both are too narrow: the noise is larger where the instruments speak. {told}",
            "bad" if found.ratio > LARGE else "warning",
            "unequal-noise",
            evidence,
            f"Read the robust 95% interval of two-stage least squares, [{lower:.4g}, {upper:.4g}], "
            "or take a scale (a logarithm) on which the noise is alike.",
        )
    if found.ratio < 1 / SOME and found.ratio + 2 * found.doubt < 1:
        return bi.Finding(
            f"Both are wider than they need be: the noise is smaller where the instruments speak. "
            f"{told}",
            "note",
            "unequal-noise",
            evidence,
        )
    return bi.Finding(
        f"No sign that unequal noise matters. {told} Rows that depend on each other, as those of "
        "one village do, are not seen by this.",
        "good",
        "unequal-noise",
        evidence,
    )
