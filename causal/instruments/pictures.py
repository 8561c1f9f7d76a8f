"""The picture of an effect with instruments: posterior, prior and the robust set."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causal.answer import Picture
from causal.instruments.anderson_rubin import AndersonRubin

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_effect(
    posterior: np.ndarray, prior: np.ndarray, robust_set: AndersonRubin, subject: str, axes: Axes
) -> None:
    """Draws both histograms, and the robust set as a bar."""
    low, high = np.quantile(posterior, [0.005, 0.995])
    edges = np.linspace(low, high, 61)
    axes.hist(posterior, edges, density=True, color="#9ecae1", label="posterior")
    # Shares of all draws, so that what lies outside the picture does not raise what is in it.
    counts = np.histogram(prior, edges)[0] / len(prior) / np.diff(edges)
    axes.stairs(counts, edges, color="#57606a", label="prior")
    for first, last in pieces(robust_set, float(low), float(high)):
        axes.plot([first, last], [0, 0], color="#08519c", linewidth=5)
    axes.axvline(0.0, color="#57606a", linewidth=1)
    axes.set_xlabel(f"effect of {subject}", parse_math=False)
    axes.set_yticks([])
    axes.legend(frameon=False)
    axes.spines[["top", "left", "right"]].set_visible(False)


def effect_picture(
    posterior: np.ndarray, prior: np.ndarray, robust_set: AndersonRubin, subject: str
) -> Picture:
    """Draws the posterior over the prior, with the Anderson-Rubin set below.

    Args:
        posterior: Draws of the effect.
        prior: Draws with silent instruments.
        robust_set: The Anderson-Rubin set.
        subject: What the effect is of, and on what.
    """
    return Picture(
        "The posterior of the effect, and what the same model believes when the instruments are "
        f"silent; the bar is the {100 * robust_set.prob:g}% Anderson-Rubin set.",
        f"Two histograms. {robust_set.sentence()}",
        partial(draw_effect, posterior, prior, robust_set, subject),
    )


def pieces(robust_set: AndersonRubin, low: float, high: float) -> list[tuple[float, float]]:
    """The parts of the set that a picture from low to high shows."""
    lower, upper = max(robust_set.lower, low), min(robust_set.upper, high)
    ends = {
        "empty": [],
        "line": [(low, high)],
        "interval": [(lower, upper)],
        "rays": [(low, min(robust_set.lower, high)), (max(robust_set.upper, low), high)],
    }[robust_set.shape]
    return [(first, last) for first, last in ends if first < last]
