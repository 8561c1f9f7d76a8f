"""Averages of cohort-time effects: over everything, by event time, by cohort, by calendar time."""

from __future__ import annotations

from typing import Literal

import numpy as np

from causal.staggered.cells import Cells

type Average = Literal["simple", "event time", "cohort", "calendar time"]
"""How treated cells are averaged: all alike, or first within what is named."""

AVERAGES: tuple[Average, ...] = ("simple", "event time", "cohort", "calendar time")


def labels_of(cells: Cells, over: Average) -> np.ndarray:
    """(cell,) what each cell is averaged within; one label for the simple average."""
    if over == "event time":
        return cells.event_time
    if over == "cohort":
        return cells.cohort
    if over == "calendar time":
        return cells.time
    return np.zeros(len(cells), dtype=int)


def average_within(
    cells: Cells, over: Average, shares: np.ndarray, effects: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Averages effects within each label, cells weighing as many units as their cohorts have.

    Args:
        cells: The cells.
        over: What they are averaged within.
        shares: (draw, cell) sizes of the cells' cohorts, in any unit.
        effects: (draw, cell) effects.

    Returns:
        (label,) labels, sorted, and (draw, label) averages.
    """
    of = labels_of(cells, over)
    labels = np.unique(of)
    within = (of[:, None] == labels).astype(float)
    return labels, ((shares * effects) @ within) / (shares @ within)


def average(cells: Cells, over: Average, shares: np.ndarray, effects: np.ndarray) -> np.ndarray:
    """Averages effects into one number per draw.

    Args:
        cells: The treated cells.
        over: "simple" lets every treated unit and time count alike, so early cohorts count most.
            "event time" and "calendar time" average within these times first, which then count
            alike. "cohort" averages within cohorts first, which then count by their sizes: every
            treated unit alike, however long it was observed.
        shares: (draw, cell) sizes of the cells' cohorts, in any unit.
        effects: (draw, cell) effects.

    Returns:
        (draw,) averages.

    Source:
        Callaway and Sant'Anna (2021), table 1: the aggregates that `did` calls simple, dynamic,
        group and calendar.

    Example:
        >>> cells = Cells(np.array([1, 1, 2]), np.array([1, 2, 2]), np.array([0, 0, 1]))
        >>> shares, effects = np.array([[2.0, 2.0, 1.0]]), np.array([[1.0, 4.0, 3.0]])
        >>> average(cells, "simple", shares, effects), average(cells, "cohort", shares, effects)
        (array([2.6]), array([2.66666667]))
    """
    return (average_weights(cells, over, shares) * effects).sum(axis=1)


def average_weights(cells: Cells, over: Average, shares: np.ndarray) -> np.ndarray:
    """(draw, cell) weights by which `average` adds effects up.

    Args:
        cells: The treated cells.
        over: How they are averaged.
        shares: (draw, cell) sizes of the cells' cohorts.
    """
    of = labels_of(cells, over)
    labels, at, counts = np.unique(of, return_inverse=True, return_counts=True)
    if over == "cohort":
        # Cells of one cohort have one size, so that these weights add up to one.
        within = shares / counts[at]
        return within / within.sum(axis=1, keepdims=True)
    within = (of[:, None] == labels).astype(float)
    return shares / (shares @ within)[:, at] / len(labels)
