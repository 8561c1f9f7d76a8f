"""Simulated confounder: a made-up column, as strong as a real one, that explains effects away."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.check import Check, Checked
from causal.estimate import Estimate
from causal.refits import Change, Refits, refit
from causal.refits.change import contrast_of
from causal.refits.rows import arm_study, refuses_arms
from causal.refits.sums import products
from causal.sensitivity.benchmarks import covariate_blocks, covariate_strengths
from causal.sensitivity.omitted import Confounder, benchmark_strength, bias_factor
from causal.sensitivity.projection import outcome_model_of, scale_of_bias

LARGE = 0.5
"""Share of the effect that a confounder has to take for a warning."""


@dataclass(frozen=True)
class SimulatedConfounder(Check):
    """Makes up the confounder that would hurt most for its strength, and adjusts for it.

    The column has exactly the given partial R2 with treatment and outcome in these rows, and works
    against the effect; the rest of it is noise, a new one for each refit.

    Attributes:
        like: The adjuster that it is as strong as; None takes the strongest.
        times: How many times as strong.
        refits: How many columns to try.

    Source:
        Cinelli and Hazlett (2020), JRSS B 82, whose formula says where the effect must go; the
        column is built from residuals as in their proof that the bound is attained.
    """

    like: str | None = None
    times: float = 1.0
    refits: int = 20

    name: ClassVar[str] = "simulated_confounder"

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms, or without anything to be as strong as."""
        refusal = refuses_arms(estimate)
        if refusal is None and not arm_study(estimate).adjusting:
            return "Nothing was adjusted for, so there is no covariate to be as strong as."
        return refusal

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Makes the columns up, adjusts for each, and compares with the formula."""
        arm_study(estimate)
        strengths = covariate_strengths(estimate)
        chosen = strengths.index[0] if self.like is None else self.like
        if chosen not in strengths.index:
            raise bi.ModelError(
                f"'{chosen}' was not adjusted for; what was: {', '.join(strengths.index)}.",
                code="unknown-covariate",
                column=str(chosen),
                hint="Name one of these.",
            )
        row = strengths.loc[chosen]
        strength = benchmark_strength(row["treatment"], row["outcome"], self.times)
        generator, directions = streams.generator(self.name), read_directions(estimate)
        sign = 1.0 if estimate.draws.mean() >= 0 else -1.0
        changes = [
            Change(number, added=simulate(directions, strength, sign, generator))
            for number in range(1, self.refits + 1)
        ]
        found = refit(estimate, changes, streams)
        return Checked(self.name, (self.judge(estimate, str(chosen), strength, found),), found)

    def judge(
        self, estimate: Estimate, chosen: str, strength: Confounder, found: Refits
    ) -> bi.Finding:
        """Says what such a confounder would leave of the effect.

        Args:
            estimate: What was answered.
            chosen: The covariate that it is as strong as.
            strength: Its partial R2.
            found: The refits.
        """
        effect = float(estimate.draws.mean())
        scale = scale_of_bias(estimate)
        bias = scale.value * float(bias_factor(strength.treatment, strength.outcome))
        known = "says" if scale.exact else "bounds it by"
        formula = effect - float(np.sign(effect)) * bias
        left = found.centre
        taken = 1 - left / effect if effect else np.inf
        severity = "good" if taken < LARGE else "warning"
        multiple = "as strong" if self.times == 1 else f"{self.times:g} times as strong"
        return bi.Finding(
            f"A hidden confounder {multiple} as '{chosen}', working against the effect, would "
            f"leave {left:.4g} of {effect:.4g} ({len(found)} simulated columns; the formula "
            f"{known} {formula:.4g}). This says how fragile the answer is; it cannot detect "
            "whether there is such a confounder.",
            severity,
            "simulated-confounder",
            {
                "effect": effect,
                "left": left,
                "formula": formula,
                "r2_treatment": float(strength.treatment),
                "r2_outcome": float(strength.outcome),
            },
            "" if severity == "good" else "Say so beside the effect; see causal.sensitivity(...).",
        )


@dataclass(frozen=True, eq=False)
class Directions:
    """What the adjusters leave of treatment and outcome: where a confounder can hide.

    Attributes:
        known: (row, direction) an orthonormal basis of the adjusters and a column of ones.
        treatment: (row,) the rest of the treatment, at length one.
        outcome: (row,) the rest of the outcome beyond treatment and adjusters, at length one.
    """

    known: np.ndarray
    treatment: np.ndarray
    outcome: np.ndarray


def read_directions(estimate: Estimate) -> Directions:
    """Projects treatment and outcome on what was adjusted for.

    Args:
        estimate: What was answered.
    """
    contrast, study = contrast_of(estimate.answer), arm_study(estimate)
    ones = np.ones((len(contrast.received), 1))
    known = basis_of(np.hstack([ones, *covariate_blocks(estimate).values()]))
    outcome = np.asarray(outcome_model_of(estimate, study, contrast).design.response, float)
    treatment = direction_beyond(contrast.received.astype(float), known)
    beside = np.column_stack([known, treatment])
    return Directions(known, treatment, direction_beyond(outcome, beside))


def simulate(
    directions: Directions, strength: Confounder, sign: float, generator: np.random.Generator
) -> np.ndarray:
    """Makes up a confounder with exactly the given partial R2 in the rows of an estimate.

    Args:
        directions: What the adjusters leave.
        strength: Partial R2 with treatment and outcome.
        sign: 1 where it is to make the effect look too large, -1 where too small.
        generator: Decides the part that is noise.

    Returns:
        (row,) numbers of mean zero and sd one.
    """
    size = len(directions.treatment)
    taken = np.column_stack([directions.known, directions.treatment, directions.outcome])
    noise = direction_beyond(generator.standard_normal(size), taken)
    first, second = float(strength.treatment), float(strength.outcome)
    made = (
        sqrt(first) * directions.treatment
        + sign * sqrt((1 - first) * second) * directions.outcome
        + sqrt((1 - first) * (1 - second)) * noise
    )
    return made * sqrt(size)


def basis_of(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of what columns span; dependent ones count once.

    Example:
        >>> basis_of(np.ones((4, 2))).shape
        (4, 1)
    """
    lengths = np.linalg.norm(columns, axis=0)
    turned, sizes, _ = np.linalg.svd(columns / np.where(lengths > 0, lengths, 1.0), False)
    return turned[:, sizes > 1e-10 * sizes[0]]


def direction_beyond(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What known directions leave of a column, at length one.

    Args:
        values: (row,) numbers.
        known: (row, direction) orthonormal.

    Raises:
        DataError: They leave nothing.
    """
    rest = values - known @ products(known, values)
    length = float(np.linalg.norm(rest))
    if length <= 1e-10 * float(np.linalg.norm(values)):
        raise bi.DataError(
            "What was adjusted for explains the treatment or the outcome in full.",
            code="nothing-left",
            hint="Adjust for less.",
        )
    return rest / length
