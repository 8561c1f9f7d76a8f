"""Weighting: the rows of each arm count by one over their chance of being in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.averages import weighted_quantiles
from causal.bootstrap.bootstrap import Statistic, answer_by_bootstrap
from causal.bootstrap.propensity import Arms, Propensity, refuse_groups
from causal.comparison import Comparison
from causal.estimand import ATC, ATE, ATO, ATT, CATE, QuantileEffect
from causal.estimator import Estimator


class Average(ABC):
    """What weighted outcomes are divided by."""

    @abstractmethod
    def divisors(self, weights: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The divisors of the weighted sums of one arm.

        Args:
            weights: (draw, arm row) weights of the arm's rows.
            rows: (draw, row) how much all rows count in the average that is asked for.
            targets: (group, row) booleans of all rows, whose columns for the arm come first.

        Returns:
            (draw, group).
        """


@dataclass(frozen=True)
class Hajek(Average):
    """Divides by the sum of the arm's weights, so that the result is an average of outcomes.

    Stabilised weights, which are these times the share of the arm, then give the same number.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, section 12.2 and technical point 12.1.
    """

    @override
    def divisors(self, weights: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The sums of the arm's weights."""
        return weights @ targets[:, : weights.shape[1]].T


@dataclass(frozen=True)
class HorvitzThompson(Average):
    """Divides by how much all rows count: unbiased with known chances, and more variable.

    Source:
        Horvitz and Thompson (1952), JASA 47.
    """

    @override
    def divisors(self, weights: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The sums over all rows."""
        return rows @ targets.T


@bi.checked_class
@dataclass(frozen=True)
class Weighting(Estimator):
    """Weighs the rows of each arm by the estimand's tilt over their chance of being in that arm.

    Inverse-probability weights for the average over all rows, odds for those over the treated or
    the controls, overlap weights for `ATO`; quantiles of the weighted outcomes for
    `QuantileEffect`. Any number of levels.

    Attributes:
        terms: Terms of the model of the treatment (logistic, multinomial beyond two levels);
            None takes those that the default outcome model has.
        average: What weighted sums are divided by.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapter 12; Li, Morgan and Zaslavsky
        (2018), JASA 113; Firpo (2007), Econometrica 75, for quantiles.
    """

    terms: tuple[str, ...] | None = None
    average: Average = Hajek()

    name: ClassVar[str] = "weighting"

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses doses, paths, and group terms, which weights cannot hold equal."""
        if not isinstance(comparison.estimand, ATE | ATT | ATC | ATO | CATE | QuantileEffect):
            return f"Weighting compares levels; it cannot answer for {comparison.estimand!r}."
        return refuse_groups(comparison)

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Weighs the arms, and refits the chances for each draw of the rows' weights."""
        name = f"weighting ({type(self.average).__name__})"
        return answer_by_bootstrap(comparison, computation, self.terms, self.statistic, name)

    def statistic(self, propensity: Propensity) -> Statistic:
        """The weighted averages, or quantiles, of each level as a function of row weights."""
        arms = propensity.arms

        def compute(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            chances, well = propensity.steady(weights)
            tilted = weights * arms.estimand.tilt(chances)
            levels = [
                self.level(arms, tilted, chances[position], position)
                for position in range(len(arms.labels))
            ]
            return np.stack(levels, axis=1), well

        return compute

    def level(
        self, arms: Arms, tilted: np.ndarray, chance: np.ndarray, position: int
    ) -> np.ndarray:
        """Averages or quantiles of one level.

        Args:
            arms: The rows.
            tilted: (draw, row) how much rows count.
            chance: (draw, row) chance of this level.
            position: Which level.

        Returns:
            (draw, group) or (draw, quantile).
        """
        rows = arms.of(position)
        weights = tilted[:, rows] / chance[:, rows]
        outcome = arms.outcome[rows]
        if isinstance(arms.estimand, QuantileEffect):
            return weighted_quantiles(outcome[None], weights, arms.estimand.probabilities)
        others = np.flatnonzero(arms.codes != position)
        ordered = np.concatenate([rows, others])
        targets = arms.groups.members[:, ordered].astype(float)
        divisors = self.average.divisors(weights, tilted[:, ordered], targets)
        return (weights * outcome) @ targets[:, : len(rows)].T / divisors
