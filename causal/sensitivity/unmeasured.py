"""An unmeasured confounder: its strength as a belief, by itself or by what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate
from causal.findings.confounding import limit_nearest_zero
from causal.refits.rows import arm_study, refuses_arms
from causal.sensitivity.belief import Belief, Beta, as_belief, draw_strength
from causal.sensitivity.benchmarks import benchmark_table, covariate_strengths
from causal.sensitivity.bias import Bias
from causal.sensitivity.contours import contour_picture, contour_table
from causal.sensitivity.omitted import (
    Confounder,
    adjust_draws,
    benchmark_strength,
    extreme_treatment,
    robustness_value,
)
from causal.sensitivity.projection import Scale, scale_of_bias
from causal.sensitivity.sensitivity import ESTIMATED, Sensitivity

if TYPE_CHECKING:
    import pandas as pd

AGAINST, EITHER = "bias against it", "bias either way"
"""The lines of a confounder that made the effect too large, and of one of unknown sign."""

VAGUE = Beta(1, 9)
"""Usually below 0.3: few covariates explain a tenth of what others leave."""

MOST_TREATMENT = 0.99
"""A confounder that explained all of the treatment would leave nothing to compare."""


@final
@dataclass(frozen=True)
class Unmeasured(Bias):
    """A confounder that was not measured, by its partial R2 with treatment and outcome.

    Attributes:
        treatment: Belief about the share of the treatment's variance that it explains beyond what
            was adjusted for: a number or a distribution.
        outcome: The same for the outcome, beyond treatment and adjusters.

    Source:
        Cinelli and Hazlett (2020), JRSS B 82; a prior on their two numbers is this library's.

    Example:
        >>> from causal.sensitivity import Beta
        >>> str(Unmeasured(Beta(1, 9), 0.2).outcome)
        '0.2'
    """

    treatment: Belief | float = VAGUE
    outcome: Belief | float = VAGUE

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies that do not compare rows of two arms."""
        return refuses_arms(estimate)

    def push(self, estimate: Estimate, streams: bi.Streams) -> Sensitivity:
        """Draws both strengths for each draw of the effect."""
        arm_study(estimate)
        shape = estimate.draws.shape
        treatment, outcome = as_belief(self.treatment), as_belief(self.outcome)
        rng = streams.generator("unmeasured")
        confounder = Confounder(
            np.minimum(
                draw_strength(treatment, "partial R2 with the treatment", rng, shape, 1.0),
                MOST_TREATMENT,
            ),
            draw_strength(outcome, "partial R2 with the outcome", rng, shape, 1.0),
        )
        belief = (
            "with an unmeasured confounder of partial R2 "
            f"{treatment} with the treatment and {outcome} with the outcome"
        )
        strengths = covariate_strengths(estimate)
        return sensitivity_of(estimate, confounder, belief, strengths, rng)


