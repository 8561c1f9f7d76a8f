"""Student t: measurements among which some lie far off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family, Known, Parameter, spread
from bayesinf.links import Identity, Link, Log
from bayesinf.numerics.special import digamma_ratio
from bayesinf.prior import Choice
from bayesinf.priors.defaults import residual_sd
from bayesinf.priors.location import student_t_log_density
from bayesinf.priors.scale import Gamma
from bayesinf.types import Array, namespace


def degrees_of_freedom(_: float) -> Choice:
    """Chooses the prior of nu: Gamma(2, 0.1), whatever the scale of the outcome.

    Source: Juarez & Steel (2010), Journal of Business & Economic Statistics 28(1), section 3.
    """
    return Choice(
        Gamma(2.0, 0.1),
        "weakly informative: from a few degrees of freedom (heavy tails) to fifty (nearly normal)",
    )


@dataclass(frozen=True)
class StudentT(Family):
    """Measurements with a Student t error: outliers pull less than under a Gaussian.

    `sigma` is the scale of the error, not its sd, which is sigma sqrt(nu / (nu - 2)) and infinite
    for nu of 2 or less. `nu` is above 1, so that the mean exists.

    Source: Lange, Little & Taylor (1989), Journal of the American Statistical Association 84(408).
    """

    link: Link = field(default_factory=Identity)

    name: ClassVar[str] = "student_t"
    links: ClassVar[tuple[type[Link], ...]] = (Identity, Log)
    support_sentence: ClassVar[str] = "finite numbers"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("sigma", residual_sd),
        Parameter("nu", degrees_of_freedom, lower=1.0, has_limit=True),
    )
    tail: ClassVar[str] = "nu"
    takes_standard_error: ClassVar[bool] = True

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave in eta: never, its tails bend outwards."""
        return False

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
        """Gives -(nu + 1) / 2 log(1 + z^2 / nu), with z = (y - mu) / sigma."""
        z, nu = (y - self.link.inverse(eta)) / spread(parameters, known), parameters["nu"]
        return -0.5 * (nu + 1.0) * namespace(z, nu).log1p(z * z / nu)

    def log_constant(self, y: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the log density at the mean."""
        scale, nu = spread(parameters, known), parameters["nu"]
        return student_t_log_density(namespace(y, scale, nu).zeros(1), nu, 0.0, scale)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives the derivatives in eta by way of z = (y - mu) / sigma and r^2 = nu + z^2.

        In mu they are (nu + 1) z / (sigma r^2) and (nu + 1) (2 z^2 - r^2) / (sigma^2 r^4). Only
        ratios of similar size are multiplied, so that nothing overflows under the log link.
        """
        nu = parameters["nu"]
        scale = spread(parameters, known)
        share, r = self._polar(y, eta, parameters, known)
        tilt = self.link.derivative(eta) / (scale * r)
        bend = self.link.second_derivative(eta) / (scale * r)
        second = (2.0 * share * share - 1.0) * tilt * tilt + share * bend
        return (nu + 1.0) * share * tilt, (nu + 1.0) * second

    def parameter_slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> dict[str, Array]:
        """Gives the derivatives in nu and, unless it is known, sigma."""
        nu = parameters["nu"]
        share, r = self._polar(y, eta, parameters, known)
        xp = namespace(share)
        squared = share * share
        outlying = (nu + 1.0) * squared
        gamma = digamma_ratio(xp.asarray(0.5 * nu), 0.5)
        near = -xp.log1p(-xp.minimum(squared, 0.5))
        log_ratio = xp.where(squared < 0.5, near, 2.0 * xp.log(r) - xp.log(nu))
        found = {"nu": 0.5 * (gamma - log_ratio + (outlying - 1.0) / nu)}
        if known.standard_error is None:
            found["sigma"] = (outlying - 1.0) / parameters["sigma"]
        return found

    def _polar(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives z / r and r, where z = (y - mu) / sigma and r^2 = nu + z^2."""
        z = (y - self.link.inverse(eta)) / spread(parameters, known)
        xp = namespace(z, parameters["nu"])
        r = xp.hypot(z, xp.sqrt(parameters["nu"]))
        return z / r, r

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected outcome, which exists because nu is above 1."""
        return self.link.inverse(eta)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the variance of the outcome, infinite where nu is 2 or less."""
        scale, nu = spread(parameters, known), parameters["nu"]
        xp = namespace(eta, scale, nu)
        exists = xp.greater(nu, 2.0)
        excess = xp.where(exists, nu - 2.0, 1.0)
        return xp.where(exists, scale * scale * nu / excess, xp.inf) * xp.ones_like(eta)

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of an outcome at or below `y`."""
        from scipy.special import stdtr

        return stdtr(parameters["nu"], (y - self.link.inverse(eta)) / spread(parameters, known))

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one outcome per element of `eta`."""
        mean, scale, nu = self.link.inverse(eta), spread(parameters, known), parameters["nu"]
        noise = rng.standard_t(nu, np.broadcast(mean, scale, nu).shape)
        return np.asarray(mean + scale * noise)
