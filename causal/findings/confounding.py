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


def e_value(risk_ratio: float) -> float:
    """Gives the E-value of a risk ratio.

    Args:
        risk_ratio: Positive; one below 1 is turned over first.

    Returns:
        The smallest risk ratio that an unmeasured confounder would need with the treatment and
        with the outcome alike, to explain this one away; 1 for a risk ratio of 1.

    Source:
        VanderWeele and Ding (2017), Sensitivity analysis in observational research: introducing
        the E-value, Annals of Internal Medicine 167.

    Example:
        >>> round(e_value(3.9), 2)
        7.26
    """
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
        interval's limit nearest to no effect (1 where the interval includes no effect).
    """
    if spread is not None:
        logs = RISK_RATIO_PER_SD * (treated - control) / spread
        how = (
            f", reading {spread:.3g}, the outcome's sd, as a log risk ratio of {RISK_RATIO_PER_SD}"
        )
        point = math.exp(float(logs.mean()))
    else:
        logs, how = np.log(treated / control), ""
        point = float(treated.mean() / control.mean())
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


def limit_nearest_zero(lower: float, upper: float) -> float:
    """The end of an interval that is nearest to zero; zero itself where the interval holds it."""
    if lower <= 0 <= upper:
        return 0.0
    return lower if lower > 0 else upper
