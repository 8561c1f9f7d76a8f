"""Effects by cohort and time: a cohort's change against that of units not yet treated."""

from __future__ import annotations

from typing import Literal

import numpy as np

from causal.panel import Panel
from causal.staggered.cells import Cells

type Controls = Literal["never", "not yet"]
"""Who a cohort is compared with: units never treated, or these and those treated later."""


def compared_cohorts(panel: Panel, cells: Cells, controls: Controls, anticipation: int) -> list:
    """Which groups of units each cell is compared with.

    Args:
        panel: The units and times.
        cells: The cells.
        controls: Whether units that are treated later may serve until then.
        anticipation: How many times before treatment a unit may react to it.

    Returns:
        For each cell the first treated times of its controls (`len(times)` for never); empty
        where there are none.
    """
    groups = np.unique(panel.first_treated)
    never = len(panel.times)
    if controls == "never":
        return [groups[groups == never] for _ in range(len(cells))]
    last = np.maximum(cells.time, cells.base) + anticipation
    return [
        groups[(groups > late) & (groups != own)]
        for late, own in zip(last.tolist(), cells.cohort.tolist(), strict=True)
    ]


def comparable_cells(panel: Panel, cells: Cells, controls: Controls, anticipation: int) -> Cells:
    """The cells that have enough controls: one more unit than there are covariates.

    Args:
        panel: The units and times.
        cells: The cells.
        controls: Who serves as control.
        anticipation: How many times before treatment a unit may react to it.
    """
    compared = compared_cohorts(panel, cells, controls, anticipation)
    sizes = [np.isin(panel.first_treated, groups).sum() for groups in compared]
    return cells.take(np.array(sizes, dtype=int) > len(panel.covariates))


def cohort_time_effects(
    panel: Panel,
    weights: np.ndarray,
    cells: Cells,
    controls: Controls,
    anticipation: int,
) -> np.ndarray:
    """The change of each cohort since its base, less what controls like it would have gone through.

    With covariates, the controls' change is regressed on the covariates at the base and predicted
    for the cohort (outcome regression); without, it is their mean. Everything is computed from
    weighted sums by cohort, so that thousands of weight vectors cost little more than one.

    Args:
        panel: Units without gaps.
        weights: (draw, unit) weights of the units.
        cells: Cells that have controls.
        controls: Who serves as control.
        anticipation: How many times before treatment a unit may react to it.

    Returns:
        (draw, cell) effects.

    Source:
        Callaway and Sant'Anna (2021), Journal of Econometrics 225, equation 2.7 without the
        propensity score (their `reg`; without covariates all their estimators are the same).

    Example:
        >>> panel = Panel(
        ...     np.array([[1.0, 4.0], [2.0, 3.0]]), ("a", "b"), (1, 2), np.array([1, 2]), {}
        ... )
        >>> cells = Cells(np.array([1]), np.array([1]), np.array([0]))
        >>> cohort_time_effects(panel, np.ones((1, 2)), cells, "never", 0)
        array([[2.]])
    """
    sums = Sums(panel, weights)
    found = np.empty((len(weights), len(cells)))
    compared = compared_cohorts(panel, cells, controls, anticipation)
    for position, groups in enumerate(compared):
        cohort, time, base = (int(of[position]) for of in (cells.cohort, cells.time, cells.base))
        squares, products = sums.at(base)
        own = sums.position[cohort]
        others = [sums.position[int(group)] for group in groups]
        change = products[..., time] - products[..., base]
        slopes = solve(squares[:, others].sum(axis=1), change[:, others].sum(axis=1))
        expected = np.einsum("dk,dk->d", squares[:, own, 0], slopes)
        found[:, position] = (change[:, own, 0] - expected) / squares[:, own, 0, 0]
    return found


class Sums:
    """Weighted sums of products of covariates and outcomes, by group of units.

    Attributes:
        position: Where each group stands, by first treated time.
    """

    def __init__(self, panel: Panel, weights: np.ndarray) -> None:
        groups = np.unique(panel.first_treated).tolist()
        self.position = {group: position for position, group in enumerate(groups)}
        self._panel, self._weights = panel, weights
        self._members = [np.flatnonzero(panel.first_treated == group) for group in groups]
        self._steady = all(
            np.ptp(values, axis=1).max() == 0 for values in panel.covariates.values()
        )
        self._known: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def at(self, base: int) -> tuple[np.ndarray, np.ndarray]:
        """Sums with the covariates as they were at one time.

        Returns:
            (draw, group, k, k) sums of squares of the constant and the covariates, and
            (draw, group, k, time) sums of their products with the outcomes.
        """
        key = 0 if self._steady else base
        if key not in self._known:
            ones = np.ones(len(self._panel.outcome))
            columns = [values[:, key] for values in self._panel.covariates.values()]
            x = np.stack([ones, *columns], axis=1)
            squares = self._summed(np.einsum("nk,nl->nkl", x, x))
            products = self._summed(np.einsum("nk,nt->nkt", x, self._panel.outcome))
            self._known[key] = squares, products
        return self._known[key]

    def _summed(self, values: np.ndarray) -> np.ndarray:
        flat = values.reshape(len(values), -1)
        groups = [self._weights[:, members] @ flat[members] for members in self._members]
        return np.stack(groups, axis=1).reshape(len(self._weights), len(groups), *values.shape[1:])


def solve(squares: np.ndarray, products: np.ndarray) -> np.ndarray:
    """(draw, k) solutions of (draw, k, k) normal equations."""
    if squares.shape[-1] == 1:
        return products / squares[..., 0]
    return np.linalg.solve(squares, products[..., None])[..., 0]
