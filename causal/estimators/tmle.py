"""TMLE: an outcome model that is moved until its weighted errors vanish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np
from scipy.special import expit, logit

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.bootstrap.bootstrap import Statistic, answer_by_bootstrap
from causal.bootstrap.propensity import Propensity
from causal.bootstrap.surfaces import outcome_columns, read_surface, refuse_surface
from causal.comparison import Comparison
from causal.estimator import Estimator

EDGE = 5e-4
"""How near predictions come to the bounds, as a share of their distance; as in the R package."""

STEPS = 40
"""Newton steps for the fluctuation; it is one number per draw and level, and needs about six."""

FURTHEST = 15.0
"""The largest fluctuation on the logit scale; with outcomes all at a bound none is finite."""


@bi.checked_class
@dataclass(frozen=True)
class TMLE(Estimator):
    """Targeted maximum likelihood, which is doubly robust and stays within the outcome's range.

    The outcome, brought to 0 to 1, has its predicted logits moved by one constant per level, fitted
    with the rows weighed as in AIPW; the moved predictions are averaged. One step solves the
    efficient score equation.

    Attributes:
        terms: Terms of the model of the treatment (logistic, multinomial beyond two levels);
            None takes those that the default outcome model has.
        bounds: The smallest and largest possible outcome; None takes those of the rows.

    Source:
        Van der Laan and Rubin (2006), International Journal of Biostatistics 2; Gruber and van der
        Laan (2010), the same, 6, for bounded outcomes. Departure: the clever covariate is a weight
        here and not a regressor, which is steadier where chances are small.
    """

    terms: tuple[str, ...] | None = None
    bounds: tuple[float, float] | None = None

    name: ClassVar[str] = "tmle"

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses what is no average, and outcome models that are not linear or logistic."""
        return refuse_surface(comparison, "TMLE")

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Refits both models, and the fluctuation, for each draw of the rows' weights."""
        name = f"targeted maximum likelihood (TMLE) with the outcome model {comparison.formula}"
        return answer_by_bootstrap(
            comparison,
            computation,
            self.terms,
            lambda propensity: self.statistic(comparison, propensity),
            name,
            outcome_columns(comparison),
        )

    def statistic(self, comparison: Comparison, propensity: Propensity) -> Statistic:
        """The targeted averages of each level as a function of row weights."""
        arms, surface = propensity.arms, read_surface(comparison, propensity.arms)
        low, high = settle_bounds(arms.outcome, self.bounds)
        scaled = (arms.outcome - low) / (high - low)
        members = arms.groups.members

        def compute(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            chances, well = propensity.steady(weights)
            expected = (surface.expected(weights) - low) / (high - low)
            starts = logit(np.clip(expected, EDGE, 1 - EDGE))
            counted = weights * arms.estimand.chosen(arms.had, chances)
            tilted = weights * arms.estimand.tilt(chances)
            found = np.empty((len(weights), len(arms.labels), len(members)))
            for level in range(len(arms.labels)):
                rows = arms.of(level)
                weighed = tilted[:, rows] / chances[level][:, rows]
                for group, those in enumerate(members):
                    inside = weighed * those[rows]
                    shift = fluctuate(starts[level][:, rows], scaled[rows], inside)
                    moved = expit(starts[level][:, those] + shift[:, None])
                    share = counted[:, those]
                    found[:, level, group] = (share * moved).sum(axis=1) / share.sum(axis=1)
            return low + (high - low) * found, well

        return compute


def settle_bounds(outcome: np.ndarray, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """The smallest and the largest possible outcome.

    Raises:
        DataError: Rows lie outside of them, or all outcomes are equal.
    """
    seen = float(outcome.min()), float(outcome.max())
    low, high = seen if bounds is None else bounds
    if not low < high or seen[0] < low or seen[1] > high:
        raise bi.DataError(
            f"The outcomes lie between {seen[0]:g} and {seen[1]:g}, which does not fit the bounds "
            f"{low:g} and {high:g}.",
            code="outcome-bounds",
            hint="Give TMLE bounds=(smallest, largest) that contain the outcomes and differ.",
        )
    return low, high


def fluctuate(starts: np.ndarray, outcome: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The constants that, added to the logits, make the weighted errors of each draw vanish.

    Args:
        starts: (draw, row) logits.
        outcome: (row,) between 0 and 1.
        weights: (draw, row).

    Returns:
        (draw,).

    Example:
        >>> found = fluctuate(np.zeros((1, 2)), np.array([0.7, 0.9]), np.ones((1, 2)))
        >>> expit(found).round(6).tolist()
        [0.8]
    """
    shift = np.zeros(len(starts))
    for _ in range(STEPS):
        moved = expit(starts + shift[:, None])
        pull = (weights * (outcome - moved)).sum(axis=1)
        slope = (weights * moved * (1 - moved)).sum(axis=1)
        step = np.clip(pull / np.maximum(slope, 1e-300), -2.0, 2.0)
        shift = np.clip(shift + step, -FURTHEST, FURTHEST)
        if np.abs(step).max() < 1e-10:
            break
    return shift
