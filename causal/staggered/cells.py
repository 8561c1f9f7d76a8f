"""Cohorts by times: which effects there are, and which outcomes each is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from causal.panel import Panel


@dataclass(frozen=True, eq=False)
class Cells:
    """Pairs of a cohort and a time, each with the time that it is compared with.

    A cohort is the units that were first treated at one time; all are positions in the times.

    Attributes:
        cohort: (cell,) first treated time.
        time: (cell,) time of the outcome.
        base: (cell,) time that the outcome's change is counted from.
    """

    cohort: np.ndarray
    time: np.ndarray
    base: np.ndarray

    def __len__(self) -> int:
        return len(self.cohort)

    @property
    def event_time(self) -> np.ndarray:
        """(cell,) times since the first treated time; below zero before it."""
        return self.time - self.cohort

    def take(self, cells: np.ndarray) -> Cells:
        """Some of the cells, by a mask or positions."""
        return Cells(self.cohort[cells], self.time[cells], self.base[cells])


def make_cells(pairs: list[tuple[int, int, int]]) -> Cells:
    """Cells of (cohort, time, base), in the given order."""
    table = np.array(pairs, dtype=int).reshape(-1, 3)
    return Cells(table[:, 0], table[:, 1], table[:, 2])


def effect_cells(panel: Panel, anticipation: int) -> Cells:
    """The treated cells, against the last time at which a cohort could not yet react.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.

    Example:
        >>> panel = Panel(np.zeros((2, 3)), ("a", "b"), (1, 2, 3), np.array([1, 3]), {})
        >>> cells = effect_cells(panel, 0)
        >>> cells.cohort, cells.time, cells.base
        (array([1, 1]), array([1, 2]), array([0, 0]))
    """
    return make_cells(
        [
            (int(cohort), time, int(cohort) - 1 - anticipation)
            for cohort in panel.cohorts
            for time in range(int(cohort), len(panel.times))
            if cohort - 1 - anticipation >= 0
        ]
    )


def step_cells(panel: Panel, anticipation: int) -> Cells:
    """The cells before treatment, each against the time before it.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.
    """
    return make_cells(
        [
            (int(cohort), time, time - 1)
            for cohort in panel.cohorts
            for time in range(1, int(cohort) - anticipation)
        ]
    )


def path_cells(panel: Panel, anticipation: int) -> Cells:
    """All cells but the bases themselves, before treatment and after, against one base each.

    Args:
        panel: The units and times.
        anticipation: How many times before treatment a unit may react to it.
    """
    return make_cells(
        [
            (int(cohort), time, base)
            for cohort in panel.cohorts
            for time in range(len(panel.times))
            if (base := int(cohort) - 1 - anticipation) >= 0 and time != base
        ]
    )
