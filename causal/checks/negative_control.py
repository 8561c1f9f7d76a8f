"""Negative control: a treatment that cannot affect the outcome must not seem to."""

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
from causal.refits.change import adjust_also
from causal.refits.rows import arm_study, refuses_arms, rows_beside

REACH = (
    "This detects what confounds both treatments; it cannot detect what confounds only the real "
    "one."
)


@dataclass(frozen=True)
class NegativeControl(Check):
    """Asks for the effect of a column that cannot affect the outcome, but is confounded alike.

    The real treatment is adjusted for as well, because it stands between the two: without an
    unmeasured common cause the control then has nothing to do with the outcome.

    Attributes:
        column: Another treatment with two levels, such as a vaccination against something else.

    Source:
        Lipsitch, Tchetgen Tchetgen and Cohen (2010), Negative controls, Epidemiology 21; Shi, Miao
        and Tchetgen Tchetgen (2020), A selective review of negative control methods, Current
        Epidemiology Reports 7, for adjusting for the treatment.
    """

    column: str

    name: ClassVar[str] = "negative_control"

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms, and columns that the study uses already."""
        study = estimate.study
        if isinstance(study, ArmStudy) and self.column in study.columns:
            return f"The study uses '{self.column}' already, so it is no control."
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Answers the question about the column, and holds the answer against the real one."""
        study = arm_study(estimate)
        control = replace(study, treatment=self.column, control=None, model=OutcomeModel())
        control = replace(control, estimand=ungrouped(control.estimand, self.column))
        control = adjust_also(control, study.treatment)
        table = rows_beside(estimate, control.columns)
        scale = outcome_scale(table.columns[study.outcome])
        computation = replace(estimate.computation, seed=streams.integer(self.name, self.column))
        draws = control.answer(table, computation).draws
        finding = judge_null(
            NullEffect(
                draws,
                scale,
                estimate.draws,
                scale,
                f"The {estimate.name} of '{self.column}', which cannot affect it, on "
                f"'{study.outcome}'",
                REACH,
                "negative-control",
                "Something that was not adjusted for goes with both treatments and the outcome.",
            )
        )
        means, sds = np.array([draws.mean()]), np.array([draws.std(ddof=1)])
        refits = Refits((self.column,), means, sds, "The study was run again in full.")
        return Checked(self.name, (finding,), refits)
