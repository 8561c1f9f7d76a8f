"""What is believed about a difference of two arms: posteriors in closed form, many at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import override

import numpy as np
from scipy import special

NODES, SHARES = np.polynomial.legendre.leggauss(32)
"""Points and weights of Gauss-Legendre quadrature on [-1, 1]."""

REACH = 8.0
"""Posterior sds on either side of the mean over which a density is integrated."""


class Belief(ABC):
    """Posteriors of the effect: treated minus control.

    Attributes:
        mean: (...) posterior means.
        sd: (...) posterior sds.
    """

    mean: np.ndarray
    sd: np.ndarray

    @abstractmethod
    def above(self) -> np.ndarray:
        """(...) probabilities that the effect is above zero."""

    @abstractmethod
    def loss(self) -> np.ndarray:
        """(...) expected losses of going with the arm that looks better, in outcome units."""

    @abstractmethod
    def interval(self, prob: float) -> tuple[np.ndarray, np.ndarray]:
        """(...) lower and upper limits of credible intervals with equal tails."""

    @abstractmethod
    def take(self, chosen: np.ndarray) -> Belief:
        """Some of the posteriors.

        Args:
            chosen: A mask or positions along the first axis.
        """


@dataclass(frozen=True, eq=False)
class StudentBelief(Belief):
    """Posteriors that are Student t distributions; normal ones have infinite freedom.

    Attributes:
        mean: (...) locations.
        scale: (...) scales.
        freedom: (...) degrees of freedom.

    Example:
        >>> belief = StudentBelief(np.array([0.0, 3.0]), np.ones(2), np.full(2, np.inf))
        >>> belief.above().round(4).tolist(), belief.loss().round(4).tolist()
        ([0.5, 0.9987], [0.3989, 0.0004])
    """

    mean: np.ndarray
    scale: np.ndarray
    freedom: np.ndarray

    @property
    def sd(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Standard deviations; infinite up to two degrees of freedom."""
        with np.errstate(divide="ignore", invalid="ignore"):
            wider = np.where(np.isinf(self.freedom), 1.0, self.freedom / (self.freedom - 2))
        return self.scale * np.sqrt(np.where(self.freedom > 2, wider, np.inf))

    @override
    def above(self) -> np.ndarray:
        """The distribution function of Student's t at mean over scale."""
        return cumulative(self.freedom, self.mean / self.scale)

    @override
    def loss(self) -> np.ndarray:
        """The mean of the part of the distribution beyond zero, which has a closed form."""
        z = np.abs(self.mean) / self.scale
        with np.errstate(invalid="ignore"):
            tail = np.where(np.isinf(self.freedom), 1.0, (self.freedom + z**2) / (self.freedom - 1))
        height = tail * density(self.freedom, z)
        found = self.scale * (height - z * cumulative(self.freedom, -z))
        return np.where(self.freedom > 1, found, np.inf)

    @override
    def interval(self, prob: float) -> tuple[np.ndarray, np.ndarray]:
        """Mean plus and minus a quantile times the scale."""
        reach = quantile(self.freedom, (1 + prob) / 2) * self.scale
        return self.mean - reach, self.mean + reach

    @override
    def take(self, chosen: np.ndarray) -> StudentBelief:
        """Some of the posteriors."""
        return StudentBelief(self.mean[chosen], self.scale[chosen], self.freedom[chosen])


