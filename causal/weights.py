"""How rows are weighed, and whether a few of them carry everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.propensity import Arms, Propensity

if TYPE_CHECKING:
    import pandas as pd

HEAVY, HEAVIEST = 0.05, 0.20
"""Shares of an arm's weight on one row: above the first it needs care, above the second the answer
is about that row. Conventions."""

THIN, THINNEST = 0.25, 0.05
"""Effective rows as a share of an arm's rows, below which weighting wastes most of them."""

FEWEST = 20
"""Effective rows of an arm below which its average is hardly known."""


def judge_propensity(propensity: Propensity) -> tuple[bi.Finding, ...]:
    """Says where the treatment's model had no answer: some rows had one arm only, for certain."""
    if propensity.penalty is None:
        return ()
    arms = propensity.arms
    return (
        bi.Finding(
            f"The model of {arms.treatment} separates the arms: for some rows it is certain which "
            "arm they are in, so maximum likelihood has no answer and a weakly informative prior "
            "(Normal, sd 2.5 per sd of a column) chose one.",
            "warning",
            "separation",
            {"separated": 1.0},
            "Leave out the levels or the stretches that only one arm has, or ask for "
            "causal.ATO(), which gives those rows no weight.",
        ),
    )


def weight_frame(arms: Arms, chances: np.ndarray) -> pd.DataFrame:
    """How the rows of each arm are weighed, with all rows weighing alike in the bootstrap.

    Args:
        arms: The rows.
        chances: (level, row) chances of each level.

    Returns:
        A frame with one line per level and columns `rows effective largest_share mean largest
        stabilised_mean stabilised_largest`: the weights as they are (one over the chance, times
        the estimand's tilt), and times the share of the arm.
    """
    import pandas as pd

    lines = []
    for position in range(len(arms.labels)):
        rows = arms.of(position)
        weights = arms.estimand.tilt(chances)[rows] / chances[position, rows]
        steady = weights * len(rows) / len(arms.codes)
        lines.append(
            {
                "rows": len(rows),
                "effective": np.square(weights.sum()) / np.square(weights).sum(),
                "largest_share": weights.max() / weights.sum(),
                "mean": weights.mean(),
                "largest": weights.max(),
                "stabilised_mean": steady.mean(),
                "stabilised_largest": steady.max(),
            }
        )
    return pd.DataFrame(lines, index=pd.Index(list(arms.labels), name=arms.treatment))


def judge_weights(arms: Arms, frame: pd.DataFrame) -> bi.Finding:
    """Says whether few rows carry the weight of an arm.

    Args:
        arms: The rows.
        frame: How they are weighed, as of `weight_frame`.

    Source:
        Kish (1965), Survey Sampling, section 11.7, for the effective number of rows.
    """
    rows, effective = frame["rows"].to_numpy(float), frame["effective"].to_numpy(float)
    carried, sizes = frame["largest_share"].to_numpy(float), frame["largest"].to_numpy(float)
    worst, heavy = int(np.argmin(effective / rows)), int(np.argmax(carried))
    least = float(effective[worst] / rows[worst])
    evidence = {
        "effective_share": least,
        "effective_rows": float(effective.min()),
        "largest_share": float(carried[heavy]),
        "largest_weight": float(sizes.max()),
    }
    bad = least < THINNEST or carried[heavy] > HEAVIEST
    doubtful = least < THIN or carried[heavy] > HEAVY or effective.min() < FEWEST
    severity = "bad" if bad else "warning" if doubtful else "good"
    return bi.Finding(
        f"Weighting leaves {effective[worst]:.0f} effective rows of the {rows[worst]:.0f} with "
        f"{arms.treatment} = {arms.labels[worst]!r}; the heaviest row of an arm (weight "
        f"{sizes[heavy]:.3g}) carries {carried[heavy]:.1%} of it.",
        severity,
        "weights",
        evidence,
        ""
        if severity == "good"
        else "Ask for causal.ATO(), which weighs by overlap, leave out "
        "rows without counterparts, or use an outcome model.",
    )


def judge_rows(model: bi.Model) -> tuple[bi.Finding, ...]:
    """Says how many rows were dropped for missing values."""
    missing = model.design.missing
    share = 1 - missing.n_after / missing.n_before
    if share == 0:
        return ()
    return (
        bi.Finding(
            f"{missing.sentence()} The effect is that in the rows that are left.",
            "warning" if share > 0.05 else "note",
            "missing-rows",
            {"share": share},
            "If missing says something about treatment and outcome, these rows are a selection.",
        ),
    )


def judge_smooth(smooth: float) -> tuple[bi.Finding, ...]:
    """Says in how many draws the treatment's model had no answer though it had one for the rows."""
    if smooth == 1:
        return ()
    return (
        bi.Finding(
            f"In {1 - smooth:.1%} of the draws the treatment's model was all but separated and "
            "needed a weakly informative prior.",
            "note" if smooth > 0.95 else "warning",
            "separation-of-draws",
            {"share": 1 - smooth},
            "Simplify the treatment's model, or leave out rare levels.",
        ),
    )
