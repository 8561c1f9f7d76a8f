"""A randomised experiment: chance decided who was treated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.estimand import ATE
from causal.estimate import Answer
from causal.findings import judge_computation, judge_confounding, judge_randomisation
from causal.formula import Adjuster, columns_of, outcome_formula
from causal.identification import backdoor_assumptions
from causal.identification.identification import join
from causal.study import Example, Study
from causal.treatment import Contrast


@dataclass(frozen=True)
class Experiment(Study):
    """Compares arms that chance made alike.

    Attributes:
        covariates: What was measured before the treatment, to make the answer more precise; none
            is needed.

    Source:
        Lin (2013), Agnostic notes on regression adjustments to experimental data, Annals of
        Applied Statistics 7, for the covariates.
    """

    covariates: tuple[Adjuster, ...] = ()

    name: ClassVar[str] = "experiment"

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up rows of which a coin decides who is treated."""
        size = 400
        z = rng.normal(size=size)
        t = (rng.random(size) < 0.5).astype(float)
        y = 1 + (2 + 0.5 * z) * t + 1.5 * z + rng.normal(size=size)
        study = cls("y", "t", ATE(), (Adjuster("z", ("z",)),))
        return Example(study, {"y": y, "t": t, "z": z}, float(np.mean(2 + 0.5 * z)))

    @property
    def adjustment(self) -> tuple[str, ...]:
        """The covariates' columns."""
        return columns_of(self.covariates)

    def formula(self, contrast: Contrast) -> str:
        """Writes the default outcome model: the arms alone, or with the covariates."""
        return outcome_formula(
            self.outcome, self.treatment, self.covariates, contrast.table, contrast.received
        )

    def assumptions(self, model: bi.Model) -> tuple[str, ...]:
        """Random assignment and consistency, and that covariates came first."""
        *_, consistency = backdoor_assumptions(self.treatment, self.outcome, ())
        chance = (
            f"Random assignment: chance, or what is as good as chance, decided which "
            f"{self.treatment} each row had; nothing that affects {self.outcome} had a say in it."
        )
        if not self.covariates:
            return (chance, consistency)
        first = f"Order: {join(self.adjustment)} came before {self.treatment}, untouched by it."
        return (chance, consistency, first)

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks the randomisation by the covariates, confounding and the computation."""
        known = [name for name in self.adjustment if name in answer.contrast.table.columns]
        return (
            *judge_randomisation(answer.contrast, known),
            *judge_confounding(answer.fit, answer.treated, answer.control),
            *judge_computation(answer.fit, self.estimand.name, answer.draws),
        )
