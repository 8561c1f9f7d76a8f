"""Coordinates in which a log density falls off along each axis as a standard normal does.

Whitening at the mode makes a density normal near it; a log standard deviation with few groups has
one tail that falls exponentially and one that falls faster than any normal, and whitening cannot
mend that. Here each whitened axis is stretched by a smooth increasing function so that the density,
along the axis, falls by w^2 / 2. What is left to describe is how the axes go together.

Notation: x = mode + K z with K K' the inverse of minus the Hessian; z_j = s_j(w_j) per axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.density import Value, evaluate
from bayesinf.numerics.mode import Mode
from bayesinf.numerics.proposal import Student

REACHES = (1.0, 2.0, 3.0, 4.0)
"""Where each side of an axis is looked at, in standard deviations: the last is 8 nats down."""

FEW_REACHES = (1.5, 3.0)
"""The same for more than `FEW_AXES` axes, of which each matters less."""

FEW_AXES = 8

STEEPEST = 5.0
"""The most that w may grow between two looks; a steeper fall is the edge of the support."""

FLATTEST = 0.05
"""The least that w grows for a step of z of one, so that every axis can be inverted."""


@dataclass(frozen=True, eq=False)
class Warp:
    """A smooth, increasing map per whitened axis, from standard coordinates w to points x.

    Attributes:
        place: Shape (d,). The mode.
        cholesky: Shape (d, d). K.
        knots: Shape (d, k). Places w on each axis, increasing.
        heights: Shape (d, k). s_j there.
        slopes: Shape (d, k). Its derivatives there; beyond the last knots it goes on straight.
    """

    place: np.ndarray
    cholesky: np.ndarray
    knots: np.ndarray
    heights: np.ndarray
    slopes: np.ndarray

    def points(self, w: np.ndarray) -> np.ndarray:
        """Maps standard coordinates (n, d) to points (n, d)."""
        return self.place + self._stretch(w)[0] @ self.cholesky.T

    def log_stretch(self, w: np.ndarray) -> np.ndarray:
        """The log determinant of the map's derivative, shape (n,), up to a constant."""
        return np.log(self._stretch(w)[1]).sum(axis=1)

    def coordinates(self, points: np.ndarray) -> np.ndarray:
        """Maps points (n, d) back to standard coordinates (n, d)."""
        z = np.linalg.solve(self.cholesky, (points - self.place).T).T
        first, last = self.heights[:, 0], self.heights[:, -1]
        below = self.knots[:, 0] + (z - first) / self.slopes[:, 0]
        above = self.knots[:, -1] + (z - last) / self.slopes[:, -1]
        low, high = np.broadcast_arrays(self.knots[:, 0], self.knots[:, -1], z)[:2]
        for _ in range(50):
            middle = 0.5 * (low + high)
            under = self._stretch(middle)[0] < z
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return np.where(z < first, below, np.where(z > last, above, 0.5 * (low + high)))

    def _stretch(self, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cubic Hermite pieces between knots: s and its derivative, (n, d) each."""
        axis = np.arange(len(self.knots))
        place = (w[:, :, None] >= self.knots[:, 1:-1]).sum(axis=2)
        left, right = self.knots[axis, place], self.knots[axis, place + 1]
        width = right - left
        t = np.clip((w - left) / width, 0.0, 1.0)
        a, b = self.heights[axis, place], self.heights[axis, place + 1]
        from_a, from_b = self.slopes[axis, place] * width, self.slopes[axis, place + 1] * width
        # What lies beyond the last knot goes on with the slope there.
        beyond = w - np.clip(w, self.knots[:, 0], self.knots[:, -1])
        slope = (
            6.0 * t * (1.0 - t) * (b - a)
            + (1.0 - t) * (1.0 - 3.0 * t) * from_a
            + t * (3.0 * t - 2.0) * from_b
        ) / width
        height = (
            a
            + t * t * (3.0 - 2.0 * t) * (b - a)
            + t * (1.0 - t) * ((1.0 - t) * from_a - t * from_b)
            + beyond * slope
        )
        return height, slope


def warp_at_mode(value: Value, mode: Mode) -> Warp:
    """Looks along each whitened axis from the mode, and stretches it to a normal's fall.

    Args:
        value: From points (n, d) to log densities (n,).
        mode: A converged mode.

    Returns:
        The map. It took 8 d values, or 4 d for more than eight axes.

    Raises:
        SamplingError: When the mode's Hessian is not negative definite.
    """
    d = len(mode.point)
    cholesky = Student.at_mode(mode.point, mode.hessian).cholesky
    reaches = REACHES if d <= FEW_AXES else FEW_REACHES
    directions = np.concatenate([np.eye(d), -np.eye(d)])
    z, w = [np.zeros(2 * d)], [np.zeros(2 * d)]
    ahead = np.full(2 * d, reaches[0])
    for look, _ in enumerate(reaches):
        places = mode.point + (ahead[:, None] * directions) @ cholesky.T
        fall = np.sqrt(np.maximum(2.0 * (mode.value - evaluate(value, places)), 0.0))
        least = w[-1] + FLATTEST * (ahead - z[-1])
        z.append(ahead)
        w.append(np.clip(fall, least, np.maximum(least, w[-1] + STEEPEST)))
        if look + 1 < len(reaches):
            rate = (z[-1] - z[-2]) / (w[-1] - w[-2])
            if look:
                before = (z[-2] - z[-3]) / (w[-2] - w[-3])
                rate = rate * np.clip(rate / before, 0.5, 2.0)
            ahead = ahead + np.clip(reaches[look + 1] - w[-1], 0.3, 2.0) * rate
    right, left = slice(0, d), slice(d, None)
    sides_w = np.array([-x[left] for x in w[:0:-1]] + [x[right] for x in w]).T
    sides_z = np.array([-x[left] for x in z[:0:-1]] + [x[right] for x in z]).T
    return Warp(mode.point, cholesky, sides_w, sides_z, smooth_slopes(sides_w, sides_z))


def smooth_slopes(knots: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Slopes of natural cubic splines, kept where the pieces between knots stay increasing.

    Args:
        knots: Shape (d, k), increasing.
        heights: Shape (d, k), increasing.

    Returns:
        Shape (d, k), positive.

    Source:
        Hyman (1983), SIAM Journal on Scientific and Statistical Computing 4(4), equation 2.3:
        slopes up to three times the smaller of the neighbouring secants keep a cubic monotone.
    """
    gaps = np.diff(knots, axis=1)
    secants = np.diff(heights, axis=1) / gaps
    d, k = knots.shape
    system, right = np.zeros((d, k, k)), np.zeros((d, k))
    inner = np.arange(1, k - 1)
    system[:, inner, inner - 1] = 1.0 / gaps[:, :-1]
    system[:, inner, inner] = 2.0 / gaps[:, :-1] + 2.0 / gaps[:, 1:]
    system[:, inner, inner + 1] = 1.0 / gaps[:, 1:]
    right[:, 1:-1] = 3.0 * (secants[:, :-1] / gaps[:, :-1] + secants[:, 1:] / gaps[:, 1:])
    system[:, 0, :2] = system[:, -1, :-3:-1] = (2.0, 1.0)
    right[:, 0], right[:, -1] = 3.0 * secants[:, 0], 3.0 * secants[:, -1]
    slopes = np.linalg.solve(system, right[:, :, None])[:, :, 0]
    lower = np.minimum(
        np.concatenate([secants[:, :1], secants], axis=1),
        np.concatenate([secants, secants[:, -1:]], axis=1),
    )
    return np.clip(slopes, 0.05 * lower, 3.0 * lower)
