"""A family that is not in the catalogue: waiting times with one rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from bayesinf.family import Family
from bayesinf.links import Link, Log
from bayesinf.types import namespace


@dataclass(frozen=True)
class Exponential(Family):
    """Waiting times whose standard deviation equals their mean."""

    link: Link = field(default_factory=Log)

    name: ClassVar[str] = "exponential"
    links: ClassVar[tuple[type[Link], ...]] = (Log,)
    support_sentence: ClassVar[str] = "positive numbers"

    @property
    def log_concave(self) -> bool:
        return True

    def outside_support(self, y, known):
        return ~((y > 0) & np.isfinite(y))

    def open_ends(self, y, known):
        return np.zeros(len(y), dtype=bool), np.zeros(len(y), dtype=bool)

    def log_density(self, y, eta, parameters, known):
        return -eta - y * namespace(eta).exp(-eta)

    def mean(self, eta, parameters, known):
        return namespace(eta).exp(eta)

    def variance(self, eta, parameters, known):
        return namespace(eta).exp(2 * eta)

    def cdf(self, y, eta, parameters, known):
        return np.where(y > 0, -np.expm1(-np.maximum(y, 0) * np.exp(-eta)), 0.0)

    def sample(self, rng, eta, parameters, known):
        return rng.exponential(np.exp(eta))
