"""How alike the two arms were before anything was adjusted for."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.formula import is_factor
from causal.treatment import Contrast, levels_of

if TYPE_CHECKING:
    import pandas as pd

FALSE_ALARMS = 0.01
"""How often a sound randomisation may be doubted, over all columns together."""


def standardised_differences(
    table: bi.Table, columns: Sequence[str], chosen: np.ndarray
) -> pd.DataFrame:
    """Compares the means of chosen rows with those of the others, in standard deviations.

    Args:
        table: Rows without missing values.
        columns: The columns to compare; each level of a factor has a line of its own.
        chosen: (n,) booleans.

    Returns:
        A frame with columns `chosen others difference`, the largest difference first. Differences
        are in units of the root mean square of the two groups' standard deviations; infinite where
        neither group varies and their means differ.

    Source:
        Austin (2009), Balance diagnostics for comparing the distribution of baseline covariates,
        Statistics in Medicine 28, equations 1 and 2.

    Example:
        >>> table = bi.Table.read({"x": np.arange(8.0)})
        >>> frame = standardised_differences(table, ["x"], table.columns["x"] > 3)
        >>> round(float(frame.loc["x", "difference"]), 2)
        3.58
    """
    import pandas as pd

    lines = {
        name: (float(values[chosen].mean()), float(values[~chosen].mean()), gap(values, chosen))
        for column in columns
        for name, values in amounts(table, column).items()
    }
    frame = pd.DataFrame.from_dict(
        lines, orient="index", columns=["chosen", "others", "difference"], dtype=float
    ).rename_axis("column")
    return frame.sort_values("difference", key=np.abs, ascending=False, kind="stable")


def amounts(table: bi.Table, column: str) -> dict[str, np.ndarray]:
    """Turns a column into named numbers: itself, or one indicator for each level of a factor."""
    values = table.columns[column]
    if not is_factor(table, column):
        return {column: values.astype(float)}
    levels = levels_of(table, column)
    # Of two levels, the second says it all.
    kept = levels[1:] if len(levels) == 2 else levels
    return {f"{column} = {shown(level)}": (values == level).astype(float) for level in kept}


def shown(level: object) -> str:
    """Writes a level: whole numbers without a decimal point."""
    return f"{level:g}" if isinstance(level, float) else str(level)


def gap(values: np.ndarray, chosen: np.ndarray) -> float:
    """The difference of two means over the root mean square of the two standard deviations."""
    difference = float(values[chosen].mean() - values[~chosen].mean())
    spread = float(np.sqrt((values[chosen].var() + values[~chosen].var()) / 2))
    if spread > 0:
        return difference / spread
    return float(np.copysign(np.inf, difference)) if difference else 0.0


def judge_balance(contrast: Contrast, columns: Sequence[str]) -> tuple[bi.Finding, ...]:
    """Says how far the arms differ in what is adjusted for: how much there is to adjust.

    Args:
        contrast: The rows and who was treated.
        columns: What is adjusted for.
    """
    frame = standardised_differences(contrast.table, columns, contrast.received)
    if frame.empty:
        return ()
    differences = frame["difference"].to_numpy()
    name, largest = str(frame.index[0]), float(differences[0])
    return (
        bi.Finding(
            f"Before adjustment the arms differ most in '{name}', by {abs(largest):.2f} standard "
            f"deviations; {np.count_nonzero(np.abs(differences) > 0.1)} of {len(frame)} "
            "columns and levels differ by more than 0.1.",
            "note",
            "balance",
            {"largest_difference": largest},
            "The table 'balance' of the estimate lists them all.",
        ),
    )


def judge_randomisation(contrast: Contrast, columns: Sequence[str]) -> tuple[bi.Finding, ...]:
    """Says whether chance alone explains how the arms differ.

    The largest difference is held against what one of so many differences reaches by chance, with
    sd sqrt(1/n1 + 1/n0) each.

    Args:
        contrast: The rows and who was treated.
        columns: What was measured before the treatment.
    """
    frame = standardised_differences(contrast.table, columns, contrast.received)
    if frame.empty:
        return ()
    differences = frame["difference"].to_numpy()
    treated, control = contrast.counts()
    chance = float(np.sqrt(1 / treated + 1 / control))
    limit = NormalDist().inv_cdf(1 - FALSE_ALARMS / (2 * len(frame))) * chance
    name, largest = str(frame.index[0]), float(differences[0])
    evidence = {"largest_difference": largest, "limit": limit}
    if abs(largest) <= limit:
        return (
            bi.Finding(
                f"The arms are as alike as chance makes them: they differ most in '{name}', by "
                f"{abs(largest):.2f} standard deviations (limit {limit:.2f}).",
                "good",
                "randomisation",
                evidence,
            ),
        )
    return (
        bi.Finding(
            f"The arms differ in '{name}' by {abs(largest):.2f} standard deviations, more than "
            f"chance explains (limit {limit:.2f}).",
            "warning",
            "randomisation",
            evidence,
            "Check how the treatment was assigned, and whether rows were lost after it.",
        ),
    )
