"""Skewness of the hyperparameters: a smooth map that makes each axis of theirs nearly normal.

The logarithm of a small standard deviation has a long left tail, in which steps that suit the
middle are too long. Along each axis the evidence is computed at a few places; where it has fallen
as far as a standard normal's density has at y, there y should lead.

Notation: x is the place along an axis in units of the curvature at the mode, y the normal
coordinate, x = m(y) with m'(y) = (1 + l q'(-y) + r q'(y)) / (1 + (l + r) / 2) for stretches l and
r of at least 0 and q'(y) = (y + sqrt(1 + y^2)) / 2, a smooth ramp. A tail that falls exponentially,
stretched so, falls like a normal one.

Source: Barndorff-Nielsen and Cox (1994), Inference and Asymptotics, section 6.6, for the signed
root of the deviance; the family of maps is our own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.model.latent.evidence import Evidence, weigh
from bayesinf.model.latent.rows import LatentRows

NEAR, AWAY = 1.5, 3.0
"""Where the evidence is looked at, in standard deviations."""

STRAIGHT = 0.05
"""An axis whose deviance at `NEAR` is that close to a normal's is not looked at further out."""

STEEPEST = 2.0
"""The largest stretch: x then grows with the square of y from one standard deviation on."""


@dataclass(frozen=True, eq=False)
class Skew:
    """The maps of all axes.

    Attributes:
        left, right: Shape (axis,). The stretches l and r.
    """

    left: np.ndarray
    right: np.ndarray

    def places(self, normal: np.ndarray) -> np.ndarray:
        """Takes x of y, both (axis, chain)."""
        left, right = self.left[:, None], self.right[:, None]
        bent = normal - left * _ramp_integral(-normal) + right * _ramp_integral(normal)
        return bent / (1.0 + 0.5 * (left + right))

    def slopes(self, normal: np.ndarray) -> np.ndarray:
        """Takes m' of y."""
        left, right = self.left[:, None], self.right[:, None]
        steep = 1.0 + left * _ramp(-normal) + right * _ramp(normal)
        return steep / (1.0 + 0.5 * (left + right))

    def log_slope_changes(self, normal: np.ndarray) -> np.ndarray:
        """Takes m'' / m' of y: the slope of the log determinant."""
        left, right = self.left[:, None], self.right[:, None]
        bend = right * _step(normal) - left * _step(-normal)
        return bend / (1.0 + left * _ramp(-normal) + right * _ramp(normal))


def measure_skew(rows: LatentRows, top: Evidence, spread: np.ndarray) -> Skew:
    """Looks along each axis of the hyperparameters and chooses its map.

    Args:
        rows: The model's rows.
        top: The evidence at the mode.
        spread: Shape (hyperparameter, axis). K, the axes in units of their standard deviation.

    Returns:
        The maps; an axis along which the evidence cannot be computed is left as it is.
    """
    fits = [_fit(*_look(rows, top, axis)) for axis in spread.T]
    return Skew(np.array([left for left, _ in fits]), np.array([right for _, right in fits]))


def _look(rows: LatentRows, top: Evidence, axis: np.ndarray) -> tuple[list[float], list[float]]:
    """Places along an axis, and the signed roots of the deviance there."""
    places, roots = [], []
    for side in (-1.0, 1.0):
        for place in (side * NEAR, side * AWAY):
            root = _signed_root(rows, top, axis, place)
            if root is None:
                break
            places.append(place)
            roots.append(root)
            if abs(root / place - 1.0) < STRAIGHT:
                break
    return places, roots


def _signed_root(rows: LatentRows, top: Evidence, axis: np.ndarray, place: float) -> float | None:
    step = place * axis
    start = top.conditional.latents + top.response @ step
    try:
        value = weigh(rows, top.flat + step, start).value
    except SamplingError:
        # Nothing is known of the tail there; the map then follows the nearer places.
        return None
    fall = top.value - value
    return float(np.sign(place) * np.sqrt(2.0 * fall)) if 0.0 < fall < np.inf else None


def _fit(places: list[float], roots: list[float]) -> tuple[float, float]:
    """The stretches that lead the roots to their places, by least squares within bounds."""
    if not places:
        return 0.0, 0.0
    x, y = np.array(places), np.array(roots)
    columns = np.stack([-_ramp_integral(-y) - 0.5 * x, _ramp_integral(y) - 0.5 * x], axis=1)
    rest = x - y
    best, least = (0.0, 0.0), float(rest @ rest)
    for chosen in ([0, 1], [0], [1]):
        found = np.zeros(2)
        found[chosen] = np.linalg.lstsq(columns[:, chosen], rest, rcond=None)[0]
        if (found < 0).any():
            continue
        found = np.minimum(found, STEEPEST)
        left = rest - columns @ found
        if float(left @ left) < least:
            best, least = (float(found[0]), float(found[1])), float(left @ left)
    return best


def _ramp(y: np.ndarray) -> np.ndarray:
    """The ramp q'."""
    return 0.5 * (y + np.sqrt(1.0 + y * y))


def _step(y: np.ndarray) -> np.ndarray:
    """Its slope, a smooth step."""
    return 0.5 * (1.0 + y / np.sqrt(1.0 + y * y))


def _ramp_integral(y: np.ndarray) -> np.ndarray:
    """The ramp's integral q, with q(0) = 0."""
    return 0.25 * (y * y + y * np.sqrt(1.0 + y * y) + np.arcsinh(y))
