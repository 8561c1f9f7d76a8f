"""Rows on both sides of a cutoff, read from a frame as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.amounts import (
    amount,
    amounts,
    outcome_amount,
    require_amount,
    require_variation,
)
from causal.comparison import complete_rows
from causal.discontinuity.received import require_step_at_cutoff
from causal.formula import distinct, refuse_disguised
from causal.treatment import levels_of, refuse_codes

FEW = 5
"""Distinct values beyond those that a polynomial needs, for a window that nobody asked for."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a discontinuity.

    Attributes:
        x: (n,) distances from the cutoff, at or above 0 where treated.
        outcomes: (n, 1) outcomes, or (n, 2) outcomes and treatments of a fuzzy design.
        covariates: (n,) numbers by name.
        lost: How many rows missed one of the columns.
        places: (n,) positions of the rows in the frame.
    """

    x: np.ndarray
    outcomes: np.ndarray
    covariates: dict[str, np.ndarray]
    lost: int
    places: np.ndarray

    @property
    def adjusters(self) -> np.ndarray:
        """(n, covariate) numbers."""
        return np.column_stack([np.empty((len(self.x), 0)), *self.covariates.values()])

    def reaches(self, width: float, farthest: float, degree: int) -> bool:
        """Whether a window holds enough distinct positions, and is narrower than the data."""
        sides = (
            self.x[(self.x < 0) & (self.x >= -width)],
            self.x[(self.x >= 0) & (self.x <= width)],
        )
        return width < farthest and min(len(np.unique(side)) for side in sides) >= degree + FEW

    def require_positions(self, running: str, width: float, degree: int) -> None:
        """Refuses a window with too few rows, or distinct positions, on one side.

        Args:
            running: The running variable's column, for the error.
            width: How far the window reaches; infinity for all rows.
            degree: Of the polynomial.

        Raises:
            DataError: `too-few-near-cutoff`.
        """
        near = np.abs(self.x) <= width
        sides = [np.flatnonzero(near & side) for side in (self.x < 0, self.x >= 0)]
        few = min(sides, key=lambda rows: (len(distinct(self.x[rows])), len(rows)))
        values, least = len(distinct(self.x[few])), degree + 2
        enough = least + self.outcomes.shape[1]
        if values >= least and len(few) >= enough:
            return
        told = f" ({bi.name_rows(self.places[few])})" if len(few) else ""
        within = f"lie within {width:.4g} of the cutoff on one side"
        where = within if np.isfinite(width) else "lie on one side of the cutoff"
        raise bi.DataError(
            f"{len(few)} of {len(self.x)} rows{told}, with {values} distinct values of "
            f"'{running}', {where}; a polynomial of "
            f"degree {degree} needs {least} distinct values and {enough} rows.",
            code="too-few-near-cutoff",
            column=running,
            hint="Ask for a wider bandwidth, or for a polynomial of a lower degree.",
        )

    def spreads(self, width: float) -> tuple[float, float]:
        """The outcome's standard deviations within a window, below the cutoff and above."""
        near = np.abs(self.x) <= width
        below, above = (self.outcomes[near & side, 0] for side in (self.x < 0, self.x >= 0))
        return float(np.ptp(below) and below.std()), float(np.ptp(above) and above.std())


def read_rows(
    frame: object,
    outcome: str,
    running: str,
    cutoff: float,
    sign: int,
    treatment: str | None,
    covariates: Sequence[str],
    control: object = None,
) -> Rows:
    """Reads the rows of a discontinuity.

    Args:
        frame: A data frame or a dict of arrays.
        outcome: The outcome's column.
        running: The running variable's column.
        cutoff: Where the treatment changes.
        sign: 1 where rows at and above the cutoff are treated, -1 where those at and below are.
        treatment: The treatment's column, in a fuzzy design.
        covariates: Further columns.
        control: The level of a text treatment that counts as 0.

    Raises:
        DataError: `not-numbers`, `infinite-values`, `no-complete-rows`, `cutoff-outside`,
            `constant-outcome`, `constant-treatment`, `missing-as-arm`,
            `treatment-changes-elsewhere`.
    """
    received = () if treatment is None else (treatment,)
    columns = (outcome, running, *received, *covariates)
    table = complete_rows(frame, columns)
    lost = bi.Table.read(frame, [outcome]).n - table.n
    place = require_amount(table, running, "running variable")
    x = sign * (place - cutoff)
    places = np.array(table.as_read(np.arange(table.n)))
    require_both_sides(x, place, running, cutoff, places)
    outcomes = [outcome_amount(table, outcome)]
    require_variation(table, outcome, "outcome")
    if treatment is not None:
        refuse_codes(table, treatment, levels_of(table, treatment), control)
        outcomes.append(amount(table, treatment, control))
        require_variation(table, treatment, "treatment")
        require_step_at_cutoff(table, treatment, running, cutoff, x)
    refuse_disguised(table, covariates)
    return Rows(x, np.column_stack(outcomes), amounts(table, covariates), lost, places)


def require_both_sides(
    x: np.ndarray, place: np.ndarray, running: str, cutoff: float, places: np.ndarray
) -> None:
    """Refuses a cutoff with rows on one side only."""
    below, above = int((x < 0).sum()), int((x >= 0).sum())
    if below and above:
        return
    inside = float(place.min()) <= cutoff <= float(place.max())
    raise bi.DataError(
        f"All {len(x)} rows lie on one side of '{running}' = {cutoff:g}: they go from "
        f"{place.min():.4g} to {place.max():.4g}; nearest is "
        f"{bi.name_rows(places[[np.argmin(np.abs(x))]])}.",
        code="one-sided" if inside else "cutoff-outside",
        column=running,
        hint="Give cutoff=... (it is 0 where nothing is said), and check whether rows of one side "
        "were dropped.",
    )
