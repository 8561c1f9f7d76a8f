"""Kinds of outcome whose posterior has a closed form at every look: means and proportions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import override

import numpy as np

import bayesinf as bi
from causal.sequential.beliefs import Belief, BetaBelief, StudentBelief


@dataclass(frozen=True, eq=False)
class Tally:
    """What is known of both arms at looks: enough for the posterior.

    Attributes:
        size: (..., 2) rows so far, treated first.
        total: (..., 2) sums of their outcomes.
        rest: (...) sum of squares of outcomes about the mean of their arm.
    """

    size: np.ndarray
    total: np.ndarray
    rest: np.ndarray


class Outcome(ABC):
    """A kind of outcome: its posterior, and how data of it are made up."""

    @abstractmethod
    def belief(self, tally: Tally) -> Belief:
        """The posterior of the effect.

        Args:
            tally: What is known of both arms.
        """

    @abstractmethod
    def simulate(self, effects: np.ndarray, batches: np.ndarray, rng: np.random.Generator) -> Tally:
        """Makes up trials.

        Args:
            effects: (trial,) true effects.
            batches: (look, 2) rows that arrive between looks, treated first.
            rng: Decides the data.

        Returns:
            Tallies of shape (trial, look).

        Raises:
            ModelError: No such data exist, such as a chance above 1.
        """

    @abstractmethod
    def from_prior(
        self, trials: int, batches: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, Tally] | None:
        """Makes up trials whose truth is drawn from the prior; None where that is not proper.

        Args:
            trials: How many.
            batches: (look, 2) rows that arrive between looks.
            rng: Decides truths and data.

        Returns:
            (trial,) true effects, and the tallies.
        """


@dataclass(frozen=True)
class Means(Outcome):
    """Amounts with normal scatter: the posterior of the effect is a Student t.

    The control's mean has a flat prior, log sigma too; the effect has a normal one whose sd is in
    units of sigma.

    Attributes:
        sd: The scatter of made-up data; with real data it is learned.
        prior: The prior sd of the effect, in units of sigma; infinite for a flat prior.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, section 14.8 (conjugate regression with a
        prior on one coefficient); effect sizes in units of sigma as in Rouder et al. (2009),
        Psychonomic Bulletin and Review 16.
    """

    sd: float = 1.0
    prior: float = 1.0

    def __post_init__(self) -> None:
        if not (self.sd > 0 and self.prior > 0 and np.isfinite(self.sd)):
            raise bi.ModelError(
                f"The scatter and the prior's sd are positive, not {self.sd} and {self.prior}.",
                code="bad-scale",
                hint="Write causal.Means(sd=1.0, prior=1.0); prior=float('inf') is flat.",
            )

    @override
    def belief(self, tally: Tally) -> StudentBelief:
        """Regression on an indicator of the arm, in closed form."""
        treated, control = tally.size[..., 0], tally.size[..., 1]
        difference = tally.total[..., 0] / treated - tally.total[..., 1] / control
        information = treated * control / (treated + control)
        own = 0.0 if np.isinf(self.prior) else self.prior**-2
        precision = information + own
        freedom = treated + control - (2 if own == 0 else 1)
        squares = tally.rest + difference**2 * information * own / precision
        scale = np.sqrt(squares / freedom / precision)
        mean = difference * information / precision
        return StudentBelief(mean, scale, np.broadcast_to(freedom, mean.shape).astype(float))

    @override
    def simulate(self, effects: np.ndarray, batches: np.ndarray, rng: np.random.Generator) -> Tally:
        """Draws sums and sums of squares of batches, which is all that is needed of them."""
        shape = (len(effects), *batches.shape)
        level = np.stack([effects, np.zeros(len(effects))], axis=-1)[:, None, :]
        means = level + self.sd * rng.standard_normal(shape) / np.sqrt(batches)
        within = self.sd**2 * 2 * rng.standard_gamma(np.maximum(batches - 1, 1e-12) / 2, shape)
        squares = np.cumsum(within + batches * means**2, axis=1)
        size, total = np.cumsum(batches, axis=0), np.cumsum(batches * means, axis=1)
        rest = (squares - total**2 / size).sum(axis=-1)
        return Tally(np.broadcast_to(size, total.shape), total, rest)

    @override
    def from_prior(
        self, trials: int, batches: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, Tally] | None:
        """Draws effects from the normal prior."""
        if np.isinf(self.prior):
            return None
        effects = self.prior * self.sd * rng.standard_normal(trials)
        return effects, self.simulate(effects, batches, rng)


@dataclass(frozen=True)
class Proportions(Outcome):
    """Yes or no: each arm's chance has a Beta posterior.

    Attributes:
        control: The chance of the control arm in made-up data.
        wins: First parameter of both arms' Beta prior, at least 1.
        misses: Second parameter, at least 1.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, section 2.4.
    """

    control: float = 0.5
    wins: float = 1.0
    misses: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.control < 1 and self.wins >= 1 and self.misses >= 1):
            raise bi.ModelError(
                f"A chance lies between 0 and 1 and a prior's parameters are at least 1; these are "
                f"{self.control}, {self.wins} and {self.misses}.",
                code="bad-chance",
                hint="Write causal.Proportions(control=0.1).",
            )

    @override
    def belief(self, tally: Tally) -> BetaBelief:
        """Adds wins and misses to those of the prior."""
        return BetaBelief(self.wins + tally.total, self.misses + tally.size - tally.total)

    @override
    def simulate(self, effects: np.ndarray, batches: np.ndarray, rng: np.random.Generator) -> Tally:
        """Draws binomial counts of batches."""
        treated = self.control + effects
        if (treated < 0).any() or (treated > 1).any():
            raise bi.ModelError(
                f"An effect of {effects[np.argmax(np.abs(effects))]:g} on a chance of "
                f"{self.control:g} leaves the range of chances.",
                code="chance-out-of-range",
                hint="Give differences of chances, such as 0.02 for two percentage points.",
            )
        return self.counted(
            np.stack([treated, np.full(len(effects), self.control)], -1), batches, rng
        )

    @override
    def from_prior(
        self, trials: int, batches: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, Tally]:
        """Draws both chances from the prior."""
        chances = rng.beta(self.wins, self.misses, (trials, 2))
        return chances[:, 0] - chances[:, 1], self.counted(chances, batches, rng)

    def counted(self, chances: np.ndarray, batches: np.ndarray, rng: np.random.Generator) -> Tally:
        """Tallies of trials with (trial, 2) chances."""
        wins = rng.binomial(batches.astype(int), chances[:, None, :])
        size, total = np.cumsum(batches, axis=0), np.cumsum(wins, axis=1).astype(float)
        return Tally(np.broadcast_to(size, total.shape), total, np.zeros(total.shape[:2]))
