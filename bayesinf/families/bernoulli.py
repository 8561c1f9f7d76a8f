"""Bernoulli: yes or no, once per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family, Known
from bayesinf.links import CLogLog, Link, Logit, ProbabilityLink, Probit
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class Bernoulli(Family):
    """An event that happens (1) or does not (0); the mean is its probability.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 4.
    """

    link: ProbabilityLink = field(default_factory=Logit)

    name: ClassVar[str] = "bernoulli"
    links: ClassVar[tuple[type[Link], ...]] = (Logit, Probit, CLogLog)
    support_sentence: ClassVar[str] = "0 and 1"
    discrete: ClassVar[bool] = True
    two_levels: ClassVar[bool] = True

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta: under each of its links."""
        return True

    def outside_support(self, y: np.ndarray, known: Known) -> np.ndarray:
        """Marks what is neither 0 nor 1."""
        return ~np.isin(y, (0.0, 1.0))

    def open_ends(self, y: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Marks successes above, and failures below."""
        return y == 1.0, y == 0.0

    def log_density(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the log probability of each row's outcome."""
        if self.link.symmetric:
            return self.link.log_probability((2.0 * y - 1.0) * eta)
        happened = self.link.log_probability(eta)
        return namespace(y, eta).where(y > 0.5, happened, self.link.log_complement(eta))

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives the derivatives in eta; under the logit link y - p and -p (1 - p)."""
        return self.link.count_slopes(y, 1.0 - y, eta)

    def slope(self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the first derivative in eta; under the logit link y - p."""
        return self.link.count_slope(y, 1.0, eta)

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the probability of the event."""
        return self.link.inverse(eta)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives p (1 - p)."""
        both = self.link.log_probability(eta) + self.link.log_complement(eta)
        return namespace(eta).exp(both)

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of an outcome at or below `y`."""
        below_one = np.where(np.less(y, 0.0), 0.0, np.exp(self.link.log_complement(eta)))
        return np.where(np.greater_equal(y, 1.0), 1.0, below_one)

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one outcome per element of `eta`."""
        return (rng.random(np.shape(eta)) < self.link.inverse(eta)).astype(float)
