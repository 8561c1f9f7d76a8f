"""Placebo outcome: what was settled before the treatment cannot be its effect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.arms import ArmStudy
from causal.averages import ungrouped
from causal.check import Check, Checked
from causal.comparison import OutcomeModel
from causal.estimate import Estimate
from causal.findings.null_effect import NullEffect, judge_null, outcome_scale
from causal.refits import Refits
from causal.refits.rows import arm_study, refuses_arms, rows_beside
from causal.studies import Adjustment, Experiment

REACH = (
    "This detects confounding that also touches what came before; it cannot detect confounding of "
    "the outcome alone."
)


@dataclass(frozen=True)
class PlaceboOutcome(Check):
    """Answers the same question about a column that the treatment cannot have changed.

    The outcome before the treatment is the best choice. Whatever uses the column is left out of
    the adjusters, and the outcome model is the default one for the others.

    Attributes:
        column: A column that was settled before the treatment.

    Source:
        Imbens and Xu (2024), LaLonde (1986) after nearly four decades, section 5, whose placebo
        with earnings of 1975 every estimator fails; Lipsitch et al. (2010), Epidemiology 21.
    """

    column: str

    name: ClassVar[str] = "placebo_outcome"

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms, and the study's own outcome or treatment."""
        study = estimate.study
        if isinstance(study, ArmStudy) and self.column in (study.outcome, study.treatment):
            return f"'{self.column}' is the study's own outcome or treatment."
        if isinstance(study, ArmStudy) and not isinstance(study, Adjustment | Experiment):
            return f"The outcome of the study '{study.name}' cannot be replaced."
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Answers the question about the column, and holds the answer against the real one."""
        study = arm_study(estimate)
        placebo = replace_outcome(study, self.column)
        table = rows_beside(estimate, placebo.columns)
        outcome = rows_beside(estimate, (study.outcome,)).columns[study.outcome]
        computation = replace(estimate.computation, seed=streams.integer(self.name, self.column))
        draws = placebo.answer(table, computation).draws
        finding = judge_null(
            NullEffect(
                draws,
                outcome_scale(table.columns[self.column]),
                estimate.draws,
                outcome_scale(outcome),
                f"The {estimate.name} of {study.treatment} on '{self.column}', which was settled "
                "before,",
                REACH,
                "placebo-outcome",
                "What was adjusted for does not make the arms comparable: find what is missing, "
                "or take rows that are more alike.",
            )
        )
        means, sds = np.array([draws.mean()]), np.array([draws.std(ddof=1)])
        refits = Refits((self.column,), means, sds, "The study was run again in full.")
        return Checked(self.name, (finding,), refits)


def replace_outcome(study: ArmStudy, column: str) -> ArmStudy:
    """The same study about another outcome, which leaves that column out of what it adjusts for.

    Args:
        study: An adjustment or an experiment.
        column: The other outcome.
    """
    plain = OutcomeModel()
    study = replace(study, estimand=ungrouped(study.estimand, column))
    if isinstance(study, Adjustment):
        kept = tuple(entry for entry in study.adjusters if column not in entry.columns)
        return replace(study, outcome=column, adjusters=kept, model=plain)
    assert isinstance(study, Experiment)
    rest = tuple(entry for entry in study.covariates if column not in _columns(entry))
    before = None if study.before == column else study.before
    return replace(study, outcome=column, covariates=rest, before=before, model=plain)


def _columns(entry: object) -> tuple[str, ...]:
    """The columns of a covariate, which may be a name."""
    return (entry,) if isinstance(entry, str) else getattr(entry, "columns", ())
