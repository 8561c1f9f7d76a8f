"""Tipping contours: which strengths of a confounder leave which effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causal.answer import Picture
from causal.sensitivity.omitted import bias_factor

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

NAMED = 3
"""Covariates with a name beside their point: the strongest, which the table lists first."""

STEPS = 41
"""Strengths along each axis."""


def contour_table(draws: np.ndarray, scale: float, sign: float, reach: float) -> pd.DataFrame:
    """Computes the effect over a grid of strengths.

    Args:
        draws: (chain, draw) draws of the effect.
        scale: The scale of bias.
        sign: That of the bias.
        reach: The largest partial R2 on either axis.

    Returns:
        A frame with columns `treatment outcome mean above_zero`, one line per point of the grid.
    """
    import pandas as pd

    axis = np.linspace(0.0, reach, STEPS)
    treatment, outcome = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    centre, ordered = float(draws.mean()), np.sort(draws.ravel())
    means = centre - sign * scale * bias_factor(treatment, outcome)
    width = np.sqrt((1 - outcome) / (1 - treatment))
    # An adjusted draw is above zero where the draw itself is above this.
    limits = centre - means / width
    above = 1 - np.searchsorted(ordered, limits, side="right") / len(ordered)
    return pd.DataFrame(
        {"treatment": treatment, "outcome": outcome, "mean": means, "above_zero": above}
    )


def contour_picture(contours: pd.DataFrame, benchmarks: pd.DataFrame, subject: str) -> Picture:
    """Draws the grid as contour lines, with the covariates as points.

    Args:
        contours: As `contour_table` gives them.
        benchmarks: Confounders as strong as the covariates; those one time as strong are drawn.
        subject: What the effect is of, and on what.
    """
    caption = (
        f"What a confounder would leave of the effect of {subject}, by its partial R2 with "
        "treatment and outcome; the thick line is no effect, the points are confounders as strong "
        "as a covariate that was adjusted for."
    )

    def draw(axes: Axes) -> None:
        side = np.unique(contours["treatment"])
        grid = contours["mean"].to_numpy().reshape(len(side), len(side)).T
        lines = axes.contour(side, side, grid, levels=9, colors="#57606a", linewidths=0.8)
        axes.clabel(lines, fontsize=7, fmt="%.3g")
        if grid.min() < 0 < grid.max():
            axes.contour(side, side, grid, levels=[0.0], colors="#cf222e", linewidths=2.2)
        names = ["covariate", "treatment", "outcome"]
        once = benchmarks.loc[benchmarks["times"] == 1, names]
        for rank, (name, treatment, outcome) in enumerate(once.itertuples(index=False)):
            if max(treatment, outcome) > side[-1]:
                continue
            axes.plot(treatment, outcome, "o", color="#08519c", markersize=4)
            if rank >= NAMED:
                continue
            axes.annotate(
                str(name), (treatment, outcome), (3, 3), textcoords="offset points", fontsize=7
            )
        axes.set_xlabel("partial R2 of the confounder with the treatment")
        axes.set_ylabel("partial R2 of the confounder with the outcome")

    return Picture(caption, f"{caption} The table 'contours' holds the same numbers.", draw)
