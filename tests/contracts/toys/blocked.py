"""A study that is not in the catalogue: chance decides within blocks, with other odds in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal import ATE
from causal.answer import Answer, Assumption
from causal.arms import ArmStudy
from causal.findings import judge_cells
from causal.formula import Adjuster
from causal.study import Example
from causal.treatment import Contrast


@dataclass(frozen=True)
class Blocked(ArmStudy):
    """Compares rows of the same block."""

    block: str

    name: ClassVar[str] = "blocked"

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        block = rng.integers(0, 3, size=300)
        t = (rng.random(300) < np.array([0.1, 0.5, 0.9])[block]) * 1
        y = 2.0 * t - 3.0 * block + rng.normal(size=300)
        return Example(cls("y", "t", ATE(), "block"), {"y": y, "t": t, "block": block}, 2.0)

    @property
    def adjusting(self) -> tuple[Adjuster, ...]:
        return (Adjuster(self.block, (self.block,)),)

    def formula(self, contrast: Contrast) -> str:
        return f"{self.outcome} ~ {self.treatment} + C({self.block})"

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        chance = f"Within each {self.block}, chance decided which {self.treatment} a row had."
        return (Assumption(chance),)

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        return judge_cells(answer.contrast, [self.block])
