"""The marks that figures are made of: densities, points with intervals, ribbons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesinf.numerics.intervals import interval
from bayesinf.options import options, percent
from bayesinf.plots.style import BLUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INNER = 0.5
"""Probability of the thick, inner interval."""

MOST_DRAWS = 4000
"""Draws that a density is estimated from; more do not change a picture."""


def density(draws: np.ndarray, points: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Estimates the density of draws on a grid that reaches a little beyond them.

    Args:
        draws: Any shape. Draws that are all positive are reflected at zero, so that a density of
            a standard deviation does not fall off where it has its mode at zero.
        points: Of the grid.

    Returns:
        The grid and the density there, shape (points,); zeros where the draws do not differ.
    """
    from scipy.stats import gaussian_kde

    flat = np.ravel(draws)[:: max(1, np.size(draws) // MOST_DRAWS)]
    low, high = np.quantile(flat, [0.001, 0.999])
    if not high > low:
        return np.linspace(low, high, points), np.zeros(points)
    # Reflection doubles the spread that the rule of the bandwidth sees: it is taken before.
    bandwidth = gaussian_kde(flat).scotts_factor() * flat.std(ddof=1)
    positive = bool((flat > 0).all())
    low = max(low - 2 * bandwidth, 0.0) if positive else low - 2 * bandwidth
    grid = np.linspace(low, high + 2 * bandwidth, points)
    if not positive:
        return grid, gaussian_kde(flat)(grid)
    both = np.concatenate([flat, -flat])
    estimate = gaussian_kde(both, bandwidth / both.std(ddof=1))
    return grid, 2.0 * estimate(grid)


def half_eye(
    ax: Axes, draws: np.ndarray, base: float = 0.0, height: float = 0.8, prob: float | None = None
) -> None:
    """Draws a density, and below it the mean with an inner and an outer credible interval.

    Args:
        ax: Where.
        draws: Any shape.
        base: Height of the density's foot.
        height: From foot to peak.
        prob: Of the outer interval; None takes `bi.options.interval`.
    """
    flat = np.ravel(draws)
    grid, values = density(flat)
    peak = values.max()
    if peak > 0:
        ax.fill_between(
            grid, base, base + height * values / peak, color=BLUE, alpha=0.22, linewidth=0
        )
    point_interval(ax, flat[None], np.array([base]), prob)


def point_interval(
    ax: Axes,
    draws: np.ndarray,
    places: np.ndarray,
    prob: float | None = None,
    colour: str = BLUE,
    size: float = 4.5,
) -> None:
    """Draws posterior means with a thick 50 % and a thin outer credible interval, horizontally.

    Args:
        ax: Where.
        draws: Shape (quantity, draw).
        places: Shape (quantity,). Their heights.
        prob: Of the outer interval; None takes `bi.options.interval`, which gives both kinds.
        colour: Of all marks.
        size: Of the points.
    """
    kind, outer = options.interval_with(prob)
    thin, thick = 0.25 * size, 0.6 * size
    for probability, width in ((outer, thin), (min(INNER, outer), thick)):
        lower, upper = interval(draws.T, kind, probability)
        ax.hlines(places, lower, upper, color=colour, linewidth=width)
    ax.plot(
        draws.mean(axis=1), places, "o", color=colour, markersize=size, markeredgecolor="white",
        markeredgewidth=0.7, zorder=3,
    )  # fmt: skip


def interval_words(prob: float | None = None, what: str = "credible interval") -> str:
    """Names the outer interval: its probability and its kind.

    Example:
        >>> interval_words(0.9)
        '90% credible interval (ETI)'
    """
    kind, outer = options.interval_with(prob)
    return f"{percent(outer)} {what} ({kind.upper()})"


def eye_words(prob: float | None = None) -> str:
    """The caption of points with two intervals."""
    thin = interval_words(prob)
    return f"Points: posterior means; thick lines: {percent(INNER)}, thin lines: {thin}."
