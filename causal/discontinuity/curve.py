"""What is believed about the curve on one side of a cutoff, before its data are seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

import bayesinf as bi

KNOTS = 20
"""Places within the window where the curvature may change."""

BENDS = tuple(float(size) for size in np.geomspace(2.0, 200.0, 10))
"""Sizes that the bend may have, in sd of the noise, equally likely beforehand.

The smallest is not zero: data of ordinary size cannot show that a curve is straight, and a
posterior that believes it is too narrow at the cutoff (`benchmarks/coverage_designs.py` measures
it).
"""


@dataclass(frozen=True)
class Curve:
    """A polynomial that may bend.

    The bend is a twice integrated Brownian motion that starts at the cutoff: near it the curve is
    the polynomial, farther away it may leave it, so that rows farther away say less about the
    limit. How strongly it bends is decided by the data.

    Attributes:
        degree: Of the polynomial.
        prior: Of its coefficients, in sd of the outcome per sd of the power (of the constant: in
            sd of the outcome from its mean), within the window; `bi.Flat()` for least squares.
        bends: What the bend's sd at the window's edge may be, in sd of the noise, each value as
            likely as the others; `(0.0,)` for a polynomial that does not bend.

    Source:
        Wahba (1978), Improper priors, spline smoothing and the problem of guarding against model
        errors in regression, Journal of the Royal Statistical Society B 40: the deviation of the
        true curve from a polynomial as an integrated Wiener process.

    Example:
        >>> Curve.polynomial(4)
        Curve(degree=4, prior=Flat(), bends=(0.0,))
    """

    degree: int = 2
    prior: bi.Normal | bi.Flat = field(default=bi.Normal(0, 10))
    bends: tuple[float, ...] = BENDS

    def __post_init__(self) -> None:
        if self.degree < 0 or not self.bends or min(self.bends) < 0:
            raise bi.ModelError(
                f"A curve of degree {self.degree} with bends {self.bends} does not exist.",
                code="curve",
                hint="Give a degree of 0 or more, and bends that are sizes, 0 for none.",
            )
        if isinstance(self.prior, bi.Normal) and self.prior.mean != 0:
            raise bi.ModelError(
                f"The prior {self.prior} of a curve's coefficients leans to one side.",
                code="curve",
                hint="Ask for bi.Normal(0, sd) or bi.Flat().",
            )

    @staticmethod
    def polynomial(degree: int) -> Curve:
        """A polynomial fitted by least squares, as published analyses have it."""
        return Curve(degree, bi.Flat(), (0.0,))

    def design(self, place: np.ndarray) -> np.ndarray:
        """Writes positions as columns: powers first, then what the bend is made of.

        Args:
            place: (n,) distances from the cutoff, in windows.

        Returns:
            (n, column) numbers; the columns of the bend have together sd 1 at distance 1.
        """
        columns = place[:, None] ** np.arange(self.degree + 1)
        if not any(self.bends):
            return columns
        knots = np.arange(KNOTS) / KNOTS
        pieces = np.maximum(place[:, None] - knots, 0.0) ** max(self.degree, 1)
        edge = np.sqrt((((1 - knots) ** max(self.degree, 1)) ** 2).sum())
        return np.column_stack([columns, pieces / edge])

    def sentence(self) -> str:
        """Says what the curve may look like."""
        if not any(self.bends):
            return f"a polynomial of degree {self.degree}"
        return f"a polynomial of degree {self.degree} that may bend away from the cutoff"
