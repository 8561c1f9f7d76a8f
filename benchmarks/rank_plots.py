"""Pictures of calibration: how far the ranks' distribution function lies from the uniform one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bayesinf.criticism.calibration import Calibration
from bayesinf.criticism.uniformity import counts_below
from bayesinf.plots.style import (
    BLUE,
    FAINT,
    ORANGE,
    describe,
    grid_shape,
    hide_rest,
    panels,
    style,
)

LEVEL = 0.01
"""Probability that any line of a panel leaves its band though all ranks are uniform."""


def draw_ranks(engine: str, found: dict[str, Calibration], path: Path) -> None:
    """Draws one panel for each shape, with one line for each quantity, and writes a PNG.

    Args:
        engine: The engine's name.
        found: Calibrations by the name of the shape.
        path: The file.
    """
    with style():
        rows, columns = grid_shape(len(found))
        figure, axes = panels(rows, columns, 2.6 * columns, 2.0 * rows)
        for ax, (shape, calibration) in zip(axes.ravel(), found.items(), strict=False):
            _panel(ax, shape, calibration)
        hide_rest(axes, len(found))
        figure.supxlabel("share of the draws that lie below the truth", fontsize=8.5)
        describe(
            figure,
            f"Calibration of the {engine} engine",
            "Lines: distribution function of the ranks of simulated truths among posterior draws, "
            "less the uniform one; one line for each parameter. Band: where all lines of a panel "
            f"stay with probability {1 - LEVEL:.0%} when ranks are uniform; lines that leave it "
            "are orange and named.",
        )
        figure.savefig(path)


def _panel(ax, shape: str, calibration: Calibration) -> None:
    draws, count = calibration.draws, len(calibration.ranks)
    points = np.arange(1, draws + 1) / (draws + 1)
    shares = counts_below(calibration.ranks, draws) / count - points
    lower, upper = calibration.band(1 - LEVEL / len(calibration.names))
    low, high = lower[:-1] - points, upper[:-1] - points
    ax.fill_between(points, low, high, color=FAINT, alpha=0.18, linewidth=0)
    outside = ((shares < low - 1e-12) | (shares > high + 1e-12)).any(axis=1)
    for line, name, leaves in zip(shares, calibration.names, outside, strict=True):
        ax.plot(points, line, color=ORANGE if leaves else BLUE, linewidth=0.7, alpha=0.8)
        if leaves:
            place = int(np.argmax(np.abs(line)))
            ax.annotate(name, (points[place], line[place]), fontsize=6.5, color=ORANGE)
    ax.set_title(f"{shape} ({count})", fontsize=8.5)
    ax.set_xticks([0, 0.5, 1])
