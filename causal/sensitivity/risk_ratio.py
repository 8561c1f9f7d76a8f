"""An unmeasured confounder of a risk ratio: beliefs about two ratios, and the E-value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

import bayesinf as bi
from causal.answer import Picture
from causal.estimate import Estimate
from causal.refits.rows import refuses_arms
from causal.sensitivity.belief import Belief, as_belief, draw_strength
from causal.sensitivity.bias import Bias
from causal.sensitivity.sensitivity import ESTIMATED, Sensitivity
from causal.sensitivity.unmeasured import AGAINST, EITHER

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

VAGUE = bi.HalfNormal(0.4)
"""A risk ratio below exp(0.8) = 2.2 with probability 0.95."""

STEPS = 41
"""Risk ratios along each axis of the grid."""


@final
@dataclass(frozen=True)
class RiskRatios(Bias):
    """A confounder that was not measured, by the risk ratios that it has.

    Beliefs are about the logarithms of two risk ratios of at least 1, so that HalfNormal(0.4) says
    that they are below exp(0.8) = 2.2 with probability 0.95.

    Attributes:
        treatment: Belief about the log of the ratio by which the confounder is more common with the
            treatment than without.
        outcome: Belief about the log of the ratio by which it raises the risk of the outcome.

    Source:
        Ding and VanderWeele (2016), Sensitivity analysis without assumptions, Epidemiology 27, for
        the bound on the bias, which is taken as the bias itself; beliefs about it are this
        library's.
    """

    treatment: Belief | float = VAGUE
    outcome: Belief | float = VAGUE

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms, and average outcomes that are not positive."""
        refusal = refuses_arms(estimate)
        if refusal is not None:
            return refusal
        parts = estimate.answer.parts
        if not {"E[Y(1)]", "E[Y(0)]"} <= set(parts):
            return "The estimate has no average outcome under each level of the treatment."
        if min(float(parts["E[Y(1)]"].min()), float(parts["E[Y(0)]"].min())) <= 0:
            return "A ratio needs average outcomes above zero, such as chances or rates."
        return None

    def push(self, estimate: Estimate, streams: bi.Streams) -> Sensitivity:
        """Draws both ratios for each draw of the risk ratio."""
        refusal = self.refuses(estimate)
        if refusal is not None:
            raise bi.ModelError(
                refusal, code="bias-refuses", hint="Write bias=causal.Unmeasured()."
            )
        parts, rng = estimate.answer.parts, streams.generator("risk-ratios")
        ratio = parts["E[Y(1)]"] / parts["E[Y(0)]"]
        shape = ratio.shape
        treatment, outcome = as_belief(self.treatment), as_belief(self.outcome)
        logs = [
            draw_strength(belief, f"log risk ratio with the {name}", rng, shape, np.inf)
            for belief, name in ((treatment, "treatment"), (outcome, "outcome"))
        ]
        factor = ratio_factor(np.exp(logs[0]), np.exp(logs[1]))
        sign = 1.0 if np.log(ratio).mean() >= 0 else -1.0
        signs = rng.choice([-1.0, 1.0], size=shape)
        values = e_values(ratio)
        contours = ratio_contours(ratio, sign, 1.2 * float(values.mean()))
        return Sensitivity(
            "Risk ratio",
            estimate.subject,
            f"with an unmeasured confounder of log risk ratios {treatment} with the treatment and "
            f"{outcome} with the outcome, working against it",
            "Bias factor of a confounder with two risk ratios (Ding and VanderWeele 2016): the "
            "largest bias that it can make is taken as its bias.",
            {
                ESTIMATED: ratio,
                AGAINST: ratio * factor**-sign,
                EITHER: ratio * factor**signs,
            },
            1.0,
            {"E-value": values},
            {"contours": contours},
            (ratio_picture(contours, estimate.subject),),
            "It would take a confounder with both risk ratios of "
            f"{float(np.median(values)):.3g} to explain it away (median E-value).",
        )


def ratio_factor(treatment: np.ndarray | float, outcome: np.ndarray | float) -> np.ndarray:
    """Gives the largest factor by which a confounder can change a risk ratio.

    Args:
        treatment: Its risk ratio with the treatment, at least 1.
        outcome: Its risk ratio with the outcome, at least 1.

    Source:
        Ding and VanderWeele (2016), Epidemiology 27, the bounding factor.

    Example:
        >>> round(float(ratio_factor(7.26, 7.26)), 2)
        3.9
    """
    first, second = np.asarray(treatment), np.asarray(outcome)
    return first * second / (first + second - 1)


def e_values(ratio: np.ndarray) -> np.ndarray:
    """Gives the E-value of each risk ratio.

    Args:
        ratio: Positive; those below 1 are turned over first.

    Source:
        VanderWeele and Ding (2017), Annals of Internal Medicine 167; for one number
        `causal.findings.e_value`.
    """
    turned = np.maximum(ratio, 1 / ratio)
    return turned + np.sqrt(turned * (turned - 1))


def ratio_contours(ratio: np.ndarray, sign: float, reach: float) -> pd.DataFrame:
    """Computes the risk ratio over a grid of the confounder's risk ratios.

    Args:
        ratio: (chain, draw) draws.
        sign: That of the bias of the log ratio.
        reach: The largest risk ratio on either axis.

    Returns:
        A frame with columns `treatment outcome mean above_one`.
    """
    import pandas as pd

    axis = np.linspace(1.0, max(reach, 1.5), STEPS)
    treatment, outcome = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    factor, ordered = ratio_factor(treatment, outcome) ** -sign, np.sort(ratio.ravel())
    above = 1 - np.searchsorted(ordered, 1 / factor, side="right") / len(ordered)
    return pd.DataFrame(
        {
            "treatment": treatment,
            "outcome": outcome,
            "mean": float(ratio.mean()) * factor,
            "above_one": above,
        }
    )


def ratio_picture(contours: pd.DataFrame, subject: str) -> Picture:
    """Draws the grid as contour lines; the thick one is a ratio of 1."""
    caption = (
        f"What a confounder would leave of the risk ratio of {subject}, by its own risk ratios "
        "with treatment and outcome; the thick line is a ratio of 1."
    )

    def draw(axes: Axes) -> None:
        side = np.unique(contours["treatment"])
        grid = contours["mean"].to_numpy().reshape(len(side), len(side)).T
        lines = axes.contour(side, side, grid, levels=9, colors="#57606a", linewidths=0.8)
        axes.clabel(lines, fontsize=7, fmt="%.3g")
        if grid.min() < 1 < grid.max():
            axes.contour(side, side, grid, levels=[1.0], colors="#cf222e", linewidths=2.2)
        axes.set_xlabel("risk ratio of the confounder with the treatment")
        axes.set_ylabel("risk ratio of the confounder with the outcome")

    return Picture(caption, f"{caption} The table 'contours' holds the same numbers.", draw)