def cumulative(freedom: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Student's distribution function; the normal one for infinite freedom."""
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    return np.where(np.isinf(freedom), special.ndtr(z), special.stdtr(finite, z))


def density(freedom: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Student's density; the normal one for infinite freedom."""
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    constant = special.gammaln((finite + 1) / 2) - special.gammaln(finite / 2)
    student = constant - 0.5 * np.log(np.pi * finite) - (finite + 1) / 2 * np.log1p(z**2 / finite)
    normal = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    return np.exp(np.where(np.isinf(freedom), normal, student))


def quantile(freedom: np.ndarray, prob: float) -> np.ndarray:
    """Student's quantile; the normal one for infinite freedom."""
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    return np.where(np.isinf(freedom), special.ndtri(prob), special.stdtrit(finite, prob))


@dataclass(frozen=True, eq=False)
class BetaBelief(Belief):
    """Differences of two chances with Beta posteriors.

    Attributes:
        wins: (..., 2) first parameters, treated first.
        misses: (..., 2) second parameters.
    """

    wins: np.ndarray
    misses: np.ndarray

    @property
    def chances(self) -> np.ndarray:
        """(..., 2) posterior means."""
        return self.wins / (self.wins + self.misses)

    @property
    def mean(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Differences of the means."""
        return self.chances[..., 0] - self.chances[..., 1]

    @property
    def sd(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Roots of the sums of both variances."""
        size = self.wins + self.misses
        return np.sqrt((self.wins * self.misses / (size**2 * (size + 1))).sum(axis=-1))

    @property
    def normal(self) -> StudentBelief:
        """Normal distributions with the same means and sds."""
        return StudentBelief(self.mean, self.sd, np.full(self.mean.shape, np.inf))

    @override
    def above(self) -> np.ndarray:
        """By quadrature, exact to about nine digits."""
        (a, c), (b, d) = np.moveaxis(self.wins, -1, 0), np.moveaxis(self.misses, -1, 0)
        return beats(a, b, c, d)

    @override
    def loss(self) -> np.ndarray:
        """E[max(Y - X, 0)] = E[Y] P(Y' > X) - E[X] P(Y > X'), primes with one win more."""
        (a, c), (b, d) = np.moveaxis(self.wins, -1, 0), np.moveaxis(self.misses, -1, 0)
        treated, control = np.moveaxis(self.chances, -1, 0)
        lost = control * beats(c + 1, d, a, b) - treated * beats(c, d, a + 1, b)
        return np.maximum(np.where(treated >= control, lost, lost + treated - control), 0.0)

    @override
    def interval(self, prob: float) -> tuple[np.ndarray, np.ndarray]:
        """Those of normal distributions with the same means and sds."""
        return self.normal.interval(prob)

    @override
    def take(self, chosen: np.ndarray) -> BetaBelief:
        """Some of the posteriors."""
        return BetaBelief(self.wins[chosen], self.misses[chosen])


def beats(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The probability that a Beta(a, b) chance is above a Beta(c, d) one.

    The density of the narrower one is integrated against the distribution function of the other.

    Args:
        a: (...) at least 1, as are all four.
        b: (...).
        c: (...).
        d: (...).

    Example:
        >>> one = np.ones(1)
        >>> beats(2 * one, one, one, one).round(6)  # E[x] of a Beta(2, 1)
        array([0.666667])
    """
    first = variance(a, b) <= variance(c, d)
    narrow, wide = (
        (np.where(first, a, c), np.where(first, b, d)),
        (
            np.where(first, c, a),
            np.where(first, d, b),
        ),
    )
    middle, spread = narrow[0] / (narrow[0] + narrow[1]), np.sqrt(variance(*narrow))
    low = np.maximum(middle - REACH * spread, 0.0)
    high = np.minimum(middle + REACH * spread, 1.0)
    half = (high - low) / 2
    points = np.clip(low[..., None] + half[..., None] * (1 + NODES), 1e-300, 1 - 1e-16)
    one, other = narrow[0][..., None], narrow[1][..., None]
    log = (one - 1) * np.log(points) + (other - 1) * np.log1p(-points)
    height = np.exp(log - special.betaln(one, other))
    below = special.betainc(wide[0][..., None], wide[1][..., None], points)
    found = half * (SHARES * height * below).sum(axis=-1)
    return np.clip(np.where(first, found, 1 - found), 0.0, 1.0)


def variance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The variance of a Beta distribution."""
    return a * b / ((a + b) ** 2 * (a + b + 1))
