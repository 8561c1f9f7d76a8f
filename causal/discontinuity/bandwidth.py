"""How far from the cutoff rows are used: the bandwidth that makes the squared error smallest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal.discontinuity.local_polynomial import (
    Kernel,
    coefficient_weights,
    neighbour_variances,
)

PILOT = {"triangular": 2.576, "uniform": 1.843}
"""Of the first bandwidth, for the noise: Silverman's rule with the kernel's constant."""

REGULARISATION = 3.0
"""How often the variance of the estimated bias is added to its square; CCT (2014), appendix."""

LEAST = 10
"""Distinct values that a window holds at least on each side, where there are as many."""

type Side = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Bandwidths:
    """Two windows.

    Attributes:
        effect: Of the jump.
        bias: Of the curvature that the jump is corrected by.
    """

    effect: float
    bias: float


def optimal_bandwidths(
    x: np.ndarray, y: np.ndarray, kernel: Kernel = "triangular", degree: int = 1
) -> Bandwidths:
    """Chooses the windows that make the mean squared error of the jump smallest.

    Three steps, each with the bandwidth of the one before: noise and curvature for the bias's
    bias, for the bias, for the jump.

    Args:
        x: (n,) positions, measured from the cutoff; those of 0 and above are treated.
        y: (n,) outcomes.
        kernel: How rows count by distance.
        degree: Of the local polynomial whose jump is wanted.

    Returns:
        The windows, in the units of x, at most as wide as the data on either side.

    Source:
        Calonico, Cattaneo and Titiunik (2014), Econometrica 82, section 4 and supplement S.2.6;
        Calonico, Cattaneo and Farrell (2020), Econometrics Journal 23, for the regularisation.
        The pilot counts distinct positions instead of rows, so that ties do not narrow it.

    Example:
        >>> x = np.linspace(-1, 1, 400)
        >>> noise = 0.1 * np.random.default_rng(1).normal(size=400)
        >>> found = optimal_bandwidths(x, np.sin(3 * x) + (x >= 0) + noise)
        >>> 0.1 < found.effect < found.bias < 1
        True
    """
    sides = ((x[x < 0], y[x < 0]), (x[x >= 0], y[x >= 0]))
    reach = (float(np.abs(sides[0][0]).max()), float(np.abs(sides[1][0]).max()))
    low, high = np.quantile(x, [0.25, 0.75])
    spread = min(float(np.std(x, ddof=1)), float(high - low) / 1.349) or float(np.std(x, ddof=1))
    least = smallest_window(x, LEAST)
    widest = max(max(reach), least)
    noise = float(np.clip(PILOT[kernel] * spread * len(np.unique(x)) ** -0.2, least, widest))
    found = noise
    regularised = (0.0, REGULARISATION, REGULARISATION)
    steps = ((degree + 2, degree + 2), (degree + 1, degree + 1), (degree, 0))
    chain = []
    windows = reach
    for (polynomial, order), weight in zip(steps, regularised, strict=True):
        found = balance(sides, polynomial, order, noise, windows, weight, kernel)
        found = float(np.clip(found, least, widest)) if np.isfinite(found) else widest
        chain.append(found)
        windows = (found, found)
    return Bandwidths(chain[-1], chain[-2])


def balance(
    sides: tuple[Side, Side],
    degree: int,
    order: int,
    noise_window: float,
    bias_windows: tuple[float, float],
    regularisation: float,
    kernel: Kernel,
) -> float:
    """Solves for the bandwidth at which squared bias and variance of a jump balance.

    Args:
        sides: Positions and outcomes below and above the cutoff.
        degree: Of the polynomial.
        order: The coefficient whose jump is wanted.
        noise_window: The bandwidth at which its variance is judged.
        bias_windows: Those below and above, at which the next coefficient is.
        regularisation: See `REGULARISATION`.
        kernel: How rows count by distance.
    """
    variance = bias = doubt = 0.0
    for sign, (x, y), window in zip((-1, 1), sides, bias_windows, strict=True):
        weights = coefficient_weights(x, noise_window, degree, order, kernel)
        variance += weighted_variance(weights, x, y)
        constant = float(weights @ x ** (degree + 1)) / noise_window ** (degree + 1 - order)
        curvature = coefficient_weights(x, window, degree + 1, degree + 1, kernel)
        bias += sign * constant * float(curvature @ y)
        if regularisation:
            doubt += regularisation * constant**2 * weighted_variance(curvature, x, y)
    rate = 2 * (degree + 1 - order)
    squared = rate * (bias**2 + doubt)
    if squared == 0:
        return np.inf
    noise = (2 * order + 1) * noise_window ** (2 * order + 1) * variance
    return float((noise / squared) ** (1 / (2 * degree + 3)))


def weighted_variance(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """The variance of a weighted sum of outcomes, each row's noise judged by its neighbours."""
    used = weights != 0
    if np.count_nonzero(used) < 2:
        return 0.0
    return float(weights[used] ** 2 @ neighbour_variances(x[used], y[used]))


def smallest_window(x: np.ndarray, distinct: int) -> float:
    """The bandwidth that reaches so many distinct positions on both sides, where they exist.

    Example:
        >>> smallest_window(np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 5.0]), 2)
        2.0000000000000004
    """
    reaches = []
    for side in (-x[x < 0], x[x >= 0]):
        values = np.unique(side)
        reaches.append(values[min(distinct, len(values)) - 1])
    return float(np.nextafter(max(reaches), np.inf))
