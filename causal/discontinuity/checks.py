"""What can be found out about the assumptions of a discontinuity, as findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi

if TYPE_CHECKING:
    import pandas as pd

DOUBT, FAILURE = 0.05, 0.001
"""Tail probabilities below which a check warns, and fails; over all jumps of a check together."""

POWER = 2.8
"""Standard errors of an effect that a test at 5 % notices with probability 0.8."""

BLIND = 5.0
"""Ratio of densities that a check has to be able to notice, to be called one."""

WEAK = 10.0
"""First-stage F below which a ratio needs care; Staiger and Stock (1997)."""

UNKNOWN = 3.84
"""First-stage F below which the ratio's denominator may be zero (95 %)."""


def judge_density(table: pd.DataFrame, running: str) -> bi.Finding:
    """Judges whether rows crowd on one side of the cutoff."""
    if table.empty or float(table["detectable"].iloc[0]) > BLIND:
        return bi.Finding(
            f"Too few rows with distinct values of {running} lie near the cutoff to tell whether "
            "rows crowd on one side of it.",
            "note",
            "density-untested",
            {},
            f"Find out by other means whether {running} could be influenced.",
        )
    line = table.iloc[0]
    ratio, score = float(np.exp(line["log ratio"])), float(line["log ratio"] / line["error"])
    told = (
        f"Rows are {ratio:.2f} times as dense just above the cutoff as just below (z = "
        f"{score:.1f}); a ratio of {line['detectable']:.2f} would have been noticed with "
        "probability 0.8. Sorting that leaves the density smooth cannot be seen."
    )
    evidence = {"ratio": ratio, "z": score, "detectable": float(line["detectable"])}
    if abs(score) <= 1.96:
        return bi.Finding(told, "good", "density", evidence)
    severe = abs(score) > 3.3 and abs(np.log(ratio)) > 0.4
    return bi.Finding(
        told,
        "bad" if severe else "warning",
        "density",
        evidence,
        f"Ask who could choose {running}, or which rows were lost on one side.",
    )


def judge_covariates(table: pd.DataFrame) -> bi.Finding:
    """Judges whether what the treatment cannot change jumps at the cutoff."""
    if table.empty:
        return bi.Finding(
            "No column measured before the treatment was given, so that it could not be checked "
            "whether people differ on the two sides.",
            "note",
            "covariate-jumps",
            {},
            "Name some: covariates=(...).",
        )
    return judge_jumps(
        table,
        "covariate-jumps",
        "sd",
        1.0,
        "Rows just above and just below differ in more than the treatment; find out why.",
        what="column",
    )


def judge_placebos(table: pd.DataFrame, size: float) -> bi.Finding | None:
    """Judges whether the outcome jumps where the treatment does not change.

    Args:
        table: See `placebo_table`.
        size: The jump at the cutoff itself.
    """
    if table.empty:
        return None
    return judge_jumps(
        table,
        "placebo-cutoffs",
        "times the jump at the cutoff itself",
        abs(size),
        "The curve jumps or bends more than is allowed for; draw it, and try other windows.",
        what="placebo cutoff",
    )


def judge_jumps(
    table: pd.DataFrame, code: str, unit: str, scale: float, remedy: str, what: str
) -> bi.Finding:
    """Judges jumps that should be zero, all of a table together (Bonferroni)."""
    tails, jumps, sds = (table[name].to_numpy(float) for name in ("tail", "jump", "sd"))
    worst = int(np.argmin(tails))
    tail = float(min(1.0, tails[worst] * len(table)))
    label, size = table.index[worst], float(jumps[worst]) / scale
    power = POWER * float(np.median(sds)) / scale
    shown = f"{label:.4g}" if isinstance(label, float) else f"'{label}'"
    several = f"Of {len(table)} {what}s," if len(table) > 1 else f"The one {what},"
    told = (
        f"{several} {shown} shows the clearest jump, of {size:.2g} {unit} (tail probability "
        f"{tail:.2g}, all together); a jump of {power:.2g} {unit} would have been noticed with "
        "probability 0.8."
    )
    evidence = {"tail": tail, "size": size, "detectable": power}
    if tail >= DOUBT:
        return bi.Finding(told, "good", code, evidence)
    severe = tail < FAILURE and abs(size) > 0.5
    return bi.Finding(told, "bad" if severe else "warning", code, evidence, remedy)


