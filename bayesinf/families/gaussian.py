"""Gaussian: measurements that scatter evenly around their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family, Known, Parameter, spread
from bayesinf.links import Identity, Link, Log
from bayesinf.priors.defaults import residual_sd
from bayesinf.priors.location import HALF_LOG_TWO_PI
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class Gaussian(Family):
    """Measurements with a normal error of constant or known standard deviation, sigma.

    Source: McCullagh & Nelder (1989), Generalized Linear Models, chapter 3.
    """

    link: Link = field(default_factory=Identity)

    name: ClassVar[str] = "gaussian"
    links: ClassVar[tuple[type[Link], ...]] = (Identity, Log)
    support_sentence: ClassVar[str] = "finite numbers"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("sigma", residual_sd),)
    takes_standard_error: ClassVar[bool] = True
    normal: ClassVar[bool] = True

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta: under the identity link only."""
        return isinstance(self.link, Identity)

    def outside_support(self, y: np.ndarray, known: Known) -> np.ndarray:
        """Marks what is not a finite number."""
        return ~np.isfinite(y)

    def open_ends(self, y: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Marks all below under the log link, where the mean nears 0; else none."""
        return np.zeros(len(y), dtype=bool), np.full(len(y), isinstance(self.link, Log))

    def log_density(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the log density of each row."""
        constant = self.log_constant(y, parameters, known)
        return constant + self.log_kernel(y, eta, parameters, known)

    def log_kernel(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives -z^2 / 2, with z = (y - mu) / sd."""
        z = (y - self.link.inverse(eta)) / spread(parameters, known)
        return -0.5 * z * z

    def log_constant(self, y: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives -log(sd) - log(2 pi) / 2."""
        sd = spread(parameters, known)
        xp = namespace(y, sd)
        return xp.atleast_1d(-xp.log(sd) - HALF_LOG_TWO_PI)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives the derivatives in eta; under the identity link (y - mu) / sd^2 and -1 / sd^2."""
        sd = spread(parameters, known)
        z = (y - self.link.inverse(eta)) / sd
        if isinstance(self.link, Identity):
            return z / sd, namespace(z).zeros_like(z) - 1.0 / (sd * sd)
        tilt = self.link.derivative(eta) / sd
        return z * tilt, z * self.link.second_derivative(eta) / sd - tilt * tilt

    def parameter_slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> dict[str, Array]:
        """Gives (z^2 - 1) / sigma, with z = (y - mu) / sigma; nothing where the sd is known."""
        if known.standard_error is not None:
            return {}
        sigma = parameters["sigma"]
        z = (y - self.link.inverse(eta)) / sigma
        return {"sigma": (z * z - 1.0) / sigma}

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected outcome."""
        return self.link.inverse(eta)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives sigma squared, for every row."""
        sd = spread(parameters, known)
        return sd * sd * namespace(eta, sd).ones_like(eta)

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of an outcome at or below `y`."""
        from scipy.special import ndtr

        return ndtr((y - self.link.inverse(eta)) / spread(parameters, known))

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one outcome per element of `eta`."""
        return rng.normal(self.link.inverse(eta), spread(parameters, known))
