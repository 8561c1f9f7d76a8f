"""Pictures of a discontinuity: binned means with both curves, and the jump by window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from causal.answer import Picture
from causal.discontinuity.jump import Jump

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BELOW, ABOVE = "#57606a", "#08519c"


def draw_curve(
    means: pd.DataFrame, jump: Jump, names: tuple[str, str], cutoff: float, sign: int, axes: Axes
) -> None:
    """Draws binned means and the two curves that end at the cutoff."""
    most = float(np.max(np.asarray(means["rows"], float), initial=1.0))
    for side, limit, colour in ((-1, jump.below, BELOW), (1, jump.above, ABOVE)):
        chosen = means.loc[side * means["position"] >= 0]
        axes.scatter(
            cutoff + sign * chosen["position"],
            chosen["mean"],
            s=8 + 30 * np.asarray(chosen["rows"], float) / most,
            color=colour,
            alpha=0.6,
        )
        places = np.linspace(0.0, limit.reach, len(limit.path))
        axes.plot(cutoff + sign * side * places, limit.path[:, 0], color=colour)
    axes.axvline(cutoff, color="#57606a", linewidth=1, linestyle=":")
    axes.set_xlabel(names[0], parse_math=False)
    axes.set_ylabel(names[1], parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)


def curve_picture(
    means: pd.DataFrame, jump: Jump, names: tuple[str, str], cutoff: float, sign: int
) -> Picture:
    """Draws binned means and the posterior mean curve on each side.

    Args:
        means: See `binned_means`.
        jump: What was fitted.
        names: The running variable and the outcome.
        cutoff: Where position 0 lies in the running variable.
        sign: -1 where positions were turned over.
    """
    return Picture(
        f"Means of {names[1]} in bins of {names[0]}, with the posterior mean curve on each side "
        "of the cutoff; large points stand for many rows.",
        f"Scatter of binned means with two curves that end at the cutoff {cutoff:.4g}.",
        partial(draw_curve, means, jump, names, cutoff, sign),
    )


def draw_bandwidths(table: pd.DataFrame, chosen: float, axes: Axes) -> None:
    """Draws one interval for each bandwidth."""
    axes.errorbar(
        table.index.to_numpy(),
        table["jump"],
        yerr=1.96 * table["sd"],
        fmt="o",
        color=ABOVE,
        ecolor="#9ecae1",
    )
    axes.axvline(chosen, color=BELOW, linewidth=1, linestyle=":")
    axes.axhline(0.0, color=BELOW, linewidth=1)
    axes.set_xlabel("bandwidth")
    axes.set_ylabel("jump")
    axes.spines[["top", "right"]].set_visible(False)


def bandwidth_picture(table: pd.DataFrame, chosen: float) -> Picture:
    """Draws the jump by the width of the window.

    Args:
        table: See `bandwidth_table`.
        chosen: The window of the headline.
    """
    return Picture(
        "The jump by the width of the window, with 95% intervals; the dotted line is the window "
        "of the answer.",
        "Points with intervals, one for each bandwidth; the table of bandwidths has the numbers.",
        partial(draw_bandwidths, table, chosen),
    )