@final
@dataclass(frozen=True)
class AsStrongAs(Bias):
    """A confounder that was not measured and is some times as strong as one that was.

    Attributes:
        covariate: One of the adjusters; None takes each of them with equal chance.
        times: Belief about how many times as much variance it explains, of treatment and outcome
            alike: a number or a distribution of positive numbers, such as `bi.HalfNormal(1.0)`.

    Source:
        Cinelli and Hazlett (2020), section 4.4, for the bound; a belief over covariates and
        multiples is this library's.
    """

    covariate: str | None = None
    times: Belief | float = 1.0

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms, or without anything that was adjusted for."""
        refusal = refuses_arms(estimate)
        if refusal is None and not arm_study(estimate).adjusting:
            return "Nothing was adjusted for, so there is no covariate to be as strong as."
        return refusal

    def push(self, estimate: Estimate, streams: bi.Streams) -> Sensitivity:
        """Draws a covariate and a multiple for each draw of the effect."""
        refusal = self.refuses(estimate)
        if refusal is not None:
            raise bi.ModelError(
                refusal, code="bias-refuses", hint="Write bias=causal.Unmeasured()."
            )
        strengths = covariate_strengths(estimate)
        known = list(strengths.index)
        if self.covariate is not None and self.covariate not in known:
            raise bi.ModelError(
                f"'{self.covariate}' was not adjusted for; what was: {', '.join(known)}.",
                code="unknown-covariate",
                column=self.covariate,
                hint="Name one of these.",
            )
        shape, rng = estimate.draws.shape, streams.generator("as-strong-as")
        times = as_belief(self.times)
        factor = draw_strength(times, "multiple of a covariate's strength", rng, shape, np.inf)
        place = np.full(shape, known.index(self.covariate)) if self.covariate is not None else None
        chosen = rng.integers(len(known), size=shape) if place is None else place
        confounder = benchmark_strength(
            strengths["treatment"].to_numpy()[chosen],
            strengths["outcome"].to_numpy()[chosen],
            factor,
        )
        single = known[0] if len(known) == 1 else self.covariate
        like = (
            f"one of the {len(known)} adjusters, each with equal chance"
            if single is None
            else f"'{single}'"
        )
        multiple = "as strong" if self.times == 1.0 else f"{times} times as strong"
        belief = f"with an unmeasured confounder {multiple} as {like}"
        return sensitivity_of(estimate, confounder, belief, strengths, rng)


def sensitivity_of(
    estimate: Estimate,
    confounder: Confounder,
    belief: str,
    strengths: pd.DataFrame,
    rng: np.random.Generator,
) -> Sensitivity:
    """Puts together what confounders of drawn strengths leave of an effect.

    Args:
        estimate: What was answered.
        confounder: One strength per draw.
        belief: Where they come from, in words.
        strengths: Those of the covariates.
        rng: Decides the sign of the bias where it is not known.
    """
    draws, scale = estimate.draws, scale_of_bias(estimate)
    sign = 1.0 if draws.mean() >= 0 else -1.0
    signs = rng.choice([-1.0, 1.0], size=draws.shape)
    robust = robustness_value(draws / scale.value)
    benchmarks = benchmark_effects(benchmark_table(strengths), draws, scale, sign)
    reach = max(
        float(robustness_value(draws.mean() / scale.value)) * 1.5,
        float(benchmarks[["treatment", "outcome"]].to_numpy().max()) * 1.1
        if len(benchmarks)
        else 0,
        0.02,
    )
    contours = contour_table(draws, scale.value, sign, min(reach, 0.9))
    return Sensitivity(
        estimate.name,
        estimate.subject,
        f"{belief}, working against it",
        f"{scale.method} Scale of bias: {scale.value:.4g}.",
        {
            ESTIMATED: draws,
            AGAINST: adjust_draws(draws, scale.value, confounder, sign),
            EITHER: adjust_draws(draws, scale.value, confounder, signs),
        },
        0.0,
        {"robustness value": robust},
        {
            "benchmarks": benchmarks,
            "extreme": extreme_table(draws, scale),
            "contours": contours,
        },
        (contour_picture(contours, benchmarks, estimate.subject),),
        strength_sentence(draws, scale),
    )


def benchmark_effects(
    table: pd.DataFrame, draws: np.ndarray, scale: Scale, sign: float
) -> pd.DataFrame:
    """Adds to a table of confounders what each would leave of the effect.

    Args:
        table: With columns `treatment` and `outcome`.
        draws: (chain, draw) draws of the effect.
        scale: The scale of bias.
        sign: That of the bias.

    Returns:
        The table with columns `mean lower upper above_zero` beside.
    """
    lines = []
    for treatment, outcome in table[["treatment", "outcome"]].to_numpy():
        left = adjust_draws(draws, scale.value, Confounder(treatment, outcome), sign)
        line = bi.summary_frame(["effect"], left[..., None]).iloc[0]
        lines.append((line["mean"], line["lower"], line["upper"], float((left > 0).mean())))
    names = ["mean", "lower", "upper", "above_zero"]
    return table.assign(**dict(zip(names, np.array(lines).reshape(-1, 4).T, strict=True)))


def extreme_table(draws: np.ndarray, scale: Scale) -> pd.DataFrame:
    """How much of the treatment a confounder must explain that explains most of the outcome.

    Args:
        draws: (chain, draw) draws of the effect.
        scale: The scale of bias.

    Returns:
        A frame with columns `outcome` (its partial R2, 1 in the worst case) and `treatment` (that
        which takes the posterior mean to zero).
    """
    import pandas as pd

    outcome = np.array([1.0, 0.75, 0.5, 0.25])
    needed = extreme_treatment(float(draws.mean()) / scale.value, outcome)
    return pd.DataFrame({"outcome": outcome, "treatment": needed})


def strength_sentence(draws: np.ndarray, scale: Scale) -> str:
    """Says how strong a confounder must be to take the mean, or the interval, to no effect."""
    frame = bi.summary_frame(["effect"], draws[..., None])
    line = frame.iloc[0]
    whole = float(robustness_value(line["mean"] / scale.value))
    nearest = limit_nearest_zero(float(line["lower"]), float(line["upper"]))
    part = float(robustness_value(nearest / scale.value))
    rest = (
        f"{100 * part:.2g}% for the credible interval to touch zero"
        if part > 0
        else "the credible interval holds zero as it is"
    )
    return (
        f"It would take a confounder that explains {100 * whole:.2g}% of what is left of both "
        f"treatment and outcome to bring the estimate to zero (robustness value); {rest}."
    )
