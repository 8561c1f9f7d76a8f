"""Binomial: how many of a known number of trials succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family, Known, known_trials
from bayesinf.links import CLogLog, Link, Logit, ProbabilityLink, Probit
from bayesinf.numerics.special import beta_distribution, log_binomial
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class Binomial(Family):
    """A count of successes among `known.trials` independent trials of equal probability.

    The outcome, its mean and its variance are counts, not proportions.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 4.
    """

    link: ProbabilityLink = field(default_factory=Logit)

    name: ClassVar[str] = "binomial"
    links: ClassVar[tuple[type[Link], ...]] = (Logit, Probit, CLogLog)
    support_sentence: ClassVar[str] = "whole numbers from 0 to the number of trials"
    discrete: ClassVar[bool] = True
    needs_trials: ClassVar[bool] = True

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta: under each of its links."""
        return True

    def outside_support(self, y: np.ndarray, known: Known) -> np.ndarray:
        """Marks what is not a whole number from 0 to the number of trials."""
        inside = (y >= 0) & (y <= known_trials(self, known)) & (np.floor(y) == y)
        return ~inside

    def open_ends(self, y: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Marks rows of nothing but successes above, and of none below; without trials, both."""
        return y == known_trials(self, known), y == 0.0

    def log_density(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the log probability of each row's count."""
        constant = self.log_constant(y, parameters, known)
        return constant + self.log_kernel(y, eta, parameters, known)

    def log_kernel(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives y log(p) + (n - y) log(1 - p)."""
        return self.link.count_kernel(y, known_trials(self, known) - y, eta)

    def log_constant(self, y: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the log of the number of ways to have so many successes."""
        return log_binomial(known_trials(self, known), y)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives the derivatives in eta; under the logit link y - n p and -n p (1 - p)."""
        return self.link.count_slopes(y, known_trials(self, known) - y, eta)

    def slope(self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the first derivative in eta; under the logit link y - n p."""
        return self.link.count_slope(y, known_trials(self, known), eta)

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected number of successes."""
        return known_trials(self, known) * self.link.inverse(eta)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives n p (1 - p)."""
        both = self.link.log_probability(eta) + self.link.log_complement(eta)
        return known_trials(self, known) * namespace(eta).exp(both)

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of at most `y` successes.

        Source: Abramowitz & Stegun (1964), 26.5.24.
        """
        trials = np.asarray(known_trials(self, known), dtype=float)
        count = np.floor(np.clip(y, 0.0, trials))
        rest = np.maximum(trials - count, 1.0)
        p, q = np.asarray(self.link.inverse(eta)), np.exp(self.link.log_complement(eta))
        at_most = beta_distribution(rest, count + 1.0, q, p)
        below_all = np.where(np.less(y, 0.0), 0.0, at_most)
        return np.where(np.greater_equal(y, trials), 1.0, below_all)

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one count per element of `eta`."""
        trials = np.asarray(known_trials(self, known)).astype(np.int64)
        return rng.binomial(trials, self.link.inverse(eta)).astype(float)
