"""Priors on correlation matrices: how the varying effects of one group move together."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import ClassVar

import numpy as np

from bayesinf.numerics.special import log_gamma
from bayesinf.prior import Prior, Shape, Support
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class LKJ(Prior):
    """Correlation matrices with density proportional to their determinant to a power.

    Attributes:
        concentration: Positive. At 1 all correlation matrices are equally likely; above 1 small
            correlations are preferred.

    Source: Lewandowski, Kurowicka & Joe (2009), Journal of Multivariate Analysis 100(9).
    """

    concentration: float

    support: ClassVar[Support] = "correlation"
    above_zero: ClassVar[tuple[str, ...]] = ("concentration",)

    @property
    def log_concave(self) -> bool:
        """Whether the log density of the factor is concave: below 1 it rises towards the edge."""
        return self.concentration >= 1.0

    def log_density(self, x: Array) -> Array:
        """Gives the logarithm of the density of a Cholesky factor, normalised.

        The density is over the free elements of the factor, those strictly below the diagonal.

        Args:
            x: Lower-triangular Cholesky factors of correlation matrices, shape (..., q, q).

        Returns:
            Array of shape (...).

        Source: Lewandowski, Kurowicka & Joe (2009), section 3.2: row k of the factor has a
            squared length below the diagonal that is Beta(k / 2, concentration + (q - 1 - k) / 2)
            and a uniform direction, k = 1 ... q - 1 counted from zero.
        """
        q = x.shape[-1]
        xp = namespace(x, self.concentration)
        row = np.arange(1, q)
        powers = q - row + 2.0 * self.concentration - 3.0
        diagonal = xp.diagonal(x, axis1=-2, axis2=-1)[..., 1:]
        return xp.sum(powers * xp.log(diagonal), axis=-1) - self.log_normaliser(q)

    def log_normaliser(self, dimension: int) -> Array:
        """Gives the logarithm of the integral of the unnormalised density over Cholesky factors.

        Args:
            dimension: Number of correlated effects, q.
        """
        row = np.arange(1, dimension)
        rest = self.concentration + 0.5 * (dimension - 1 - row)
        terms = 0.5 * row * log(pi) + log_gamma(rest) - log_gamma(rest + 0.5 * row)
        return namespace(terms).sum(terms)

    def sample(self, rng: np.random.Generator, shape: Shape, dimension: int = 2) -> np.ndarray:
        """Draws Cholesky factors of correlation matrices, row by row (the onion method).

        Args:
            rng: Source of randomness.
            shape: Number of factors, or their leading shape.
            dimension: Number of correlated effects, q; 2 is an intercept and one slope.

        Returns:
            Array of shape (*shape, q, q), each factor lower-triangular with rows of length one.
        """
        leading = (shape,) if isinstance(shape, int) else tuple(shape)
        factor = np.zeros((*leading, dimension, dimension))
        factor[..., 0, 0] = 1.0
        for row in range(1, dimension):
            rest = self.concentration + 0.5 * (dimension - 1 - row)
            squared_length = rng.beta(0.5 * row, rest, leading)
            direction = rng.normal(size=(*leading, row))
            direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
            factor[..., row, :row] = np.sqrt(squared_length)[..., None] * direction
            factor[..., row, row] = np.sqrt(1.0 - squared_length)
        return factor
