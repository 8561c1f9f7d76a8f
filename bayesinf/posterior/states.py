"""The closed forms that a posterior may keep beside its draws, so that it can be updated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class GaussianStatistics:
    """All that a Gaussian regression needs to know of its rows, however many there were.

    Columns are centred by the design's centre, outcomes by `level`, both fixed at the first fit.
    Columns that nearly repeat each other are first combined into orthonormal ones by `basis`,
    because X'X keeps only half of the digits that tell them apart, and what least squares predict
    is subtracted from the outcomes.

    Attributes:
        gram: Shape (coefficient, coefficient). Weighted X'X, of the columns times the basis.
        moment: Shape (coefficient,). Weighted X'y, of the columns times the basis.
        square: Weighted y'y.
        weight: Sum of the weights: the exponent of sigma in the likelihood.
        level: What was subtracted from the outcomes.
        rows: Number of rows.
        basis: Shape (coefficient, coefficient), upper triangular; None takes the columns as they
            are.
        origin: Shape (coefficient,). Coefficients of the centred columns whose prediction was
            subtracted from the outcomes, besides the level; None where there is no basis.
    """

    gram: np.ndarray
    moment: np.ndarray
    square: float
    weight: float
    level: float
    rows: int
    basis: np.ndarray | None = None
    origin: np.ndarray | None = None

    def plus(self, other: GaussianStatistics) -> GaussianStatistics:
        """The statistics of both sets of rows, whose level, basis and origin are the same."""
        return GaussianStatistics(
            self.gram + other.gram,
            self.moment + other.moment,
            self.square + other.square,
            self.weight + other.weight,
            self.level,
            self.rows + other.rows,
            self.basis,
            self.origin,
        )


@dataclass(frozen=True)
class DrawsOnly:
    """No closed form: the draws are all there is."""


type State = GaussianStatistics | DrawsOnly
