"""Multivariate t distributions around many modes, to draw importance samples from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log, pi

import numpy as np

from bayesinf.numerics.linear import tolerant_cholesky
from bayesinf.numerics.proposal import HEAVY


@dataclass(frozen=True, eq=False)
class Students:
    """Multivariate Student t distributions, one per member; see `numerics.proposal.Student`.

    Attributes:
        means: Shape (m, d).
        factors: Shape (m, d, d). Lower-triangular factors of the scale matrices.
        df: Degrees of freedom.
    """

    means: np.ndarray
    factors: np.ndarray
    df: float = HEAVY

    @classmethod
    def at_modes(cls, points: np.ndarray, hessians: np.ndarray, df: float = HEAVY) -> Students:
        """Makes distributions that follow log densities near their modes.

        Args:
            points: The modes, shape (m, d).
            hessians: Second derivatives of the log densities there, shape (m, d, d).
            df: Degrees of freedom.

        Returns:
            The distributions; a factor is NaN where a Hessian is not negative definite.
        """
        # In units of each parameter, so that mixed magnitudes do not spoil the inverse.
        diagonal = np.abs(np.diagonal(hessians, axis1=-2, axis2=-1))
        unit = 1.0 / np.sqrt(np.maximum(diagonal, np.finfo(float).tiny))
        precision = tolerant_cholesky(-hessians * unit[..., :, None] * unit[..., None, :])
        broken = ~np.isfinite(precision).all((-2, -1), keepdims=True)
        inverse = np.linalg.inv(np.where(broken, np.eye(points.shape[-1]), precision))
        factors = tolerant_cholesky(np.swapaxes(inverse, -1, -2) @ inverse)
        return cls(points, np.where(broken, np.nan, unit[..., :, None] * factors), df)

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
        normal = np.empty((members, count, size))
        chi_square = np.empty((members, count))
        for place, generator in enumerate(generators):
            generator.standard_normal(out=normal[place])
            chi_square[place] = generator.chisquare(self.df, count)
        stretch = self.df / chi_square
        square = stretch * np.einsum("mnd,mnd->mn", normal, normal)
        normal *= np.sqrt(stretch)[..., None]
        points = self.means[:, None] + normal @ np.swapaxes(self.factors, -1, -2)
        constant = (
            lgamma(0.5 * (self.df + size))
            - lgamma(0.5 * self.df)
            - 0.5 * size * log(self.df * pi)
            - np.log(np.diagonal(self.factors, axis1=-2, axis2=-1)).sum(-1)
        )
        logs = constant[:, None] - 0.5 * (self.df + size) * np.log1p(square / self.df)
        return points, logs
