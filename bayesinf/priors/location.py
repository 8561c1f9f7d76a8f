"""Priors on any real number: coefficients and intercepts."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import ClassVar

import numpy as np

from bayesinf.numerics.special import log_gamma_ratio
from bayesinf.prior import Prior, Shape, Support, improper
from bayesinf.types import Array, namespace

HALF_LOG_TWO_PI = 0.5 * log(2.0 * pi)


def normal_log_density(x: Array, mean: Array | float, sd: Array | float) -> Array:
    """Gives the logarithm of the normal density; all arguments broadcast."""
    z = (x - mean) / sd
    return -0.5 * z * z - namespace(x, mean, sd).log(sd) - HALF_LOG_TWO_PI


def student_t_log_density(
    x: Array, df: Array | float, location: Array | float, scale: Array | float
) -> Array:
    """Gives the logarithm of Student's t density; all arguments broadcast.

    Source: Abramowitz & Stegun (1964), 26.7.1.
    """
    xp = namespace(x, df, location, scale)
    z = (x - location) / scale
    peak = log_gamma_ratio(xp.asarray(0.5 * df), 0.5) - 0.5 * xp.log(df * pi) - xp.log(scale)
    return peak - 0.5 * (df + 1.0) * xp.log1p(z * z / df)


@dataclass(frozen=True)
class Normal(Prior):
    """A normal distribution: values beyond two or three sd are all but excluded.

    Attributes:
        mean: Centre.
        sd: Standard deviation, positive.
    """

    mean: float
    sd: float

    support: ClassVar[Support] = "real"
    above_zero: ClassVar[tuple[str, ...]] = ("sd",)

    @property
    def log_concave(self) -> bool:
        """Whether the log density is concave on the support."""
        return True

    def log_density(self, x: Array) -> Array:
        """Gives the logarithm of the density."""
        return normal_log_density(x, self.mean, self.sd)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return rng.normal(self.mean, self.sd, shape)


@dataclass(frozen=True)
class StudentT(Prior):
    """A Student t distribution: like a normal one, but open to surprise.

    Attributes:
        df: Degrees of freedom, positive; the fewer, the heavier the tails.
        location: Centre.
        scale: Width, positive; the sd is larger, and infinite for `df` of 2 or less.
    """

    df: float
    location: float
    scale: float

    support: ClassVar[Support] = "real"
    above_zero: ClassVar[tuple[str, ...]] = ("df", "scale")

    @property
    def log_concave(self) -> bool:
        """No: its tails are heavier than exponential."""
        return False

    @property
    def tail(self) -> float:
        """The degrees of freedom."""
        return self.df

    def log_density(self, x: Array) -> Array:
        """Gives the logarithm of the density."""
        return student_t_log_density(x, self.df, self.location, self.scale)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return self.location + self.scale * rng.standard_t(self.df, shape)


@dataclass(frozen=True)
class Cauchy(Prior):
    """A Cauchy distribution: Student's t with one degree of freedom.

    Attributes:
        location: Centre (the median: there is no mean).
        scale: Half the distance between the quartiles, positive.
    """

    location: float
    scale: float

    support: ClassVar[Support] = "real"
    above_zero: ClassVar[tuple[str, ...]] = ("scale",)

    @property
    def log_concave(self) -> bool:
        """No: its tails are heavier than exponential."""
        return False

    @property
    def tail(self) -> float:
        """One: not even the mean exists."""
        return 1.0

    def log_density(self, x: Array) -> Array:
        """Gives the logarithm of the density."""
        xp = namespace(x, self.location, self.scale)
        z = (x - self.location) / self.scale
        return -xp.log1p(z * z) - xp.log(self.scale) - log(pi)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Draws independent values."""
        return self.location + self.scale * rng.standard_cauchy(shape)


@dataclass(frozen=True)
class Flat(Prior):
    """No preference among all real numbers: improper, so no prior draws and no evidence."""

    support: ClassVar[Support] = "real"
    proper: ClassVar[bool] = False

    @property
    def log_concave(self) -> bool:
        """Yes: it is constant."""
        return True

    @property
    def tail(self) -> float:
        """Minus one: the density does not fall."""
        return -1.0

    def log_density(self, x: Array) -> Array:
        """Gives zeros."""
        return namespace(x).zeros_like(x, dtype=float)

    def sample(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Refuses, because the prior is improper."""
        raise improper(self)