def judge_donut(table: pd.DataFrame, size: float, sd: float) -> bi.Finding | None:
    """Judges whether the jump depends on the rows next to the cutoff."""
    if table.empty:
        return None
    # Leaving rows out loses precision; what is left over beyond that speaks against the rows.
    jumps, sds = table["jump"].to_numpy(float), table["sd"].to_numpy(float)
    moves = (jumps - size) / np.sqrt(np.maximum(sds**2 - sd**2, 0.25 * sd**2))
    worst = int(np.argmax(np.abs(moves)))
    move = float(moves[worst])
    told = (
        f"Without the rows within {table.index[worst]:.3g} of the cutoff the jump is "
        f"{jumps[worst]:.3g} instead of {size:.3g}, {abs(move):.1f} sd of what chance would change."
    )
    evidence = {"largest_move": move}
    if abs(move) <= 2.5:
        return bi.Finding(told, "good", "donut", evidence)
    remedy = "Look at the rows next to the cutoff: rounding, or people who moved across it."
    return bi.Finding(told, "warning", "donut", evidence, remedy)


def judge_bandwidths(table: pd.DataFrame, interval: tuple[float, float]) -> bi.Finding | None:
    """Judges whether the jump depends on the width of the window."""
    if len(table) < 2:
        return None
    jumps, widths = table["jump"].to_numpy(float), table.index.to_numpy(float)
    low, high, first, last = (
        float(value) for value in (jumps.min(), jumps.max(), widths.min(), widths.max())
    )
    inside = interval[0] <= low and high <= interval[1]
    told = (
        f"In windows from {first:.3g} to {last:.3g} the jump goes from {low:.3g} to {high:.3g}, "
        f"{'within' if inside else 'beyond'} its 95% interval in the default window."
    )
    remedy = "effects('bandwidth') lists them all."
    severity = "good" if inside else "warning"
    return bi.Finding(told, severity, "bandwidths", {"low": low, "high": high}, remedy)


def judge_robust(table: pd.DataFrame, mean: float) -> bi.Finding:
    """Sets the posterior beside the robust interval of the frequentist literature."""
    line = table.iloc[0]
    inside = bool(line["lower"] <= mean <= line["upper"])
    return bi.Finding(
        f"Beside it, with robust bias correction: {line['corrected']:.4g}, 95% confidence interval "
        f"[{line['lower']:.4g}, {line['upper']:.4g}] (bandwidth {line['bandwidth']:.4g}), which "
        f"{'holds' if inside else 'does not hold'} the posterior mean.",
        "note" if inside else "warning",
        "robust-interval",
        {name: float(line[name]) for name in ("corrected", "lower", "upper", "bandwidth")},
        "Where the two differ, say both: they weigh rows differently.",
    )


def judge_first_stage(jump: float, sd: float, treatment: str) -> bi.Finding:
    """Judges whether the treatment jumps enough to divide by."""
    strength = (jump / sd) ** 2 if sd > 0 else np.inf
    told = f"{treatment} jumps by {jump:.3g} at the cutoff (F = {min(strength, 1e6):.4g}"
    evidence = {"jump": jump, "f": float(min(strength, 1e6))}
    if strength >= WEAK:
        return bi.Finding(f"{told}).", "good", "weak-first-stage", evidence)
    if strength >= UNKNOWN:
        return bi.Finding(
            f"{told}, less than {WEAK:g}): the ratio's posterior has long tails.",
            "warning",
            "weak-first-stage",
            evidence,
            "Read the interval, not the mean.",
        )
    return bi.Finding(
        f"{told}, less than {UNKNOWN}): it may not jump at all, and dividing by it says nothing.",
        "bad",
        "weak-first-stage",
        evidence,
        "Ask for the effect of crossing the cutoff instead: treatment=None.",
    )


def judge_variation(spreads: tuple[float, float], outcome: str) -> bi.Finding | None:
    """Judges whether the outcome varies on both sides of the cutoff.

    Args:
        spreads: The outcome's standard deviations below and above, within the window.
        outcome: Its column.
    """
    if min(spreads) > 0:
        return None
    return bi.Finding(
        f"Within the window {outcome} has one value on one side of the cutoff: its limit there "
        "counts as certain, and the interval is too narrow.",
        "warning",
        "no-variation",
        {"below": spreads[0], "above": spreads[1]},
        "Ask for a wider bandwidth.",
    )


def judge_positions(x: np.ndarray, width: float, running: str) -> bi.Finding | None:
    """Judges whether enough distinct values lie near the cutoff to speak of a limit."""
    near = x[np.abs(x) <= width]
    below, above = len(np.unique(near[near < 0])), len(np.unique(near[near >= 0]))
    evidence = {"below": float(below), "above": float(above), "rows": float(len(near))}
    if min(below, above) < 10:
        return bi.Finding(
            f"{running} has only {below} distinct values below and {above} above the cutoff in the "
            "window: the limit is the polynomial's more than the data's.",
            "warning",
            "distinct-values",
            evidence,
            "Use a finer measurement of it, if there is one.",
        )
    if len(np.unique(near)) < 0.8 * len(near):
        return bi.Finding(
            f"{len(near)} rows in the window share {below + above} distinct values of {running}.",
            "note",
            "distinct-values",
            evidence,
            "Rows of one value count as independent; if they are not, intervals are too narrow.",
        )
    return None
