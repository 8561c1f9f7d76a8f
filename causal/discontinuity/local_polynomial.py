"""Polynomials fitted near a cutoff: what each row counts, and how noisy it is.

Everything here works on one side of the cutoff, with positions measured from it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

type Kernel = Literal["triangular", "uniform"]

NEIGHBOURS = 3
"""Nearest neighbours that a row's noise is judged by; Calonico et al. (2014), section 2.4."""


def kernel_weights(distance: np.ndarray, kernel: Kernel) -> np.ndarray:
    """How much rows count by their distance from the cutoff.

    Args:
        distance: (n,) distances in bandwidths; the sign does not matter.
        kernel: "triangular" fades to nothing at one bandwidth, "uniform" drops to nothing there.

    Example:
        >>> kernel_weights(np.array([0.0, -0.5, 2.0]), "triangular")
        array([1. , 0.5, 0. ])
    """
    inside = np.abs(distance) <= 1
    if kernel == "uniform":
        return inside.astype(float)
    return np.where(inside, 1 - np.abs(distance), 0.0)


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """(n, degree + 1) powers of positions, from the constant on."""
    return x[:, None] ** np.arange(degree + 1)


def coefficient_weights(
    x: np.ndarray, bandwidth: float, degree: int, order: int, kernel: Kernel
) -> np.ndarray:
    """Writes one coefficient of a local polynomial as a weighted sum of the outcomes.

    Args:
        x: (n,) positions on one side, measured from the cutoff.
        bandwidth: Rows farther away do not count.
        degree: Of the polynomial.
        order: Which coefficient: 0 is the limit at the cutoff, 1 the slope there.
        kernel: How rows count by distance.

    Returns:
        (n,) weights; times the outcomes they sum to the least-squares coefficient of x**order.

    Source:
        Fan and Gijbels (1996), Local Polynomial Modelling and Its Applications, section 3.2.2.

    Example:
        >>> x = np.array([0.1, 0.2, 0.3, 0.4])
        >>> slope = coefficient_weights(x, 1.0, 1, 1, "uniform")
        >>> round(float(slope @ (5 + 2 * x)), 6)
        2.0
    """
    near = kernel_weights(x / bandwidth, kernel)
    kept = near > 0
    root = np.sqrt(near[kept])
    found = np.linalg.pinv(powers(x[kept] / bandwidth, degree) * root[:, None])
    weights = np.zeros(len(x))
    weights[kept] = found[order] * root / bandwidth**order
    return weights


def neighbour_variances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Judges each row's noise variance by how it differs from its nearest neighbours.

    Args:
        x: (n,) positions on one side; n at least 2.
        y: (n,) outcomes.

    Returns:
        (n,) squared residuals: y minus the mean of its neighbours, times J / (J + 1). Rows as
        near as the third nearest all count as neighbours, so that J is larger among ties.

    Source:
        Calonico, Cattaneo and Titiunik (2014), Robust nonparametric confidence intervals for
        regression-discontinuity designs, Econometrica 82, section 2.4.

    Example:
        >>> neighbour_variances(np.arange(4.0), np.array([0.0, 0.0, 0.0, 4.0])).round(6)
        array([ 1.333333,  1.333333,  1.333333, 12.      ])
    """
    order = np.argsort(x, kind="stable")
    place, value = x[order], y[order]
    wanted = min(NEIGHBOURS, len(x) - 1)
    padded = np.concatenate([np.full(wanted, -np.inf), place, np.full(wanted, np.inf)])
    steps = np.delete(np.arange(2 * wanted + 1), wanted)
    around = np.abs(padded[np.arange(len(x))[:, None] + steps] - place[:, None])
    reach = np.sort(around, axis=1)[:, wanted - 1]
    # Decimals that are equally far away on paper may differ in the last bit.
    slack = 1e-9 * np.abs(place).max()
    first = np.searchsorted(place, place - reach - slack, "left")
    last = np.searchsorted(place, place + reach + slack, "right")
    total = np.concatenate([[0.0], np.cumsum(value)])
    count = last - first - 1
    mean = (total[last] - total[first] - value) / count
    squares = np.empty(len(x))
    squares[order] = count / (count + 1) * (value - mean) ** 2
    return squares
