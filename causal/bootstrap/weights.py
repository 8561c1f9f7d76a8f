"""How rows are weighed, and whether a few of them carry everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.bootstrap.propensity import Arms, Propensity

if TYPE_CHECKING:
    import pandas as pd

HEAVY, HEAVIEST = 0.05, 0.20
"""Shares of an arm's weight on one row: above the first it needs care, above the second the answer
is about that row. Conventions."""

THIN, THINNEST = 0.25, 0.05
"""Effective rows of an arm as a share of the rows of the smallest arm, below which weighting wastes
most of what there is to compare. Conventions."""

ALIKE, APART = 0.10, 0.25
"""Differences of means after weighting, in standard deviations: below the first the arms are alike,
above the second the answer compares unlike rows. Conventions; Austin (2009) has the first."""

MANY = 0.05
"""Share of rows left out above which their absence is a warning; a convention."""

TORN = 1.0
"""Robust sds between mean and median of draws above which the mean is of a few draws. A
convention."""

FEW, FEWEST = 50, 20
"""Effective rows of an arm below which its average is roughly, and hardly, known. Conventions."""


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
    worst, heavy = int(np.argmin(effective)), int(np.argmax(carried))
    # Controls unlike any treated row are rightly given no weight, however many there are.
    least = float(effective[worst] / rows.min())
    evidence = {
        "effective_share": least,
        "effective_rows": float(effective[worst]),
        "largest_share": float(carried[heavy]),
        "largest_weight": float(sizes.max()),
    }
    bad = least < THINNEST or carried[heavy] > HEAVIEST or effective[worst] < FEWEST
    doubtful = least < THIN or carried[heavy] > HEAVY or effective[worst] < FEW
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


def weighted_balance(arms: Arms, chances: np.ndarray) -> pd.DataFrame:
    """How far the weighted arms are from those whom the estimand averages over.

    Args:
        arms: The rows.
        chances: (level, row) chances of each level.

    Returns:
        A frame with one line per column of the treatment's model and one column per level: the
        weighted mean of that arm minus the mean that is aimed at, in standard deviations of all
        rows; the largest first.

    Source:
        Austin and Stuart (2015), Statistics in Medicine 34.
    """
    import pandas as pd

    columns = arms.basis.matrix @ arms.basis.triangle
    spread = columns.std(axis=0)
    varying = spread > 1e-9 * np.abs(columns).max(axis=0, initial=0.0)
    columns, spread = columns[:, varying], spread[varying]
    tilt = arms.estimand.tilt(chances)
    aim = tilt @ columns / tilt.sum()
    lines = {}
    for position, label in enumerate(arms.labels):
        rows = arms.of(position)
        weights = tilt[rows] / chances[position, rows]
        lines[label] = (weights @ columns[rows] / weights.sum() - aim) / spread
    names = [name for name, kept in zip(arms.names, varying, strict=True) if kept]
    frame = pd.DataFrame(lines, index=pd.Index(names, name="column"))
    return frame.iloc[np.argsort(-frame.abs().max(axis=1).to_numpy(), kind="stable")]


def judge_weighted_balance(frame: pd.DataFrame) -> tuple[bi.Finding, ...]:
    """Says whether weighting made the arms alike in what the treatment's model holds.

    Weights alone do not show it: where each row's arm is certain, all of them are one.

    Args:
        frame: Differences, as of `weighted_balance`.

    Source:
        Austin (2009), Statistics in Medicine 28, for the limit of 0.1.
    """
    if not len(frame):
        return ()
    largest = float(frame.abs().to_numpy().max())
    severity = "good" if largest < ALIKE else "warning" if largest < APART else "bad"
    return (
        bi.Finding(
            f"After weighting the arms differ most in '{frame.index[0]}', by {largest:.2g} "
            f"standard deviations (limit {ALIKE}).",
            severity,
            "weighted-balance",
            {"largest_difference": largest},
            ""
            if severity == "good"
            else "The treatment's model cannot make the arms alike: leave out rows without "
            "counterparts, ask for causal.ATO(), or change its terms.",
        ),
    )


def judge_rows(frame: object, arms: Arms) -> tuple[bi.Finding, ...]:
    """Says how many rows were left out for missing values, and whom the answer is about.

    Args:
        frame: The data as the user has them.
        arms: The rows that are used.
    """
    before = bi.Table.read(frame, [arms.treatment]).n
    share = 1 - len(arms.codes) / before
    if share == 0:
        return ()
    return (
        bi.Finding(
            f"{before - len(arms.codes)} of {before} rows were left out, because a value of theirs "
            "is missing. The effect is that in the rows that are left.",
            "warning" if share > MANY else "note",
            "missing-rows",
            {"share": share},
            "If missing says something about treatment and outcome, these rows are a selection.",
        ),
    )


def judge_draws(draws: np.ndarray) -> tuple[bi.Finding, ...]:
    """Says whether a few draws lie so far out that the mean of all is not about the effect.

    Args:
        draws: (chain, draw) draws of the effect.
    """
    low, middle, high = np.quantile(draws, (0.25, 0.5, 0.75))
    # Half the draws of a Normal distribution lie within 0.6745 sds of its mean.
    spread = float(high - low) / (2 * 0.6745)
    apart = abs(float(draws.mean() - middle))
    if apart <= TORN * spread:
        return ()
    return (
        bi.Finding(
            f"A few draws carry the average: their mean is {draws.mean():.4g}, their median "
            f"{middle:.4g}, which is more than one robust standard deviation ({spread:.2g}) away.",
            "bad",
            "draws-far-out",
            {"difference": apart, "robust_sd": spread},
            "Read the median, leave out rows without counterparts, or use an outcome model.",
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
