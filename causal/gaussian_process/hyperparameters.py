"""What the kernels leave open: scales and relevances, on a log scale, with their prior."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

PARTS = ("shared", "control", "treated")
"""The surface of both arms, and what each arm adds to it."""

LEAN = 0.03
"""Prior median of how much an arm leans along its inverse chances, in the outcome's deviations."""


@dataclass(frozen=True, eq=False)
class Hyperparameters:
    """Names, prior and starting values of the logarithms of positive numbers.

    Attributes:
        places: Where each name stands in the vector.
        start: Where the search begins.
        center: Logarithms of the prior medians.
        spread: Standard deviations of normal priors of the logarithm; 0 marks a half-Cauchy prior.
    """

    places: dict[str, slice]
    start: np.ndarray
    center: np.ndarray
    spread: np.ndarray

    def named(self, logs: np.ndarray) -> dict[str, np.ndarray]:
        """The positive numbers by name."""
        return {name: np.exp(logs[place]) for name, place in self.places.items()}

    def log_prior(self, logs: np.ndarray) -> tuple[float, np.ndarray]:
        """The log prior density of the logarithms up to a constant, and its gradient.

        Example:
            >>> given = hyperparameters_of(2)
            >>> value, gradient = given.log_prior(given.center)
            >>> bool(np.allclose(gradient, 0))
            True
        """
        off, cauchy = logs - self.center, self.spread == 0
        normal = off[~cauchy] / self.spread[~cauchy]
        ratio = np.exp(2 * off[cauchy])
        gradient = np.empty(len(logs))
        gradient[~cauchy] = -normal / self.spread[~cauchy]
        gradient[cauchy] = 1 - 2 * ratio / (1 + ratio)
        return float(np.sum(off[cauchy] - np.log1p(ratio)) - normal @ normal / 2), gradient


def hyperparameters_of(covariates: int) -> Hyperparameters:
    """Lays out the hyperparameters for an outcome of standard deviation one.

    Slopes and relevances of single covariates are half-Cauchy around 1 / sqrt(covariates), so that
    before the data all covariates together matter as much however many there are, and a few may
    matter much more: a horseshoe, with the local scales at their mode. What an arm adds is a
    priori half as large in slopes and a third as large in curves as what both share, which
    shrinks the effects of rows towards one common effect.

    Args:
        covariates: How many there are.

    Source:
        Carvalho, Polson and Scott (2010), The horseshoe estimator, Biometrika 97; Hahn, Murray and
        Carvalho (2020), Bayesian Analysis 15, section 4, for shrinking towards a common effect.
    """
    each = 1 / np.sqrt(max(covariates, 1))
    told: list[tuple[str, int, float, float, float]] = [
        ("noise", 1, 0.3, 0.3, 2.0),
        ("noise ratio", 1, 1.0, 1.0, 0.3),
    ]
    for reach, slope in (("shared", 0.5), ("arm", 0.25)):
        told += [
            (f"{reach} slopes", covariates, slope * each, slope * each, 0.0),
            (f"{reach} relevances", covariates, 1.2 * each, each, 0.0),
            (f"{reach} roughness", 1, 1.0, 1.0, 1.0),
        ]
    for part in PARTS:
        size = 1.0 if part == "shared" else 0.3
        told += [
            (f"{part} smooth", 1, size / 2, size, 0.0),
            (f"{part} rough", 1, size / 5, size, 0.0),
        ]
    for part in PARTS[1:]:
        told += [(f"{part} slope factor", 1, 1.0, 1.0, 0.5), (f"{part} lean", 1, LEAN, LEAN, 0.0)]
    ends = np.cumsum([0, *(count for _, count, *_ in told)])
    places = {
        entry[0]: slice(*ends_of) for entry, ends_of in zip(told, pairwise(ends), strict=True)
    }
    counts = [entry[1] for entry in told]
    start, center, spread = (np.repeat([entry[k] for entry in told], counts) for k in (2, 3, 4))
    return Hyperparameters(places, np.log(start), np.log(center), spread)
