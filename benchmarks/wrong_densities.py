"""Densities that are wrong on purpose: what the planted bugs of `mutations` hand to an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np

from bayesinf.families.gaussian import Gaussian
from bayesinf.families.student_t import StudentT
from bayesinf.family import Family, Known, Parameter
from bayesinf.links import Identity, Link
from bayesinf.prior import PositivePrior, Shape
from bayesinf.priors.defaults import residual_sd
from bayesinf.priors.location import normal_log_density
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class OnLogScale(PositivePrior):
    """A half normal prior whose density is taken for that of the logarithm."""

    sd: float
    above_zero: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def log_concave(self) -> bool:
        """No."""
        return False

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the density without the Jacobian of the logarithm, x."""
        return normal_log_density(x, 0.0, self.sd) - namespace(x).log(x)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Refuses: the mistake is in the posterior, and data come from the right prior."""
        raise NotImplementedError


@dataclass(frozen=True)
class OfVariance(PositivePrior):
    """The prior of an sd whose square is half normal."""

    sd: float
    above_zero: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def log_concave(self) -> bool:
        """No."""
        return False

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the density of x where x^2 is half normal."""
        return normal_log_density(x * x, 0.0, self.sd) + namespace(x).log(2.0 * x) + np.log(2.0)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Refuses: the mistake is in the posterior, and data come from the right prior."""
        raise NotImplementedError


@dataclass(frozen=True)
class WrongGaussian(Family, ABC):
    """A family of measurements that stands where the Gaussian should."""

    link: Link = field(default_factory=Identity)
    links: ClassVar[tuple[type[Link], ...]] = (Identity,)
    support_sentence: ClassVar[str] = "finite numbers"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("sigma", residual_sd),)

    @property
    @abstractmethod
    def right(self) -> Family:
        """The family whose density this one gives, at other parameters."""

    @abstractmethod
    def read(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Those parameters."""

    @property
    def log_concave(self) -> bool:
        """Not known."""
        return False

    def outside_support(self, y: np.ndarray, known: Known) -> np.ndarray:
        """Marks what is not a finite number."""
        return self.right.outside_support(y, known)

    def open_ends(self, y: np.ndarray, known: Known) -> tuple[np.ndarray, np.ndarray]:
        """Marks none."""
        return self.right.open_ends(y, known)

    def log_density(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> Array:
        """Gives the log density of each row."""
        return self.right.log_density(y, eta, self.read(parameters), known)

    def slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> tuple[Array, Array]:
        """Gives the derivatives in eta."""
        return self.right.slopes(y, eta, self.read(parameters), known)

    def mean(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the expected outcome."""
        return self.right.mean(eta, self.read(parameters), known)

    def variance(self, eta: Array, parameters: Mapping[str, Array], known: Known) -> Array:
        """Gives the variance of the outcome."""
        return self.right.variance(eta, self.read(parameters), known)

    def cdf(
        self, y: np.ndarray, eta: np.ndarray, parameters: Mapping[str, np.ndarray], known: Known
    ) -> np.ndarray:
        """Gives the probability of an outcome at or below `y`."""
        return self.right.cdf(y, eta, self.read(parameters), known)

    def sample(
        self,
        rng: np.random.Generator,
        eta: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        known: Known,
    ) -> np.ndarray:
        """Draws one outcome per element of `eta`."""
        return self.right.sample(rng, eta, self.read(parameters), known)


@final
@dataclass(frozen=True)
class HeavyGaussian(WrongGaussian):
    """Student t with five degrees of freedom."""

    name: ClassVar[str] = "heavy_gaussian"

    @property
    def right(self) -> Family:
        """Student t."""
        return StudentT()

    def read(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Five degrees of freedom, and sigma as the scale."""
        sigma = parameters["sigma"]
        return {"sigma": sigma, "nu": namespace(sigma).full_like(sigma, 5.0)}

    def parameter_slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> dict[str, Array]:
        """Gives the derivative in sigma."""
        found = self.right.parameter_slopes(y, eta, self.read(parameters), known)
        return {"sigma": found["sigma"]}


@final
@dataclass(frozen=True)
class VarianceGaussian(WrongGaussian):
    """A normal distribution whose variance is sigma."""

    name: ClassVar[str] = "variance_gaussian"

    @property
    def right(self) -> Family:
        """The Gaussian."""
        return Gaussian()

    def read(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The root of sigma as the sd."""
        sigma = parameters["sigma"]
        return {"sigma": namespace(sigma).sqrt(sigma)}

    def parameter_slopes(
        self, y: Array, eta: Array, parameters: Mapping[str, Array], known: Known
    ) -> dict[str, Array]:
        """Gives the derivative in sigma, by way of its root."""
        read = self.read(parameters)
        found = self.right.parameter_slopes(y, eta, read, known)
        return {"sigma": found["sigma"] / (2.0 * read["sigma"])}
