"""Densities whose integral and moments are known, in NumPy and in JAX."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.landscape import Landscape, survey
from bayesinf.types import namespace

LOG_TWO_PI = float(np.log(2 * np.pi))


def gaussian(flat, data):
    """A normal density without its constant."""
    xp = namespace(flat)
    centred = flat - data["mean"]
    return -0.5 * xp.einsum("...i,ij,...j->...", centred, data["precision"], centred)


def funnel(flat, data):
    """Neal's funnel: the first coordinate is the log variance of the others."""
    xp = namespace(flat)
    log_variance, rest = flat[..., 0], flat[..., 1:]
    inner = -0.5 * (rest**2).sum(-1) * xp.exp(-log_variance)
    return inner - 0.5 * rest.shape[-1] * log_variance - 0.5 * (log_variance / data["sd"]) ** 2


def banana(flat, data):
    """The second coordinate lies around the square of the first."""
    first, second = flat[..., 0], flat[..., 1]
    return -0.5 * (first / data["sd"]) ** 2 - 0.5 * ((second - first**2) / 0.5) ** 2


def two_modes(flat, data):
    """Normals with unit variances around plus and minus a place, with weights 0.3 and 0.7."""
    xp = namespace(flat)
    constant = -0.5 * flat.shape[-1] * LOG_TWO_PI
    above = np.log(0.3) - 0.5 * ((flat - data["place"]) ** 2).sum(-1)
    below = np.log(0.7) - 0.5 * ((flat + data["place"]) ** 2).sum(-1)
    return xp.logaddexp(above, below) + constant


def half_line(flat, data):
    """A gamma(3) density on the positive numbers, and zero elsewhere."""
    xp = namespace(flat)
    inside = flat[..., 0] > 0
    safe = xp.where(inside, flat[..., 0], 1.0)
    return xp.where(inside, 2 * xp.log(safe) - data["rate"] * safe, -xp.inf)


@dataclass(frozen=True, eq=False)
class Normal:
    """A correlated normal with what is known of it."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, size: int, seed: int = 0) -> Normal:
        rng = np.random.default_rng(seed)
        root = rng.normal(size=(size, size))
        return cls(5.0 * rng.normal(size=size), root @ root.T / size + 0.3 * np.eye(size))

    @property
    def size(self) -> int:
        return len(self.mean)

    @property
    def precision(self) -> np.ndarray:
        return np.linalg.inv(self.covariance)

    @property
    def data(self) -> dict[str, np.ndarray]:
        return {"mean": self.mean, "precision": self.precision}

    @property
    def log_evidence(self) -> float:
        return 0.5 * (self.size * LOG_TWO_PI + float(np.linalg.slogdet(self.covariance)[1]))

    @property
    def landscape(self) -> Landscape:
        return look(gaussian, self.data, self.size)


def look(density, data, size: int, traced: bool = False) -> Landscape:
    return survey(density, data, size, 1, traced)


def starts(size: int, count: int = 8, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 2.0, (count, size))
