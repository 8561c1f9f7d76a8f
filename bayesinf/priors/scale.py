"""Priors on positive numbers: standard deviations, rates and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import ClassVar

import numpy as np

from bayesinf.numerics.special import log_gamma
from bayesinf.prior import PositivePrior, Shape, improper
from bayesinf.priors.location import normal_log_density, student_t_log_density
from bayesinf.types import Array, namespace

LOG_TWO = log(2.0)


@dataclass(frozen=True)
class HalfNormal(PositivePrior):
    """The absolute value of a normal variable with mean zero.

    Attributes:
        sd: Standard deviation before the fold, positive.
    """

    sd: float

    above_zero: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave on the support."""
        return True

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        return LOG_TWO + normal_log_density(x, 0.0, self.sd)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return np.abs(rng.normal(0.0, self.sd, shape))


@dataclass(frozen=True)
class HalfStudentT(PositivePrior):
    """The absolute value of a Student t variable around zero: the usual prior of an sd.

    Attributes:
        df: Degrees of freedom, positive.
        scale: Width before the fold, positive.

    Source: Gelman (2006), Bayesian Analysis 1(3), section 3.2.
    """

    df: float
    scale: float

    above_zero: ClassVar[tuple[str, ...]] = ("df", "scale")

    @property
    def log_concave(self) -> bool:
        """No: its tail is heavier than exponential."""
        return False

    @property
    def tail(self) -> float:
        """The degrees of freedom."""
        return self.df

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        return LOG_TWO + student_t_log_density(x, self.df, 0.0, self.scale)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return np.abs(self.scale * rng.standard_t(self.df, shape))


@dataclass(frozen=True)
class HalfCauchy(PositivePrior):
    """The absolute value of a Cauchy variable around zero.

    Attributes:
        scale: The median, positive.
    """

    scale: float

    above_zero: ClassVar[tuple[str, ...]] = ("scale",)

    @property
    def log_concave(self) -> bool:
        """No: its tail is heavier than exponential."""
        return False

    @property
    def tail(self) -> float:
        """One: not even the mean exists."""
        return 1.0

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        return LOG_TWO + student_t_log_density(x, 1.0, 0.0, self.scale)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return np.abs(self.scale * rng.standard_cauchy(shape))


@dataclass(frozen=True)
class Exponential(PositivePrior):
    """An exponential distribution, with mean one over the rate.

    Attributes:
        rate: One over the mean, positive.
    """

    rate: float

    above_zero: ClassVar[tuple[str, ...]] = ("rate",)

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave on the support."""
        return True

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        return namespace(x, self.rate).log(self.rate) - self.rate * x

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return rng.exponential(1.0 / self.rate, shape)


@dataclass(frozen=True)
class Gamma(PositivePrior):
    """A gamma distribution, with mean shape / rate.

    Attributes:
        shape: Shape, positive.
        rate: Rate (one over the scale), positive.
    """

    shape: float
    rate: float

    above_zero: ClassVar[tuple[str, ...]] = ("shape", "rate")

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave: below a shape of 1 it has a pole at zero."""
        return self.shape >= 1.0

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        xp = namespace(x, self.shape, self.rate)
        constant = self.shape * xp.log(self.rate) - log_gamma(xp.asarray(self.shape))
        return constant + (self.shape - 1.0) * xp.log(x) - self.rate * x

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return rng.gamma(self.shape, 1.0 / self.rate, shape)


@dataclass(frozen=True)
class InverseGamma(PositivePrior):
    """One over a gamma variable: next to no mass near zero, a heavy upper tail.

    Attributes:
        shape: Shape, positive; moments of this order and above are infinite.
        scale: Scale, positive.
    """

    shape: float
    scale: float

    above_zero: ClassVar[tuple[str, ...]] = ("shape", "scale")

    @property
    def log_concave(self) -> bool:
        """No: its tail is heavier than exponential."""
        return False

    @property
    def tail(self) -> float:
        """The shape."""
        return self.shape

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        xp = namespace(x, self.shape, self.scale)
        constant = self.shape * xp.log(self.scale) - log_gamma(xp.asarray(self.shape))
        return constant - (self.shape + 1.0) * xp.log(x) - self.scale / x

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return self.scale / rng.gamma(self.shape, 1.0, shape)


@dataclass(frozen=True)
class LogNormal(PositivePrior):
    """A variable whose logarithm is normal.

    Attributes:
        mean: Mean of the logarithm.
        sd: Standard deviation of the logarithm, positive.
    """

    mean: float
    sd: float

    above_zero: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def log_concave(self) -> bool:
        """No: its tail is heavier than exponential."""
        return False

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives the logarithm of the density at positive values."""
        logarithm = namespace(x).log(x)
        return normal_log_density(logarithm, self.mean, self.sd) - logarithm

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return rng.lognormal(self.mean, self.sd, shape)


@dataclass(frozen=True)
class FlatPositive(PositivePrior):
    """No preference among positive numbers: improper, so no prior draws and no evidence."""

    proper: ClassVar[bool] = False

    @property
    def log_concave(self) -> bool:
        """Yes: it is constant."""
        return True

    @property
    def tail(self) -> float:
        """Minus one: the density does not fall."""
        return -1.0

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives zeros."""
        return namespace(x).zeros_like(x, dtype=float)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Refuses, because the prior is improper."""
        raise improper(self)


@dataclass(frozen=True)
class LogFlat(PositivePrior):
    """No preference among orders of magnitude: density 1 / x, improper.

    On the sd of a Gaussian regression with flat coefficients it is the reference prior, under which
    posterior means and credible intervals are those of least squares and its t intervals.

    Source: Jeffreys (1961), Theory of Probability, 3rd edition, section 3.1.
    """

    proper: ClassVar[bool] = False

    @property
    def log_concave(self) -> bool:
        """No: its logarithm is convex."""
        return False

    @property
    def tail(self) -> float:
        """Zero: the density is 1 / x."""
        return 0.0

    def log_density_above_zero(self, x: Array) -> Array:
        """Gives -log x."""
        return -namespace(x).log(x)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Refuses, because the prior is improper."""
        raise improper(self)
