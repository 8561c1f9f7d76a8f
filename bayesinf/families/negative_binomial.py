"""Negative binomial: counts that vary more than independent events would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family, Known, Parameter, draw_counts
from bayesinf.links import Link, Log, Logit
from bayesinf.numerics.special import (
    beta_distribution,
    digamma_ratio,
    log_gamma,
    log_gamma_ratio,
    log_sigmoid,
)
from bayesinf.prior import Choice
from bayesinf.priors.scale import InverseGamma
from bayesinf.types import Array, namespace


def shape_prior(_: float) -> Choice:
    """Chooses the prior of the shape: InverseGamma(0.4, 0.3), whatever the scale of the outcome.

    Source: the default of brms since 2.21, which puts next to no mass on extreme overdispersion.
    """
    return Choice(
        InverseGamma(0.4, 0.3),
        "weakly informative: from strong overdispersion to next to none (the Poisson limit)",
    )


@dataclass(frozen=True)
class NegativeBinomial(Family):
    """A count with mean mu and variance mu + mu^2 / shape: a Poisson whose rate varies by gamma.

    Source: Cameron & Trivedi (2013), Regression Analysis of Count Data, section 3.3 (NB2).
    """

    link: Link = field(default_factory=Log)

    name: ClassVar[str] = "negative_binomial"
    links: ClassVar[tuple[type[Link], ...]] = (Log,)
    support_sentence: ClassVar[str] = "whole numbers 0, 1, 2, ..."
    discrete: ClassVar[bool] = True
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("shape", shape_prior, has_limit=True),)

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta: it is, at any fixed shape."""
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
        """Gives the log probability of each row's count; eta is the log of its mean.

        The ratio of gamma functions keeps its digits for shapes so large that the family is all
        but Poisson.
        """
        constant = self.log_constant(y, parameters, known)
        return constant + self.log_kernel(y, eta, parameters, known)

    def log_kernel(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives y log(p) + shape log(1 - p), with p = mu / (mu + shape)."""
        shape = parameters["shape"]
        return Logit().count_kernel(y, shape, eta - namespace(y, eta, shape).log(shape))

    def log_constant(self, y: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the log of the generalised binomial coefficient."""
        return log_gamma_ratio(parameters["shape"], y) - log_gamma(y + 1.0)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives y q - shape p and -(y + shape) p q, with p = 1 - q = mu / (mu + shape)."""
        shape = parameters["shape"]
        return Logit().count_slopes(y, shape, eta - namespace(y, eta, shape).log(shape))

    def slope(self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives y - (y + shape) p."""
        shape = parameters["shape"]
        return Logit().count_slope(y, y + shape, eta - namespace(y, eta, shape).log(shape))

    def parameter_slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> dict[str, Array]:
        """Gives psi(y + shape) - psi(shape) + log(q) + p - y q / shape, p and q as in `slopes`.

        The digamma functions and the rest each keep their digits for very large shapes.
        """
        shape = parameters["shape"]
        excess = eta - namespace(y, eta, shape).log(shape)
        p, q = Logit().both(excess)
        of_rate = log_sigmoid(-excess) + p - y * q / shape
        return {"shape": digamma_ratio(shape, y) + of_rate}

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected count."""
        return self.link.inverse(eta)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives mu + mu^2 / shape."""
        mean = self.link.inverse(eta)
        return mean * (1.0 + mean / parameters["shape"])

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of a count of at most `y`.

        Source: Abramowitz & Stegun (1964), 26.5.26, with 1 - p = mu / (mu + shape).
        """
        shape = np.asarray(parameters["shape"], dtype=float)
        excess = eta - np.log(shape)
        p, q = np.exp(log_sigmoid(-excess)), np.exp(log_sigmoid(excess))
        count = np.floor(np.maximum(y, 0.0)) + 1.0
        at_most = beta_distribution(shape, count, p, q)
        return np.where(np.less(y, 0.0), 0.0, at_most)

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one count per element of `eta`: a gamma rate, then a Poisson count."""
        shape = parameters["shape"]
        return draw_counts(rng, rng.gamma(shape, self.link.inverse(eta) / shape))
