"""Distributions around many modes, to draw importance samples from: t, and guarded mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lgamma, log, pi

import numpy as np

from bayesinf.numerics.linear import tolerant_cholesky
from bayesinf.numerics.proposal import HEAVY


@dataclass(frozen=True)
class Part:
    """One multivariate t of a mixture that shares centre and shape.

    Attributes:
        share: Its probability.
        width: Its scale, relative to the common shape.
        df: Its degrees of freedom.
    """

    share: float
    width: float
    df: float

    def log_density(self, square: np.ndarray, size: int) -> np.ndarray:
        """The log density, with its share, where the squared distance in common units is `square`.

        Args:
            square: Any shape.
            size: Dimensions d. The log determinant of the common shape is left out.

        Source:
            Kotz and Nadarajah (2004), Multivariate t Distributions, equation 1.1.
        """
        constant = (
            log(self.share)
            + lgamma(0.5 * (self.df + size))
            - lgamma(0.5 * self.df)
            - 0.5 * size * log(self.df * pi)
            - size * log(self.width)
        )
        inside = square / (self.width**2 * self.df)
        return constant - 0.5 * (self.df + size) * np.log1p(inside)


PLAIN = (Part(1.0, 1.0, HEAVY),)
"""One t, as `numerics.proposal.Student`."""

GUARDED = (Part(0.7, 1.0, HEAVY), Part(0.3, 1.5, 4.0))
"""A t and, around it, a wider one with heavier tails, as `numerics.proposal.Student.guarded`."""


@dataclass(frozen=True, eq=False)
class Proposals:
    """Mixtures of multivariate t distributions, one per member.

    Attributes:
        means: Shape (m, d).
        factors: Shape (m, d, d). Lower-triangular factors of the common scale matrices.
        parts: What the mixtures are made of.
    """

    means: np.ndarray
    factors: np.ndarray
    parts: tuple[Part, ...] = PLAIN

    @classmethod
    def at_modes(cls, points: np.ndarray, hessians: np.ndarray) -> Proposals:
        """Makes t distributions that follow log densities near their modes.

        Args:
            points: The modes, shape (m, d).
            hessians: Second derivatives of the log densities there, shape (m, d, d).

        Returns:
            The proposals; a factor is NaN where a Hessian is not negative definite.
        """
        # In units of each parameter, so that mixed magnitudes do not spoil the inverse.
        diagonal = np.abs(np.diagonal(hessians, axis1=-2, axis2=-1))
        unit = 1.0 / np.sqrt(np.maximum(diagonal, np.finfo(float).tiny))
        precision = tolerant_cholesky(-hessians * unit[..., :, None] * unit[..., None, :])
        broken = ~np.isfinite(precision).all((-2, -1), keepdims=True)
        inverse = np.linalg.inv(np.where(broken, np.eye(points.shape[-1]), precision))
        factors = tolerant_cholesky(np.swapaxes(inverse, -1, -2) @ inverse)
        return cls(points, np.where(broken, np.nan, unit[..., :, None] * factors))

    def sample(
        self, generators: Sequence[np.random.Generator], count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws independent points of every member, each from the member's own generator.

        Args:
            generators: One per member.
            count: Points of each.

        Returns:
            Points (m, count, d) and their normalised log densities (m, count).
        """
        members, size = self.means.shape
        normal, stretch = np.empty((members, count, size)), np.empty((members, count))
        df = np.array([part.df for part in self.parts])
        scale = np.array([part.width**2 * part.df for part in self.parts])
        ends = np.cumsum([part.share for part in self.parts])[:-1]
        for place, generator in enumerate(generators):
            generator.standard_normal(out=normal[place])
            if len(self.parts) == 1:
                stretch[place] = scale[0] / generator.chisquare(df[0], count)
            else:
                part = np.searchsorted(ends, generator.random(count))
                stretch[place] = scale[part] / generator.chisquare(df[part])
        square = stretch * np.einsum("mnd,mnd->mn", normal, normal)
        normal *= np.sqrt(stretch)[..., None]
        points = self.means[:, None] + normal @ np.swapaxes(self.factors, -1, -2)
        logs = self.parts[0].log_density(square, size)
        for part in self.parts[1:]:
            logs = np.logaddexp(logs, part.log_density(square, size))
        log_root = np.log(np.diagonal(self.factors, axis1=-2, axis2=-1)).sum(-1)
        return points, logs - log_root[:, None]

    def take(self, places: np.ndarray) -> Proposals:
        """Those of some members."""
        return replace(self, means=self.means[places], factors=self.factors[places])

    def matched(self, points: np.ndarray, log_weights: np.ndarray) -> Proposals:
        """Guarded mixtures with the means and covariances of weighted samples.

        Args:
            points: Shape (m, n, d), with a finite weight at least in each member.
            log_weights: Shape (m, n), up to a constant.

        Returns:
            The new proposals.

        Source:
            Cappe, Douc, Guillin, Marin and Robert (2008), equations 13 and 14, with weights cut off
            at sqrt(n) times their mean (Ionides 2008, Journal of Computational and Graphical
            Statistics 17(2)).
        """
        n, size = points.shape[1:]
        weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
        weights = np.minimum(weights, np.sqrt(n) * weights.mean(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        means = np.einsum("mn,mnd->md", weights, points)
        centred = points - means[:, None]
        covariances = np.swapaxes(weights[..., None] * centred, 1, 2) @ centred
        # A covariance from few effective points is blended with the shape it came from.
        trust = (1.0 / (weights**2).sum(axis=1))[:, None, None]
        before = self.factors @ np.swapaxes(self.factors, -1, -2)
        blend = (trust * covariances + (size + 1.0) * before) / (trust + size + 1.0)
        return replace(self, means=means, factors=tolerant_cholesky(blend), parts=GUARDED)
