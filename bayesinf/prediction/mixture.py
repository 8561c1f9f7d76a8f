"""The predictive distribution of rows: a family's distribution at every draw, equally likely."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt

import numpy as np

from bayesinf.family import Family, Known


@dataclass(frozen=True, eq=False)
class Mixture:
    """What the outcomes of some rows may be, averaged over the draws.

    Attributes:
        family: The outcome's family.
        predictor: Shape (draw, row).
        parameters: The family's parameters, each of shape (draw, 1).
        known: Trials and standard errors of the rows.
    """

    family: Family
    predictor: np.ndarray
    parameters: dict[str, np.ndarray]
    known: Known

    def cdf(self, outcome: np.ndarray) -> np.ndarray:
        """The probability of an outcome at or below the given one, per row."""
        found = self.family.cdf(outcome, self.predictor, self.parameters, self.known)
        return over_draws(found).mean(axis=-1)

    def density(self, outcome: np.ndarray) -> np.ndarray:
        """The density at the given outcome, per row."""
        found = self.family.log_density(outcome, self.predictor, self.parameters, self.known)
        return over_draws(np.exp(found)).mean(axis=-1)

    def means(self) -> np.ndarray:
        """The expected outcomes, shape (draw, row)."""
        return np.asarray(self.family.mean(self.predictor, self.parameters, self.known))

    @cached_property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and sd of each row's outcome, without simulation; the sd may be infinite.

        Source: the law of total variance, E var(y | draw) + var E(y | draw).
        """
        # Where a draw's mean or variance is beyond the largest number, infinity is the answer.
        with np.errstate(over="ignore"):
            means = over_draws(self.means())
            inner = over_draws(self.family.variance(self.predictor, self.parameters, self.known))
            mean = means.mean(axis=-1)
            return mean, np.sqrt(inner.mean(axis=-1) + means.var(axis=-1))

    @cached_property
    def width(self) -> np.ndarray:
        """A scale of each row's outcome: its sd, or what the density at the mean says, if smaller.

        The second serves outcomes without a variance, or whose sd is made by a few far draws.
        """
        mean, sd = self.moments
        density = self.density(mean)
        peak = np.full_like(sd, np.inf)
        np.divide(1 / sqrt(2 * pi), density, out=peak, where=density > 0)
        return np.minimum(sd, peak)

    def thinned(self, most: int) -> Mixture:
        """The mixture of at most so many draws, evenly spaced."""
        count = len(self.predictor)
        if count <= most:
            return self
        kept = np.arange(most) * count // most
        return Mixture(
            self.family,
            np.ascontiguousarray(self.predictor.T[:, kept]).T,
            {name: values[kept] for name, values in self.parameters.items()},
            self.known,
        )

    def pieces(self, numbers: int) -> list[slice]:
        """Cuts the rows so that no piece has more than so many row-draw pairs, but for one row."""
        draws, rows = self.predictor.shape
        length = max(1, numbers // draws)
        return [slice(start, min(start + length, rows)) for start in range(0, rows, length)]

    def take(self, rows: slice | np.ndarray) -> Mixture:
        """The mixture of some of the rows: a slice, or positions."""
        trials, error = self.known.trials, self.known.standard_error
        return Mixture(
            self.family,
            self.predictor.T[rows].T,
            self.parameters,
            Known(
                None if trials is None else np.asarray(trials)[rows],
                None if error is None else np.asarray(error)[rows],
            ),
        )


def over_draws(values: object) -> np.ndarray:
    """Lays (draw, row) out as (row, draw), so that sums over draws always run in one order."""
    return np.ascontiguousarray(np.asarray(values).T)
