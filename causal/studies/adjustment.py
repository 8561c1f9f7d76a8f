"""An observational study whose effect is identified by adjusting for what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.estimand import ATE
from causal.estimate import Answer
from causal.findings import (
    judge_balance,
    judge_cells,
    judge_computation,
    judge_confounding,
    judge_overlap,
)
from causal.formula import Adjuster, columns_of, is_factor, outcome_formula, treatment_terms
from causal.identification import Identification, backdoor_assumptions
from causal.study import Example, Study, outcome_label
from causal.treatment import Contrast


@dataclass(frozen=True)
class Adjustment(Study):
    """Compares rows with the treatment to rows without that are alike in what confounds.

    Attributes:
        identification: Why adjustment gives the effect.
        adjusters: What is adjusted for, and how it enters the model.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapters 3 and 13.
    """

    identification: Identification
    adjusters: tuple[Adjuster, ...]

    name: ClassVar[str] = "adjustment"

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up rows of which the treated have more of what raises the outcome anyway."""
        size = 400
        z = rng.normal(size=size)
        t = (rng.random(size) < 1 / (1 + np.exp(-z))).astype(float)
        y = 1 + (2 + 0.5 * z) * t + 1.5 * z + rng.normal(size=size)
        identification = Identification("t", "y", ("z",), backdoor_assumptions("t", "y", ("z",)))
        study = cls("y", "t", ATE(), identification, (Adjuster("z", ("z",)),))
        return Example(study, {"y": y, "t": t, "z": z}, float(np.mean(2 + 0.5 * z)))

    @property
    def adjustment(self) -> tuple[str, ...]:
        """The columns adjusted for."""
        return columns_of(self.adjusters)

    def formula(self, contrast: Contrast) -> str:
        """Writes the default outcome model for these adjusters."""
        return outcome_formula(
            self.outcome, self.treatment, self.adjusters, contrast.table, contrast.received
        )

    def assumptions(self, model: bi.Model) -> tuple[str, ...]:
        """No unmeasured confounding, overlap, consistency, and the model's shape."""
        shape = (
            f"Model: the outcome model ({model.family.name}) can describe how the average of "
            f"{outcome_label(model)} varies with {self.treatment} and what is adjusted for."
        )
        return (*self.identification.assumptions, shape)

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks overlap, empty cells, balance, unmeasured confounding and the computation."""
        contrast, table = answer.contrast, answer.contrast.table
        columns = [name for name in self.adjustment if name in table.columns]
        groups = {
            name for entry in self.adjusters if entry.kind == "group" for name in entry.columns
        }
        factors = [name for name in columns if name in groups or is_factor(table, name)]
        plain = [name for name in columns if name not in groups]
        terms = treatment_terms(self.adjusters, table, contrast.received)
        seed = bi.Streams(answer.fit.posterior.provenance.seed).integer("overlap")
        return (
            *judge_overlap(contrast, terms, plain, seed),
            *judge_cells(contrast, factors),
            *judge_balance(contrast, plain),
            *judge_confounding(answer.fit, answer.treated, answer.control),
            *judge_computation(answer.fit, self.estimand.name, answer.draws),
        )
