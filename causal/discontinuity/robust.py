"""The jump at a cutoff corrected for bias, with an interval that knows about the correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal.discontinuity.bandwidth import Bandwidths
from causal.discontinuity.local_polynomial import (
    Kernel,
    coefficient_weights,
    neighbour_variances,
    powers,
)

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class RobustJump:
    """A jump as the frequentist literature reports it.

    Attributes:
        bandwidths: The windows used.
        conventional: The jump between two local lines.
        corrected: The same less its estimated bias.
        conventional_error: Standard error of `conventional`.
        robust_error: Standard error of `corrected`, the correction's noise included.
    """

    bandwidths: Bandwidths
    conventional: float
    corrected: float
    conventional_error: float
    robust_error: float

    @property
    def interval(self) -> tuple[float, float]:
        """The robust 95 % confidence interval."""
        half = NORMAL_95 * self.robust_error
        return self.corrected - half, self.corrected + half


def least_squares_jump(
    x: np.ndarray, y: np.ndarray, bandwidth: float, degree: int
) -> tuple[float, float]:
    """The jump of a polynomial fitted to all rows in a window alike, as older papers have it.

    Args:
        x: (n,) positions, measured from the cutoff; those of 0 and above are treated.
        y: (n,) outcomes.
        bandwidth: Rows farther away are left out; infinite takes all.
        degree: Of the polynomial, with coefficients of its own on each side.

    Returns:
        The jump and its standard error, robust to noise that differs between rows (HC1).

    Source:
        MacKinnon and White (1985), Journal of Econometrics 29.

    Example:
        >>> x = np.linspace(-1, 1, 100)
        >>> jump, error = least_squares_jump(x, 2.0 * (x >= 0) + x, np.inf, 1)
        >>> round(jump, 6)
        2.0
    """
    reach = min(bandwidth, float(np.abs(x).max()))
    jump = squares = 0.0
    rows = 0
    for sign, side in ((-1, x < 0), (1, x >= 0)):
        near = side & (np.abs(x) <= reach)
        inverse = np.linalg.pinv(powers(x[near] / reach, degree))
        left = y[near] - powers(x[near] / reach, degree) @ (inverse @ y[near])
        jump += sign * float(inverse[0] @ y[near])
        squares += float((inverse[0] * left) ** 2 @ np.ones(len(left)))
        rows += len(left)
    return jump, float(np.sqrt(squares * rows / max(rows - 2 * (degree + 1), 1)))


@dataclass(frozen=True, eq=False)
class Weighted:
    """One side's limit as two weighted sums of outcomes: plain, and corrected for bias."""

    plain: np.ndarray
    corrected: np.ndarray


def robust_jump(
    x: np.ndarray,
    y: np.ndarray,
    bandwidths: Bandwidths,
    treatment: np.ndarray | None = None,
    kernel: Kernel = "triangular",
    degree: int = 1,
) -> RobustJump:
    """Estimates a jump, sharp or fuzzy, with robust bias correction.

    Args:
        x: (n,) positions, measured from the cutoff; those of 0 and above are treated.
        y: (n,) outcomes.
        bandwidths: The windows of jump and bias.
        treatment: (n,) treatments; given, the jump of y is divided by theirs.
        kernel: How rows count by distance.
        degree: Of the local polynomial.

    Returns:
        The jump. Standard errors are by nearest neighbours; those of a ratio by linearisation.

    Source:
        Calonico, Cattaneo and Titiunik (2014), Econometrica 82, theorems 1 and 2 (sharp), and
        supplement S.2.2 (fuzzy).

    Example:
        >>> x = np.linspace(-1, 1, 200)
        >>> y = 1.0 * (x >= 0) + x + x**2
        >>> found = robust_jump(x, y, Bandwidths(0.5, 0.5))
        >>> round(found.corrected, 6)
        1.0
    """
    masks = (x < 0, x >= 0)
    sums = [side_weights(x[mask], bandwidths, kernel, degree) for mask in masks]
    plain, corrected = jumps(masks, sums, y)
    slope, outcome = 1.0, y
    if treatment is not None:
        below, above = jumps(masks, sums, treatment)
        ratio, slope = plain / below, below
        # The ratio's expansion around the plain one: what is corrected is y less ratio times t.
        corrected = ratio + (corrected - ratio * above) / slope
        plain, outcome = ratio, y - ratio * treatment
    window = max(bandwidths.effect, bandwidths.bias)
    variances = np.zeros(2)
    for mask, side in zip(masks, sums, strict=True):
        near = np.abs(x[mask]) <= window
        noise = neighbour_variances(x[mask][near], outcome[mask][near])
        variances += [side.plain[near] ** 2 @ noise, side.corrected[near] ** 2 @ noise]
    errors = np.sqrt(variances) / abs(slope)
    return RobustJump(bandwidths, plain, corrected, float(errors[0]), float(errors[1]))


def side_weights(x: np.ndarray, bandwidths: Bandwidths, kernel: Kernel, degree: int) -> Weighted:
    """Writes one side's limit, plain and corrected, as weighted sums of outcomes."""
    plain = coefficient_weights(x, bandwidths.effect, degree, 0, kernel)
    curvature = coefficient_weights(x, bandwidths.bias, degree + 1, degree + 1, kernel)
    return Weighted(plain, plain - float(plain @ x ** (degree + 1)) * curvature)


def jumps(
    masks: tuple[np.ndarray, np.ndarray], sums: list[Weighted], values: np.ndarray
) -> tuple[float, float]:
    """The jump of some values, plain and corrected."""
    below, above = (values[mask] for mask in masks)
    return (
        float(sums[1].plain @ above - sums[0].plain @ below),
        float(sums[1].corrected @ above - sums[0].corrected @ below),
    )
