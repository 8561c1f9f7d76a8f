"""Coefficients of a state space model that stay the same over time, integrated out exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal.series.state_space import LOG_TWO_PI, StateSpace, filter_covariances, surprises


@dataclass(frozen=True, eq=False)
class Regression:
    """The posterior of constant coefficients, at each point of a state space model.

    Coefficients are scales times standard normal variables before the outcomes are seen.

    Attributes:
        centre: (point, column) posterior means of these standardised coefficients.
        factor: (point, column, column) lower Cholesky factors of their posterior precisions.
        scales: (column, point) prior sds of the coefficients.
        log_likelihood: (point,) log densities of the known outcomes.
    """

    centre: np.ndarray
    factor: np.ndarray
    scales: np.ndarray
    log_likelihood: np.ndarray

    def draw(self, rng: np.random.Generator, each: int) -> np.ndarray:
        """Draws coefficients.

        Args:
            rng: Decides the draws.
            each: How many per point.

        Returns:
            (column, draw, point) independent draws.
        """
        points, columns = self.centre.shape
        normal = rng.standard_normal((points, columns, each))
        moves = np.linalg.solve(np.swapaxes(self.factor, 1, 2), normal)
        standard = self.centre[:, :, None] + moves
        return standard.transpose(1, 2, 0) * self.scales[:, None]


def regress(
    model: StateSpace, outcome: np.ndarray, columns: np.ndarray, scales: np.ndarray
) -> Regression:
    """Finds the posterior of constant coefficients, the states integrated out.

    The Kalman filter of the states alone turns outcome and columns into independent errors; what is
    left is a linear regression. That costs much less than carrying coefficients as states.

    Args:
        model: The states, at all points.
        outcome: (time,) outcomes; nan where missing.
        columns: (time, column) what the coefficients multiply; finite everywhere.
        scales: (column, point) prior sds of the coefficients, their prior means being zero.

    Returns:
        The posterior at each point, and the likelihood with states and coefficients integrated out.

    Source:
        De Jong (1991), The diffuse Kalman filter, Annals of Statistics 19, with proper priors.

    Example:
        >>> one = np.ones((1, 1))
        >>> model = StateSpace(one, one, np.ones(1), one * 0, np.zeros(1), one * 0)
        >>> found = regress(model, np.array([2.0]), one, one * 2.0)
        >>> round(float(found.centre[0, 0] * 2.0), 6)
        1.6
    """
    seen = np.isfinite(outcome)
    gains = filter_covariances(model, seen)
    spread = np.sqrt(gains.forecast[seen])
    errors = surprises(model, outcome[:, None], gains)[seen] / spread
    blind = StateSpace(
        model.loads, model.moves, model.noise, model.shocks, 0 * model.start, model.spread
    )
    turned = surprises(blind, columns[:, :, None], gains)[seen] / spread[:, None] * scales
    across = np.ascontiguousarray(turned.transpose(2, 1, 0))
    precision = across @ across.swapaxes(1, 2) + np.eye(columns.shape[1])
    factor = np.linalg.cholesky(precision)
    pull = across @ errors.T[:, :, None]
    half = np.linalg.solve(factor, pull)
    centre = np.linalg.solve(np.swapaxes(factor, 1, 2), half)[..., 0]
    size = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    plain = -0.5 * (errors**2 + LOG_TWO_PI).sum(axis=0) - np.log(spread).sum(axis=0)
    found = plain - size + 0.5 * (half**2).sum(axis=(1, 2))
    return Regression(centre, factor, scales, found)
