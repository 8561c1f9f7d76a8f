"""The prior covariance of two outcome surfaces, and how the evidence climbs along it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from causal.gaussian_process.encoding import Encoding
from causal.gaussian_process.hyperparameters import PARTS

LEVEL = 1.0
"""Prior standard deviation of the average of both surfaces, and of each arm's distance from it."""

type Named = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows as the kernels see them.

    Attributes:
        encoding: Their covariates.
        inverse: (arm, row) one over the chance of being in the control arm and in the treated arm,
            centred and scaled. What an arm adds may lean along its own, as far as the data ask for
            it: the direction in which shrinkage would bias an average effect most.

    Source:
        Ray and van der Vaart (2020), Semiparametric Bayesian causal inference, Annals of
        Statistics 48, equation 1.6, for the prior with the inverse chances.
    """

    encoding: Encoding
    inverse: np.ndarray

    def take(self, rows: np.ndarray | slice) -> Rows:
        """Some of the rows."""
        given = self.encoding
        part = Encoding(given.names, given.values[rows], given.steps[rows], given.owner)
        return Rows(part, self.inverse[:, rows])


def reach_of(part: str) -> str:
    """Which slopes and relevances a part uses: both arms' own parts use the same."""
    return "shared" if part == "shared" else "arm"


@dataclass(frozen=True, eq=False)
class Pieces:
    """The covariance of one part among rows, piece by piece.

    Attributes:
        slopes: (row, covariate) values times prior standard deviations of their slopes.
        lean: (row,) inverse chances times the prior standard deviation of their slope; zeros in
            the shared part.
        smooth: (row, row) covariance of the smooth curves.
        rough: (row, row) covariance of the rough curves.
    """

    slopes: np.ndarray
    lean: np.ndarray
    smooth: np.ndarray
    rough: np.ndarray

    def total(self) -> np.ndarray:
        """The covariance of the part."""
        level = np.full(len(self.lean), LEVEL)
        linear = np.column_stack([self.slopes, self.lean, level])
        return linear @ linear.T + self.smooth + self.rough


def pieces_of(part: str, rows: Rows, named: Named) -> Pieces:
    """Computes the covariance of one part: a line, smooth curves and rough curves, of all rows.

    Smooth: s^2 exp(-sum_j (w_j (x_j - x'_j))^2 / 2). Rough: t^2 exp(-rho sum_j w_j^2 d_j), where
    d_j is the share of the covariate's cuts between both rows; this is the limit of a forest of
    infinitely many random trees that cut more often where the relevance w_j is large.

    Args:
        part: One of `PARTS`.
        rows: The rows.
        named: Hyperparameters by name.

    Source:
        Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 5.1, for
        relevances; Balog, Lakshminarayanan, Ghahramani, Roy and Teh (2016), The Mondrian kernel,
        UAI, for the forest.
    """
    reach, encoding = reach_of(part), rows.encoding
    relevances = named[f"{reach} relevances"]
    slopes = named[f"{reach} slopes"] * named.get(f"{part} slope factor", 1.0)
    cuts = relevances[encoding.owner] * np.sqrt(named[f"{reach} roughness"] * 2)
    lean = np.zeros(len(encoding.values))
    if part != "shared":
        lean = named[f"{part} lean"] * rows.inverse[PARTS.index(part) - 1]
    return Pieces(
        encoding.values * slopes,
        lean,
        named[f"{part} smooth"] ** 2 * bell(encoding.values * relevances),
        named[f"{part} rough"] ** 2 * bell(encoding.steps * cuts),
    )


def bell(scaled: np.ndarray) -> np.ndarray:
    """Computes exp(-|a - b|^2 / 2) of all pairs of rows."""
    half = np.einsum("ij,ij->i", scaled, scaled) / 2
    found = scaled @ scaled.T
    found -= half[:, None]
    found -= half
    np.minimum(found, 0, out=found)
    return np.exp(found, out=found)


def climb(
    part: str, rows: Rows, named: Named, pieces: Pieces, slope: np.ndarray
) -> dict[str, np.ndarray]:
    """Turns the slope of the evidence along covariances into that along log hyperparameters.

    Args:
        part: One of `PARTS`.
        rows: The rows.
        named: Hyperparameters by name.
        pieces: Their covariance.
        slope: (row, row) symmetric derivative of the evidence by each covariance.

    Returns:
        By name; only products of matrices, because distances are differences of squares.
    """
    reach, encoding = reach_of(part), rows.encoding
    along = 2 * np.einsum("ij,ij->j", pieces.slopes, slope @ pieces.slopes)
    found = {f"{reach} slopes": along}
    if part != "shared":
        found[f"{part} slope factor"] = along.sum(keepdims=True)
        found[f"{part} lean"] = np.array([2 * pieces.lean @ slope @ pieces.lean])
    squares = named[f"{reach} relevances"] ** 2
    smooth = slope * pieces.smooth
    found[f"{part} smooth"] = 2 * smooth.sum(keepdims=True)[0]
    found[f"{reach} relevances"] = -2 * squares * spread(smooth, encoding.values)
    rough = np.multiply(slope, pieces.rough, out=smooth)
    found[f"{part} rough"] = 2 * rough.sum(keepdims=True)[0]
    by_step = spread(rough, encoding.steps)
    apart = np.bincount(encoding.owner, by_step, minlength=len(squares))
    cuts = -2 * squares * named[f"{reach} roughness"] * apart
    found[f"{reach} relevances"] = found[f"{reach} relevances"] + 2 * cuts
    found[f"{reach} roughness"] = cuts.sum(keepdims=True)
    return found


def spread(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Sums weights times squared differences over pairs of rows, halved: (column,)."""
    level = weights.sum(axis=1) @ (values * values)
    return level - np.einsum("ij,ij->j", values, weights @ values)
