"""Poisson: counts of independent events in a fixed exposure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family, Known, draw_counts
from bayesinf.links import Link, Log
from bayesinf.numerics.special import log_gamma
from bayesinf.types import Array


@dataclass(frozen=True)
class Poisson(Family):
    """A count whose variance equals its mean.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 6.
    """

    link: Link = field(default_factory=Log)

    name: ClassVar[str] = "poisson"
    links: ClassVar[tuple[type[Link], ...]] = (Log,)
    support_sentence: ClassVar[str] = "whole numbers 0, 1, 2, ..."
    discrete: ClassVar[bool] = True

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta: it is."""
        return True

    def outside_support(self, y: np.ndarray, known: Known) -> np.ndarray:
        """Marks what is not a whole number from 0 up."""
        inside = np.isfinite(y) & (y >= 0) & (np.floor(y) == y)
        return ~inside

    def open_ends(self, y: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Marks none above, and zeros below."""
        return np.zeros(len(y), dtype=bool), y == 0.0

    def log_density(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the log probability of each row's count; eta is the log of its mean."""
        constant = self.log_constant(y, parameters, known)
        return constant + self.log_kernel(y, eta, parameters, known)

    def log_kernel(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives y log(mu) - mu."""
        return y * eta - self.link.inverse(eta)

    def log_constant(self, y: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives -log(y!)."""
        return -log_gamma(y + 1.0)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives y - mu and -mu."""
        return y - self.link.derivative(eta), -self.link.second_derivative(eta)

    def slope(self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives y - mu."""
        return y - self.link.derivative(eta)

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected count."""
        return self.link.inverse(eta)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the mean again."""
        return self.link.inverse(eta)

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of a count of at most `y`.

        Source: Abramowitz & Stegun (1964), 26.4.21.
        """
        from scipy.special import gammaincc

        count = np.floor(np.maximum(y, 0.0))
        return np.where(np.less(y, 0.0), 0.0, gammaincc(count + 1.0, self.link.inverse(eta)))

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one count per element of `eta`."""
        return draw_counts(rng, self.link.inverse(eta))
