"""The closed forms that a posterior may keep beside its draws, so that it can be updated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GaussianStatistics:
    """All that a Gaussian regression needs to know of its rows, however many there were.

    Columns are centred by the design's centre, outcomes by `level`, both fixed at the first fit.

    Attributes:
        gram: Shape (coefficient, coefficient). Weighted X'X.
        moment: Shape (coefficient,). Weighted X'y.
        square: Weighted y'y.
        weight: Sum of the weights: the exponent of sigma in the likelihood.
        level: What was subtracted from the outcomes.
        rows: Number of rows.
    """

    gram: np.ndarray
    moment: np.ndarray
    square: float
    weight: float
    level: float
    rows: int

    def plus(self, other: GaussianStatistics) -> GaussianStatistics:
        """The statistics of both sets of rows together."""
        return GaussianStatistics(
            self.gram + other.gram,
            self.moment + other.moment,
            self.square + other.square,
            self.weight + other.weight,
            self.level,
            self.rows + other.rows,
        )


@dataclass(frozen=True)
class DrawsOnly:
    """No closed form: the draws are all there is."""


type State = GaussianStatistics | DrawsOnly
