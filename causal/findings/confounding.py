"""How strong an unmeasured confounder would have to be to explain an effect away."""

from __future__ import annotations

import math

import numpy as np

import bayesinf as bi

RISK_RATIO_PER_SD = 0.91
"""log risk ratio per standard deviation of difference.

Chinn (2000), Statistics in Medicine 19: a log odds ratio is 1.81 standard deviations of
difference, and the risk ratio of a common outcome is about the square root of its odds ratio
(VanderWeele and Ding 2017, table 2).
"""

FURTHEST = math.log(1000.0)
"""Log risk ratios are cut here: no confounder is stronger, and the exponent of one stays finite."""

LEAST = 1e-6
"""An average chance or rate at or below this is none: its ratio would be a number of the model's
rounding. A convention."""


def e_value(risk_ratio: float) -> float:
    """Gives the E-value of a risk ratio.

    Args:
        risk_ratio: Positive; one below 1 is turned over first.

    Returns:
        The smallest risk ratio that an unmeasured confounder would need with the treatment and
        with the outcome alike, to explain this one away; 1 for a risk ratio of 1.

    Raises:
        DataError: The ratio is not positive and finite.

    Source:
        VanderWeele and Ding (2017), Sensitivity analysis in observational research: introducing
        the E-value, Annals of Internal Medicine 167.

    Example:
        >>> round(e_value(3.9), 2)
        7.26
    """
    if not (0 < risk_ratio < math.inf):
        raise bi.DataError(
            f"An E-value is of a positive, finite risk ratio, and not of {risk_ratio:g}.",
            code="risk-ratio",
            hint="Give the ratio of two risks, neither of which is zero.",
        )
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


def judge_confounding(
    treated: np.ndarray, control: np.ndarray, spread: float | None
) -> tuple[bi.Finding, ...]:
    """Says how much unmeasured confounding would explain the effect away, and the doubt about it.

    Where the outcome is an amount, the effect is divided by its sd in the rows used, which errs on
    the side of a small E-value, and turned into a risk ratio by Chinn's conversion; where it is a
    chance or a rate, the ratio of the two means is the risk ratio.

    Args:
        treated: (chain, draw) draws of the average outcome with treatment.
        control: (chain, draw) draws of the average outcome without.
        spread: The outcome's sd; None where the ratio of the means is meant.

    Returns:
        One finding; its evidence holds the E-values of the posterior mean, and of the credible
        interval's limit nearest to no effect (1 where the interval includes no effect). It says
        so where there is no risk ratio, because an average is not positive in all draws.
    """
    if spread is not None:
        logs = RISK_RATIO_PER_SD * (treated - control) / spread
        logs = np.clip(logs, -FURTHEST, FURTHEST)
        how = (
            f", reading {spread:.3g}, the outcome's sd, as a log risk ratio of {RISK_RATIO_PER_SD}"
        )
        point = math.exp(float(logs.mean()))
    elif min(treated.min(), control.min()) <= LEAST:
        return (without_ratio(treated, control),)
    else:
        logs, how = np.clip(np.log(treated / control), -FURTHEST, FURTHEST), ""
        point = float(np.clip(treated.mean() / control.mean(), *np.exp((-FURTHEST, FURTHEST))))
    line = bi.summary_frame(["log risk ratio"], logs[..., None]).iloc[0]
    nearest = math.exp(limit_nearest_zero(float(line["lower"]), float(line["upper"])))
    strength, least = e_value(point), e_value(nearest)
    rest = (
        "the credible interval includes no effect as it is"
        if least == 1
        else f"{least:.2f} would move the credible interval to no effect"
    )
    return (
        bi.Finding(
            "An unmeasured confounder would explain the effect away if, beyond what was adjusted "
            "for, it went with treatment and with the outcome by risk ratios of "
            f"{strength:.2f} each (E-value{how}); {rest}.",
            "note",
            "e-value",
            {"e_value": strength, "e_value_limit": least, "risk_ratio": point},
            "Compare it with the strongest confounder that was measured.",
        ),
    )


def without_ratio(treated: np.ndarray, control: np.ndarray) -> bi.Finding:
    """Says that there is no risk ratio, because an average is not above zero in all draws."""
    lowest = min(("with", treated), ("without", control), key=lambda part: part[1].min())
    share = float((lowest[1] <= LEAST).mean())
    return bi.Finding(
        f"No E-value can be had: the average outcome {lowest[0]} the treatment is not above zero "
        f"in {share:.1%} of the draws, and a risk ratio needs two positive averages.",
        "note",
        "e-value",
        {"share": share},
        "Count the events of each arm; where one has none, only the difference says something.",
    )


def limit_nearest_zero(lower: float, upper: float) -> float:
    """The end of an interval that is nearest to zero; zero itself where the interval holds it."""
    if lower <= 0 <= upper:
        return 0.0
    return lower if lower > 0 else upper
