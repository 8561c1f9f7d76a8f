"""Noise that approximations are maps of: standard normal, or with heavier tails to guard them.

An approximation that minimises the Kullback-Leibler divergence from itself to the target covers
less than the target; the same map of heavier-tailed noise covers more, and its importance weights
are then bounded where those of the approximation are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np

from bayesinf.numerics.importance import Proposal
from bayesinf.numerics.proposal import Student
from bayesinf.types import Array

HALF_LOG_TWO_PI = 0.5 * log(2.0 * pi)


def standard_normal(noise: Array) -> Array:
    """The log density of standard normals (n, d), shape (n,)."""
    square: Array = (noise * noise).sum(-1)
    return -0.5 * square - noise.shape[-1] * HALF_LOG_TWO_PI


@dataclass(frozen=True)
class Standard:
    """Independent standard normals.

    Attributes:
        size: Their number d.
    """

    size: int

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draws noise, shape (n, d)."""
        return rng.standard_normal((n, self.size))

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """The log density of noise (n, d), shape (n,)."""
        return np.asarray(standard_normal(points))


def noises(size: int) -> tuple[Proposal, ...]:
    """The noises to try in turn: an approximation's own, and one with guarded tails."""
    return Standard(size), Student(np.zeros(size), np.eye(size)).guarded()
