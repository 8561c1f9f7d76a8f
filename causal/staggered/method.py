"""The two ways to compute effects by cohort and time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from causal.panel import Panel
from causal.staggered.cells import Cells, effect_cells, make_cells, path_cells, step_cells
from causal.staggered.cohort_time import Controls, cohort_time_effects, comparable_cells
from causal.staggered.imputation import imputed_effects, reachable_cells

LEADS = 6
"""How many times before treatment the imputation is tried on; each takes a fit of its own."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """A panel, and who may be compared with whom in it.

    Attributes:
        panel: Units and times that the method can use.
        controls: Who serves as control.
        anticipation: How many times before treatment a unit may react to it.
    """

    panel: Panel
    controls: Controls
    anticipation: int

    def comparable(self, cells: Cells) -> Cells:
        """The cells that have enough controls."""
        return comparable_cells(self.panel, cells, self.controls, self.anticipation)

    def changes(self, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """(draw, cell) changes since the base, less those of the controls."""
        return cohort_time_effects(self.panel, weights, cells, self.controls, self.anticipation)

    def steps(self) -> Cells:
        """Cells before treatment against the time before each: what trends are judged by."""
        return self.comparable(step_cells(self.panel, self.anticipation))


class Method(ABC):
    """A way from a panel to effects by cohort and time.

    Attributes:
        allows_gaps: Whether units may lack outcomes at some times.
    """

    allows_gaps: bool

    @abstractmethod
    def cells(self, comparison: Comparison) -> Cells:
        """The treated cells whose effects can be had."""

    @abstractmethod
    def effects(self, comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """(draw, cell) effects for weights of shape (draw, unit)."""

    @abstractmethod
    def placebo_cells(self, comparison: Comparison) -> Cells:
        """The cells before treatment whose effects should be zero."""

    @abstractmethod
    def placebos(self, comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """(draw, cell) effects before treatment, where there can be none."""

    @abstractmethod
    def noise(self, comparison: Comparison, cells: Cells, path: np.ndarray) -> np.ndarray:
        """What an error in a cohort's mean outcomes does to its effects.

        Args:
            comparison: The panel.
            cells: Cells of one cohort.
            path: (draw, time) errors.

        Returns:
            (draw, cell) errors.
        """

    @abstractmethod
    def sentence(self, controls: Controls) -> str:
        """Says what is done, to stand in the answer's method."""


@dataclass(frozen=True)
class CohortTime(Method):
    """Each cohort's change since before its treatment, against the change of controls.

    Unlike the imputation it trusts the last time before treatment alone as the base, so trends that
    bent earlier do no harm; the price is a wider interval. Units with gaps are left out.

    Source:
        Callaway and Sant'Anna (2021), Journal of Econometrics 225; covariates by outcome
        regression.
    """

    allows_gaps = False

    def cells(self, comparison: Comparison) -> Cells:
        """The treated cells that have controls."""
        return comparison.comparable(effect_cells(comparison.panel, comparison.anticipation))

    def effects(self, comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """Changes since the base, less those of the controls."""
        return comparison.changes(weights, cells)

    def placebo_cells(self, comparison: Comparison) -> Cells:
        """The cells before the base, against the base, and those of anticipation."""
        cells = comparison.comparable(path_cells(comparison.panel, comparison.anticipation))
        return cells.take(cells.event_time < 0)

    def placebos(self, comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """The same changes for times before treatment."""
        return comparison.changes(weights, cells)

    def noise(
        self,
        comparison: Comparison,  # noqa: ARG002 -- the imputation needs it
        cells: Cells,
        path: np.ndarray,
    ) -> np.ndarray:
        """The error at the time, less that at the base."""
        return path[:, cells.time] - path[:, cells.base]

    def sentence(self, controls: Controls) -> str:
        """Says who is compared with whom."""
        who = "never treated" if controls == "never" else "not yet treated"
        return (
            "Each cohort's change since the last time before its treatment is compared with the "
            f"change of units {who} (Callaway and Sant'Anna)."
        )


@dataclass(frozen=True)
class Imputation(Method):
    """Unit and time effects fitted to untreated outcomes say what treated units would have had.

    It uses all times before treatment as the base: a narrower interval than `CohortTime`, if trends
    were parallel all along. Gaps are allowed. Units that are treated later always serve as
    controls until then.

    Source:
        Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91.
    """

    allows_gaps = True

    def cells(self, comparison: Comparison) -> Cells:
        """The treated cells that untreated outcomes predict."""
        cells = effect_cells(comparison.panel, comparison.anticipation)
        return reachable_cells(comparison.panel, cells, comparison.anticipation)

    def effects(self, comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """Outcomes less their predictions."""
        return imputed_effects(comparison.panel, weights, cells, comparison.anticipation)

    def placebo_cells(self, comparison: Comparison) -> Cells:
        """The last times before treatment, each predicted from the times before it alone."""
        panel, anticipation = comparison.panel, comparison.anticipation
        found: list[tuple[int, int, int]] = []
        for lead in range(1, LEADS + 1):
            shift = anticipation + lead
            pairs = [(int(g), int(g) - shift, int(g) - shift - 1) for g in panel.cohorts]
            cells = make_cells([pair for pair in pairs if pair[2] >= 0])
            cells = reachable_cells(panel, cells, shift)
            found += zip(
                cells.cohort.tolist(), cells.time.tolist(), cells.base.tolist(), strict=True
            )
        return make_cells(found)

    def placebos(self, comparison: Comparison, weights: np.ndarray, cells: Cells) -> np.ndarray:
        """Pretends that treatment came that much earlier."""
        found = np.empty((len(weights), len(cells)))
        for shift in np.unique(cells.cohort - cells.time):
            own = np.flatnonzero(cells.cohort - cells.time == shift)
            found[:, own] = imputed_effects(comparison.panel, weights, cells.take(own), int(shift))
        return found

    def noise(self, comparison: Comparison, cells: Cells, path: np.ndarray) -> np.ndarray:
        """The error at the time, less its mean over the times before treatment."""
        before = int(cells.cohort[0]) - comparison.anticipation
        return path[:, cells.time] - path[:, :before].mean(axis=1, keepdims=True)

    def sentence(self, controls: Controls) -> str:  # noqa: ARG002 -- all untreated ones serve
        """Says where predictions come from."""
        return (
            "Unit and time effects are fitted to outcomes not yet treated, and the effect is the "
            "outcome less what they predict (Borusyak, Jaravel and Spiess)."
        )
