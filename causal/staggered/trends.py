"""Were trends parallel: what times before treatment say, and what would overturn the answer."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi

if TYPE_CHECKING:
    import pandas as pd

DEVIATIONS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Deviations from parallel trends that are tabulated."""

TINY = 1e-300
"""Keeps outcomes that never vary from being divided by nothing."""

SURE = 0.95
"""Posterior probability above which something is said to be so."""


@dataclass(frozen=True, eq=False)
class Trends:
    """An effect, and the changes before treatment that should have been zero.

    Attributes:
        name: The effect's name.
        effect: (draw,) draws of the effect.
        steps: (draw, step) changes from one time to the next before treatment, less those of the
            controls, earliest first, from the same draws.
        reach: How many steps lie, on average over the treated cells of the effect, between their
            outcome and the base: what a drift of one per step adds to the effect.
    """

    name: str
    effect: np.ndarray
    steps: np.ndarray
    reach: float

    @property
    def size(self) -> float:
        """What counts as large: the effect, or what its interval leaves possible if it holds 0."""
        return max(abs(float(self.effect.mean())), 1.96 * float(self.effect.std()), TINY)

    @property
    def slope(self) -> np.ndarray:
        """(draw,) slope of the least-squares line through the cumulated steps."""
        count = self.steps.shape[1]
        times = np.arange(count + 1) - count / 2
        leverage = np.cumsum(times[::-1])[::-1][1:] / np.sum(times**2)
        return self.steps @ leverage

    def interval(self, deviation: float, prob: float = SURE) -> tuple[float, float]:
        """The interval of the effect where trends may part by so much of what they did before.

        Args:
            deviation: The largest deviation from parallel trends in one step after treatment, as a
                multiple of the largest one before.
            prob: Probability of the credible interval of the bounds.
        """
        most = np.abs(self.steps).max(axis=1) * self.reach * deviation
        tail = (1 - prob) / 2
        return (
            float(np.quantile(self.effect - most, tail)),
            float(np.quantile(self.effect + most, 1 - tail)),
        )

    def breakdown(self, prob: float = SURE) -> float:
        """The deviation from which on the interval holds zero; 0 if it does so anyway, at most 100.

        Args:
            prob: Probability of the interval.
        """

        def excludes(deviation: float) -> bool:
            lower, upper = self.interval(deviation, prob)
            return lower > 0 or upper < 0

        if not excludes(0.0):
            return 0.0
        low, high = 0.0, 100.0
        if excludes(high):
            return high
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if excludes(middle) else (low, middle)
        return low


def tabulate_deviations(trends: Trends) -> pd.DataFrame:
    """The interval of the effect for several deviations from parallel trends.

    Args:
        trends: The effect and at least one step.

    Returns:
        A frame indexed by deviation, the largest one in a step after treatment over the largest one
        before, with columns `lower upper` of the 95% interval that holds for it.
    """
    import pandas as pd

    lines = {deviation: trends.interval(deviation) for deviation in DEVIATIONS}
    frame = pd.DataFrame.from_dict(lines, orient="index", columns=["lower", "upper"])
    return frame.rename_axis("deviation")


def judge_trends(trends: Trends) -> tuple[bi.Finding, ...]:
    """Judges drift, anticipation and how much deviation the answer bears.

    Args:
        trends: The effect and the steps before treatment.
    """
    if not trends.steps.shape[1]:
        return (
            bi.Finding(
                "No cohort was observed twice before its treatment beside untreated units, so "
                "nothing can be said about whether trends were parallel.",
                "warning",
                "no-pre-periods",
                {},
                "Add earlier times to the data.",
            ),
        )
    return (judge_drift(trends), judge_anticipation(trends), judge_breakdown(trends))


