"""Tables of a discontinuity: jumps by window, where there should be none, and beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from causal.discontinuity.bandwidth import LEAST, optimal_bandwidths
from causal.discontinuity.curve import Curve
from causal.discontinuity.density import density_jump
from causal.discontinuity.jump import Jump, default_jump, jump_at_zero
from causal.discontinuity.robust import least_squares_jump, robust_jump

if TYPE_CHECKING:
    import pandas as pd

PLACEBO_SHARES = (0.25, 0.5, 0.75)
"""Quantiles of each side at which there should be no jump."""

DONUTS = (0.02, 0.05, 0.1, 0.2)
"""Shares of the window next to the cutoff that are left out in turn."""


def bandwidth_table(jumps: Mapping[float, Jump]) -> pd.DataFrame:
    """Lists the jump of the outcome in windows of several widths.

    Args:
        jumps: Jumps by window.
    """
    import pandas as pd

    lines = [
        (width, jump.centre[0], jump.sd[0], jump.below.rows, jump.above.rows)
        for width, jump in jumps.items()
    ]
    frame = pd.DataFrame(lines, columns=["bandwidth", "jump", "sd", "rows below", "rows above"])
    return frame.set_index("bandwidth")


def least_squares_table(
    x: np.ndarray, y: np.ndarray, widths: Iterable[float], degree: int
) -> pd.DataFrame:
    """Lists the jump of the outcome by least squares in several windows, with HC1 errors.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
        widths: The windows.
        degree: Of the polynomial.
    """
    import pandas as pd

    lines = [(width, *least_squares_jump(x, y, width, degree)) for width in widths]
    return pd.DataFrame(lines, columns=["bandwidth", "jump", "error"]).set_index("bandwidth")


def frequentist_table(x: np.ndarray, y: np.ndarray, treatment: np.ndarray | None) -> pd.DataFrame:
    """Estimates the jump as the frequentist literature does, to stand beside the posterior.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
        treatment: (n,) treatments of a fuzzy design.

    Returns:
        A frame with one line, `conventional corrected error lower upper bandwidth
        bias_bandwidth`: local lines with a triangular kernel, robust 95 % interval.
    """
    import pandas as pd

    found = robust_jump(x, y, optimal_bandwidths(x, y), treatment)
    line = {
        "conventional": found.conventional,
        "conventional error": found.conventional_error,
        "corrected": found.corrected,
        "robust error": found.robust_error,
        "lower": found.interval[0],
        "upper": found.interval[1],
        "bandwidth": found.bandwidths.effect,
        "bias bandwidth": found.bandwidths.bias,
    }
    return pd.DataFrame([line], index=pd.Index(["robust bias correction"], name="method"))


def placebo_table(x: np.ndarray, y: np.ndarray, cutoff: float, sign: int) -> pd.DataFrame:
    """Looks for jumps of the outcome within each side, where the treatment does not change.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
        cutoff: Where position 0 lies in the running variable.
        sign: -1 where positions were turned over.

    Returns:
        A frame indexed by placebo cutoff, with columns `jump sd tail`.
    """
    lines = {}
    for side in (x < 0, x >= 0):
        for place in np.unique(np.quantile(x[side], PLACEBO_SHARES)):
            moved = x[side] - place
            if min(len(np.unique(moved[moved < 0])), len(np.unique(moved[moved >= 0]))) >= LEAST:
                lines[cutoff + sign * float(place)] = default_jump(moved, y[side])
    return jump_table(lines, "placebo cutoff")


def covariate_table(x: np.ndarray, covariates: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Looks for jumps of what the treatment cannot have changed, at the cutoff itself.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        covariates: (n,) numbers by name.

    Returns:
        A frame indexed by covariate, with columns `jump sd tail`, in sd of the covariate.
    """
    scaled = {name: (values - values.mean()) / values.std() for name, values in covariates.items()}
    return jump_table({name: default_jump(x, values) for name, values in scaled.items()}, "column")


def donut_table(x: np.ndarray, y: np.ndarray, width: float, curve: Curve) -> pd.DataFrame:
    """Leaves out the rows next to the cutoff, where sorting would show first.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
        width: The window.
        curve: What the outcomes may look like.

    Returns:
        A frame indexed by the distance left out, with columns `jump sd tail`.
    """
    window = min(width, float(np.abs(x).max()))
    lines = {}
    for share in DONUTS:
        kept = np.abs(x) >= share * window
        sides = [np.unique(x[kept & side & (np.abs(x) <= window)]) for side in (x < 0, x >= 0)]
        if not kept.all() and min(map(len, sides)) >= LEAST:
            lines[share * window] = jump_at_zero(x[kept], y[kept, None], width, curve)
    return jump_table(lines, "left out")


def density_table(x: np.ndarray) -> pd.DataFrame:
    """Compares how dense rows are just above and just below the cutoff; empty if it cannot."""
    import pandas as pd

    found = density_jump(x)
    columns = ["log ratio", "error", "detectable", "rows", "bandwidth"]
    if found is None:
        return pd.DataFrame(columns=columns)
    line = (found.log_ratio, found.error, found.detectable, found.rows, found.bandwidth)
    return pd.DataFrame([line], columns=columns, index=["above / below"])


def binned_means(x: np.ndarray, y: np.ndarray, width: float, bins: int = 20) -> pd.DataFrame:
    """Averages the outcome in bins on each side, none of which spans the cutoff.

    Args:
        x: (n,) positions; those of 0 and above are treated.
        y: (n,) outcomes.
        width: How far bins go.
        bins: How many on each side.

    Returns:
        A frame with columns `position mean rows`.

    Example:
        >>> x = np.array([-0.9, -0.1, 0.0, 0.4])
        >>> binned_means(x, np.array([1.0, 3.0, 5.0, 7.0]), 1.0, 1)["mean"].tolist()
        [2.0, 6.0]
    """
    import pandas as pd

    near = np.abs(x) <= width
    cell = np.clip(np.floor(x[near] / width * bins), -bins, bins - 1)
    frame = pd.DataFrame({"cell": cell, "position": x[near], "mean": y[near]})
    found = frame.groupby("cell").agg(
        position=("position", "mean"), mean=("mean", "mean"), rows=("mean", "size")
    )
    return found.reset_index(drop=True)


def jump_table(jumps: Mapping[object, Jump], index: str) -> pd.DataFrame:
    """Lists jumps of the first outcome with how surprising each would be if there were none."""
    import pandas as pd

    lines = [
        (float(jump.centre[0]), float(jump.sd[0]), float(jump.tail[0])) for jump in jumps.values()
    ]
    labels = pd.Index(list(jumps), name=index)
    return pd.DataFrame(lines, columns=["jump", "sd", "tail"], index=labels)
