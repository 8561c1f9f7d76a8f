"""Effects by cohort and time: a cohort's change against that of units not yet treated."""

from __future__ import annotations

from typing import Literal

import numpy as np

import bayesinf as bi
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

    Raises:
        DataError: The covariates cannot be told apart among the controls.
    """
    compared = compared_cohorts(panel, cells, controls, anticipation)
    members = [np.isin(panel.first_treated, groups) for groups in compared]
    kept = np.array([own.sum() for own in members], dtype=int) > len(panel.covariates)
    if panel.covariates:
        for position in np.flatnonzero(kept):
            require_rank(panel, members[position], int(cells.base[position]))
    return cells.take(kept)


def require_rank(panel: Panel, members: np.ndarray, base: int) -> None:
    """Refuses covariates that cannot be told apart among some controls.

    Args:
        panel: The units and times.
        members: (unit,) booleans: the controls.
        base: The time at which the covariates are taken.
    """
    columns = [values[members, base] for values in panel.covariates.values()]
    x = np.stack([np.ones(int(members.sum())), *columns], axis=1)
    rank = int(np.linalg.matrix_rank(x, tol=1e-6 * np.sqrt(len(x))))
    if rank < x.shape[1]:
        raise bi.DataError(
            f"Among the {len(x)} controls at {panel.times[base]!r}, the covariates "
            f"{', '.join(panel.covariates)} cannot be told apart from each other or from a "
            "constant.",
            code="collinear-covariates",
            hint="Leave one of them out: one that never varies among the controls, or follows "
            "from the others.",
        )


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
    found = np.empty((len(cells), len(weights)))
    if not len(cells):
        return found.T
    sums = Sums(panel, weights)
    compared = compared_cohorts(panel, cells, controls, anticipation)
    for position in np.argsort(cells.base, kind="stable"):
        cohort, time, base = (int(of[position]) for of in (cells.cohort, cells.time, cells.base))
        groups = tuple(int(group) for group in compared[position])
        squares, change = sums.own(cohort, base, time)
        slopes = sums.slopes(groups, base, time)
        expected = (squares[0] * slopes).sum(axis=0)
        found[position] = (change[0] - expected) / squares[0, 0]
    return found.T


class Sums:
    """Weighted sums of products of covariates and changes, by group of units, for one base a time.

    Draws are the last axis of everything, because they are many and the rest is few.
    """

    def __init__(self, panel: Panel, weights: np.ndarray) -> None:
        self._panel = panel
        self._members = {
            int(group): np.flatnonzero(panel.first_treated == group)
            for group in np.unique(panel.first_treated)
        }
        self._weights = {
            group: np.ascontiguousarray(weights[:, own].T) for group, own in self._members.items()
        }
        changes = [np.ptp(values, axis=1).max() for values in panel.covariates.values()]
        self._steady = max(changes, default=0) == 0
        self._base = -1
        self._known: dict[object, np.ndarray] = {}

    def own(self, group: int, base: int, time: int) -> tuple[np.ndarray, np.ndarray]:
        """Sums of squares (k, k, draw), and of products with the change (k, draw), of one group."""
        self._turn_to(base)
        if ("squares", group) not in self._known:
            x = self._covariates(group)
            self._known["squares", group] = self._summed(group, np.einsum("nk,nl->nkl", x, x))
        if ("products", group, base, time) not in self._known:
            outcome = self._panel.outcome[self._members[group]]
            change = (outcome[:, time] - outcome[:, base])[:, None]
            products = self._summed(group, self._covariates(group) * change)
            self._known["products", group, base, time] = products
        return self._known["squares", group], self._known["products", group, base, time]

    def slopes(self, groups: tuple[int, ...], base: int, time: int) -> np.ndarray:
        """(k, draw) regression of the change of some groups on the constant and the covariates."""
        if ("slopes", groups, base, time) not in self._known:
            parts = [self.own(group, base, time) for group in groups]
            products = sum_up([part[1] for part in parts])
            if len(products) == 1:
                found = products / sum_up([part[0] for part in parts])[0]
            else:
                if ("inverse", groups) not in self._known:
                    squares = sum_up([part[0] for part in parts])
                    self._known["inverse", groups] = np.linalg.inv(squares.T)
                found = np.einsum("dkl,ld->kd", self._known["inverse", groups], products)
            self._known["slopes", groups, base, time] = found
        return self._known["slopes", groups, base, time]

    def _turn_to(self, base: int) -> None:
        """Forgets the sums of another base, of which there would be too many."""
        if base != self._base:
            kept = ("squares", "inverse") if self._steady else ()
            self._known = {key: value for key, value in self._known.items() if key[0] in kept}  # pyright: ignore[reportIndexIssue]
            self._base = base

    def _covariates(self, group: int) -> np.ndarray:
        own = self._members[group]
        columns = [values[own, self._base] for values in self._panel.covariates.values()]
        return np.stack([np.ones(len(own)), *columns], axis=1)

    def _summed(self, group: int, values: np.ndarray) -> np.ndarray:
        flat = values.reshape(len(values), -1).T @ self._weights[group]
        return flat.reshape(*values.shape[1:], -1)


def sum_up(arrays: list[np.ndarray]) -> np.ndarray:
    """Adds arrays of one shape."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total
