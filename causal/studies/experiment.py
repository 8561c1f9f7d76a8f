"""A randomised experiment: chance decided who was treated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption
from causal.arms import ArmStudy, judge_arms
from causal.estimand import ATE
from causal.findings import judge_randomisation
from causal.formula import Adjuster, outcome_formula
from causal.identification import backdoor_assumptions
from causal.identification.identification import join
from causal.study import Example
from causal.treatment import Contrast


@dataclass(frozen=True)
class Experiment(ArmStudy):
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
    def adjusting(self) -> tuple[Adjuster, ...]:
        """The covariates."""
        return self.covariates

    def formula(self, contrast: Contrast) -> str:
        """Writes the default outcome model: the arms alone, or with the covariates."""
        return outcome_formula(
            self.outcome, self.treatment, self.covariates, contrast.table, contrast.received
        )

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Random assignment and consistency, and that covariates came first."""
        *_, consistency = backdoor_assumptions(self.treatment, self.outcome, ())
        chance = Assumption(
            f"Random assignment: chance, or what is as good as chance, decided which "
            f"{self.treatment} each row had; nothing that affects {self.outcome} had a say in it.",
            ("randomisation",),
        )
        if not self.covariates:
            return (chance, Assumption(consistency))
        first = f"Order: {join(self.adjustment)} came before {self.treatment}, untouched by it."
        return (chance, Assumption(consistency), Assumption(first))

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks the randomisation by the covariates, and confounding."""
        if answer.contrast is None:
            return ()
        known = [name for name in self.adjustment if name in answer.contrast.table.columns]
        return (*judge_randomisation(answer.contrast, known), *judge_arms(self, answer))
