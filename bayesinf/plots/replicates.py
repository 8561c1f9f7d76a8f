"""The data against data that the model replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesinf.criticism.predictive import replicate
from bayesinf.numerics.intervals import interval
from bayesinf.options import options
from bayesinf.plots.marks import density, interval_words
from bayesinf.plots.style import BLUE, INK, describe, panels
from bayesinf.posterior.posterior import Posterior

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES = 50
"""Replicated data sets that are drawn as densities."""

SETS = 200
"""Replicated data sets behind the intervals of counts."""

MOST_VALUES = 40
"""Different counts up to which each has its bar; more are drawn as densities."""

LARGEST_SAMPLE = 20_000
"""Rows from which densities are estimated."""


def plot_predictive(posterior: Posterior) -> Figure:
    """Draws the distribution of the outcomes beside that of replicated data sets."""
    figure, axes = panels(1, 1, 6.4, 3.4)
    ax = axes[0, 0]
    outcome = posterior.model.formula.response.expression
    response = posterior.model.design.response
    if posterior.model.family.discrete and len(np.unique(response)) <= MOST_VALUES:
        sets = _bars(ax, posterior)
        what = interval_words(what="predictive interval")
        caption = f"Bars: data. Points and lines: mean and {what} of {sets} replicated data sets."
        ax.set_ylabel("number of rows")
    else:
        sets = _curves(ax, posterior)
        caption = f"Dark line: data. Light lines: {sets} data sets replicated by the model."
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.set_ylabel("density")
    ax.set_xlabel(outcome)
    ax.legend(loc="upper right")
    describe(figure, f"Does the model reproduce '{outcome}'?", caption)
    return figure


def _replicated(posterior: Posterior, count: int) -> np.ndarray:
    """Replicated data sets (data set, row), for at most `LARGEST_SAMPLE` evenly spaced rows."""
    total = len(posterior.model.design.response)
    step = -(-total // LARGEST_SAMPLE)
    parts = []
    for rows, outcomes in replicate(posterior, count):
        parts.append(outcomes[:, (-rows.start) % step :: step])
    return np.concatenate(parts, axis=1)


def _curves(ax: Axes, posterior: Posterior) -> int:
    outcomes = _replicated(posterior, CURVES)
    for place, values in enumerate(outcomes):
        label = "replicated" if place == 0 else None
        ax.plot(*density(values), color=BLUE, alpha=0.25, linewidth=0.7, label=label)
    response = posterior.model.design.response
    ax.plot(*density(response), color=INK, linewidth=1.8, label="data")
    # A few wild replicates of a heavy-tailed model must not squeeze the data into a needle.
    low, high = np.quantile(outcomes, [0.0005, 0.9995])
    margin = 0.05 * (high - low)
    ax.set_xlim(min(low, response.min()) - margin, max(high, response.max()) + margin)
    ax.set_ylim(bottom=0)
    return len(outcomes)


def _bars(ax: Axes, posterior: Posterior) -> int:
    """Frequencies of counts, with what replicated data sets have (Kleiber and Zeileis 2016)."""
    outcomes = _replicated(posterior, SETS)
    response = posterior.model.design.response
    highest = int(max(response.max(), np.quantile(outcomes, 0.995)))
    counts = np.arange(min(highest, 3 * MOST_VALUES) + 1)
    scale = len(response) / outcomes.shape[1]
    frequencies = np.stack([(outcomes == count).sum(axis=1) for count in counts], axis=1) * scale
    observed = np.array([(response == count).sum() for count in counts])
    lower, upper = interval(frequencies, *options.interval)
    ax.bar(counts, observed, width=0.8, color="#d0d7de", label="data")
    ax.vlines(counts, lower, upper, color=BLUE, linewidth=1.6)
    ax.plot(counts, frequencies.mean(axis=0), "o", color=BLUE, markersize=4, label="replicated")
    if len(counts) <= 15:
        ax.set_xticks(counts)
    return len(outcomes)
