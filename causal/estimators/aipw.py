"""AIPW: an outcome model whose errors are weighed, right if either of its two models is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.bootstrap.bootstrap import Statistic, answer_by_bootstrap
from causal.bootstrap.propensity import Propensity
from causal.bootstrap.surfaces import outcome_columns, read_surface, refuse_surface
from causal.comparison import Comparison
from causal.estimator import Estimator


@bi.checked_class
@dataclass(frozen=True)
class AIPW(Estimator):
    """Augmented inverse-probability weighting, which is doubly robust.

    The average of the outcome model's predictions, plus the weighted average of its errors in each
    arm. It is near the truth if the outcome model or the treatment's model is right.

    Attributes:
        terms: Terms of the model of the treatment (logistic, multinomial beyond two levels);
            None takes those that the default outcome model has.

    Source:
        Robins, Rotnitzky and Zhao (1994), JASA 89; Mao, Li and Greene (2019), Statistical Methods
        in Medical Research 28, for other weights than those of the average over all rows.
    """

    terms: tuple[str, ...] | None = None

    name: ClassVar[str] = "aipw"

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses what is no average, and outcome models that are not linear or logistic."""
        return refuse_surface(comparison, "AIPW")

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Refits both models for each draw of the rows' weights."""
        name = (
            f"augmented inverse-probability weighting (AIPW) with the outcome model "
            f"{comparison.formula}"
        )
        return answer_by_bootstrap(
            comparison,
            computation,
            self.terms,
            lambda propensity: statistic(comparison, propensity),
            name,
            outcome_columns(comparison),
        )


def statistic(comparison: Comparison, propensity: Propensity) -> Statistic:
    """The augmented averages of each level as a function of row weights."""
    arms, surface = propensity.arms, read_surface(comparison, propensity.arms)
    members = arms.groups.members.astype(float)

    def compute(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chances, well = propensity.steady(weights)
        expected = surface.expected(weights)
        counted = weights * arms.estimand.chosen(arms.had, chances)
        tilted = weights * arms.estimand.tilt(chances)
        found = np.empty((len(weights), len(arms.labels), len(members)))
        for level in range(len(arms.labels)):
            rows = arms.of(level)
            errors = arms.outcome[rows] - expected[level][:, rows]
            weighed = tilted[:, rows] / chances[level][:, rows] * errors
            found[:, level] = (counted * expected[level]) @ members.T + weighed @ members[:, rows].T
        return found / (counted @ members.T)[:, None], well

    return compute
