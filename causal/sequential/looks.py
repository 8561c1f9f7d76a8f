"""When data are looked at, and when that ends the trial."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import override

import numpy as np
from scipy import special

import bayesinf as bi
from causal.sequential.beliefs import Belief, BetaBelief

MARGIN = 0.6
"""How far the normal approximation of Beta posteriors is trusted to say that a limit is missed."""

FEW = 8.0
"""Wins or misses of an arm below which that approximation is not asked at all."""


class Stop(ABC):
    """A reason to stop."""

    @abstractmethod
    def reached(self, belief: Belief) -> np.ndarray:
        """(...) booleans: whether to stop with these posteriors."""

    @abstractmethod
    def sentence(self) -> str:
        """Says when the trial stops."""


def skewed(belief: BetaBelief) -> np.ndarray:
    """(...) booleans: whether a posterior is too far from a normal one to be approximated."""
    return np.minimum(belief.wins, belief.misses).min(axis=-1) < FEW


@dataclass(frozen=True)
class ProbabilityAbove(Stop):
    """Stops when one arm is better with more than some probability, whichever it is.

    Attributes:
        probability: Between 0.5 and 1.
    """

    probability: float = 0.99

    def __post_init__(self) -> None:
        if not 0.5 < self.probability < 1:
            raise bi.ModelError(
                f"The probability to stop at lies between 0.5 and 1, not at {self.probability}.",
                code="bad-probability",
                hint="Write causal.ProbabilityAbove(0.99).",
            )

    @override
    def reached(self, belief: Belief) -> np.ndarray:
        """Compares the probability that the effect is above zero with both limits."""
        found = np.zeros(belief.mean.shape, dtype=bool)
        near = np.ones(belief.mean.shape, dtype=bool)
        if isinstance(belief, BetaBelief):
            # Quadrature costs time, so it is spent where the limit is anywhere near.
            near = np.abs(belief.mean) > MARGIN * special.ndtri(self.probability) * belief.sd
            near |= skewed(belief)
        above = belief.take(near).above()
        found[near] = np.maximum(above, 1 - above) > self.probability
        return found

    @override
    def sentence(self) -> str:
        """Says when the trial stops."""
        return f"one arm is better with probability above {self.probability:g}"


@dataclass(frozen=True)
class ExpectedLossBelow(Stop):
    """Stops when going with the arm that looks better is expected to lose little.

    Attributes:
        loss: In units of the outcome.

    Source:
        Stucchi (2015), Bayesian A/B testing at VWO, for the rule; Raiffa and Schlaifer (1961) for
        the expected opportunity loss.
    """

    loss: float

    def __post_init__(self) -> None:
        if not self.loss > 0:
            raise bi.ModelError(
                f"The loss to stop at is positive, not {self.loss}.",
                code="bad-loss",
                hint="Write causal.ExpectedLossBelow(0.001), in units of the outcome.",
            )

    @override
    def reached(self, belief: Belief) -> np.ndarray:
        """Compares the expected loss with the limit."""
        found = np.zeros(belief.mean.shape, dtype=bool)
        near = np.ones(belief.mean.shape, dtype=bool)
        if isinstance(belief, BetaBelief):
            near = (belief.normal.loss() < self.loss / MARGIN**3) | skewed(belief)
        found[near] = belief.take(near).loss() < self.loss
        return found

    @override
    def sentence(self) -> str:
        """Says when the trial stops."""
        return f"the arm that looks better is expected to lose less than {self.loss:g}"


@dataclass(frozen=True)
class Looks:
    """A plan to look at data while they arrive.

    Attributes:
        every: Rows between looks.
        stop: What ends the trial.
        horizon: Rows at which it ends anyway.
        share: The treated share of the rows that arrive.

    Example:
        >>> Looks(every=100, stop=ProbabilityAbove(0.99), horizon=1000).sizes.tolist()
        [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]
    """

    every: int
    stop: Stop
    horizon: int
    share: float = 0.5

    def __post_init__(self) -> None:
        fewest = min(self.share, 1 - self.share) * self.every
        if self.horizon < self.every or not 0 < self.share < 1 or fewest < 2:
            raise bi.ModelError(
                f"Looks every {self.every} rows up to {self.horizon}, of which a share of "
                f"{self.share:g} is treated, leave fewer than 2 rows of an arm between looks or no "
                "look at all.",
                code="bad-looks",
                hint="Write causal.Looks(every=100, stop=causal.ProbabilityAbove(0.99), "
                "horizon=2000).",
            )

    @property
    def sizes(self) -> np.ndarray:
        """(look,) rows at each look; the last look is at the horizon."""
        found = np.arange(self.every, self.horizon + 1, self.every)
        return found if found[-1] == self.horizon else np.append(found, self.horizon)

    @property
    def batches(self) -> np.ndarray:
        """(look, 2) rows of each arm that arrive between looks, treated first."""
        treated = np.rint(self.sizes * self.share)
        arms = np.stack([treated, self.sizes - treated], axis=-1)
        return np.diff(arms, axis=0, prepend=0.0)