def judge_drift(trends: Trends) -> bi.Finding:
    """Says what a straight drift before treatment, carried on, would do to the effect.

    The finding has the code "pre-trends" where the data could speak, and "pre-trends-silent" where
    a drift that explains half of the effect would more likely be missed than seen.

    Args:
        trends: The effect and at least one step.

    Source:
        Roth (2022), American Economic Review: Insights 4, for the power of pre-trend tests.
    """
    bias = trends.slope * trends.reach
    half, deviation = trends.size / 2, max(float(bias.std()), TINY)
    chance = float(np.mean(np.abs(bias) > half))
    normal = NormalDist()
    power = normal.cdf(half / deviation - 1.96) + normal.cdf(-half / deviation - 1.96)
    evidence = {
        "bias_of_drift": float(bias.mean()),
        "sd": deviation,
        "share_of_effect": float(bias.mean()) / trends.size,
        "chance_of_half": chance,
        "power_against_half": power,
    }
    told = (
        f"If the drift before treatment went on as a straight line, it would make up "
        f"{bias.mean():.3g} (sd {deviation:.2g}) of the {trends.name}; with probability "
        f"{chance:.2f} more than half of its size. A drift that explains half of it would be seen "
        f"with probability {power:.2f}; one that begins with the treatment never would."
    )
    remedy = (
        "Compare with units whose trends were alike, add covariates that explain the difference, "
        "or report how much deviation the answer bears (finding 'parallel-trends')."
    )
    if chance > SURE:
        return bi.Finding(told, "bad", "pre-trends", evidence, remedy)
    sided = float(max(np.mean(bias > 0), np.mean(bias < 0)))
    # A wide posterior around no drift is no evidence of one: it says nothing.
    if sided > 0.975 and abs(bias.mean()) > half / 2:
        return bi.Finding(told, "warning", "pre-trends", evidence, remedy)
    if chance < 1 - SURE:
        return bi.Finding(told, "good", "pre-trends", evidence)
    code = "pre-trends" if power >= 0.5 else "pre-trends-silent"
    return bi.Finding(told, "note", code, evidence, remedy)


def judge_anticipation(trends: Trends) -> bi.Finding:
    """Says whether outcomes moved in the last step before treatment.

    Args:
        trends: The effect and at least one step.
    """
    last, size = trends.steps[:, -1], trends.size
    lower, upper = np.quantile(last, [0.025, 0.975])
    sided = bool(lower > 0 or upper < 0)
    evidence = {"last_step": float(last.mean()), "lower": float(lower), "upper": float(upper)}
    told = (
        f"In the last step before treatment the treated moved by {last.mean():.3g} "
        f"[{lower:.3g}, {upper:.3g}] against the controls"
    )
    if sided and abs(last.mean()) > size / 4:
        return bi.Finding(
            f"{told}: more than a quarter of the size of the {trends.name}, as if the treatment "
            "had been anticipated.",
            "warning",
            "anticipation",
            evidence,
            "If it was known beforehand, say how many times before: anticipation=1.",
        )
    if max(abs(lower), abs(upper)) <= size / 2:
        return bi.Finding(
            f"{told}: less than half the size of the {trends.name}.",
            "good",
            "anticipation",
            evidence,
        )
    return bi.Finding(
        f"{told}, which neither shows that the treatment was anticipated nor that it was not.",
        "note",
        "anticipation-silent",
        evidence,
        "If it was known beforehand, say how many times before: anticipation=1.",
    )


def judge_breakdown(trends: Trends) -> bi.Finding:
    """Says how far trends may part after treatment before the answer's sign is open.

    Args:
        trends: The effect and at least one step.

    Source:
        Rambachan and Roth (2023), Review of Economic Studies 90, relative magnitudes. Departures:
        the bounds are those of each posterior draw, not of a confidence set; the largest step of
        each draw holds estimation noise too, which makes the bounds wide rather than narrow.
    """
    limit = trends.breakdown()
    evidence = {"breakdown": limit}
    for deviation in (0.5, 1.0, 2.0):
        lower, upper = trends.interval(deviation)
        evidence |= {f"lower_at_{deviation:g}": lower, f"upper_at_{deviation:g}": upper}
    remedy = (
        "Argue why trends should have parted no more than before treatment, or find controls "
        "that moved more alike."
    )
    if limit == 0.0:
        return bi.Finding(
            f"The 95% interval of the {trends.name} holds zero even if trends are parallel, so "
            "there is no sign for deviations to overturn.",
            "note",
            "parallel-trends-open",
            evidence,
            remedy,
        )
    told = (
        f"The sign of the {trends.name} stands as long as trends part in no step after treatment "
        f"by more than {limit:.2g} times the largest step before (bounds at once that: "
        f"[{evidence['lower_at_1']:.3g}, {evidence['upper_at_1']:.3g}], 95%)."
    )
    severity = "good" if limit >= 1 else "note" if limit >= 0.5 else "warning"
    return bi.Finding(
        told, severity, "parallel-trends", evidence, "" if severity == "good" else remedy
    )
