"""Reading one series with its controls from a frame, or a sentence on why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.panel.columns import numbers, positions_in, with_dates_as_text
from causal.panel.read import require_labels, sorted_times
from causal.series.structural import Scale, Structure, Trend
from causal.times import first_time, lattice, refuse_coded_dates

FEWEST_BEFORE = 8
"""Known outcomes before the intervention below which a level and its noise cannot be told apart."""


@dataclass(frozen=True, eq=False)
class Series:
    """One outcome over time, with controls, before and after one date.

    Attributes:
        times: (time,) labels, earliest first.
        places: (time,) where the times stand on a lattice of equal steps.
        outcome: (time,) outcomes; nan where missing.
        controls: (time, control) controls; nan where missing.
        names: (control,) their columns.
        before: How many of the times come before the intervention.
    """

    times: tuple[object, ...]
    places: np.ndarray
    outcome: np.ndarray
    controls: np.ndarray
    names: tuple[str, ...]
    before: int

    @property
    def known(self) -> np.ndarray:
        """(time,) whether outcome and controls are known."""
        return np.isfinite(self.outcome) & np.isfinite(self.controls).all(axis=1)

    @property
    def after(self) -> np.ndarray:
        """Positions of the times from the intervention on whose outcomes can be compared."""
        places = np.arange(self.before, len(self.times))
        return places[self.known[self.before :]]

    @property
    def scale(self) -> tuple[float, float]:
        """Mean and sd of the outcome before the intervention."""
        early = self.outcome[: self.before][self.known[: self.before]]
        return float(early.mean()), float(early.std(ddof=1))

    def structure(
        self, trend: Trend, seasons: int | None, priors: Mapping[str, Scale]
    ) -> Structure:
        """The structural model of this series, in units of its sd before the intervention.

        Args:
            trend: How the level goes on.
            seasons: Times per cycle; None for no seasons.
            priors: Priors of sds in place of the default ones.
        """
        centre, spread = self.scale
        length = int(self.places[-1]) + 1
        outcome = np.full(length, np.nan)
        early = np.arange(len(self.times)) < self.before
        use = early & self.known
        outcome[self.places[use]] = (self.outcome[use] - centre) / spread
        controls = np.zeros((length, len(self.names)))
        means = self.controls[use].mean(axis=0)
        spreads = self.controls[use].std(axis=0, ddof=1)
        there = np.isfinite(self.controls).all(axis=1)
        controls[self.places[there]] = (self.controls[there] - means) / spreads
        return Structure(outcome, controls, trend, seasons, priors)

    def earlier(self, before: int) -> Series:
        """The series before the intervention, as if it had begun after `before` times."""
        end = self.before
        return Series(
            self.times[:end],
            self.places[:end],
            self.outcome[:end],
            self.controls[:end],
            self.names,
            before,
        )

    def control(self, place: int) -> Series:
        """One control as an outcome of its own, without controls."""
        nothing = np.empty((len(self.times), 0))
        return Series(self.times, self.places, self.controls[:, place], nothing, (), self.before)


def read_series(
    frame: object, outcome: str, time: str, begins: object, controls: Sequence[str]
) -> Series:
    """Reads one series from a frame with one row per time.

    Args:
        frame: pandas, polars, a pyarrow table, or a dict of arrays; rows in any order.
        outcome: The outcome's column: numbers, missing ones allowed.
        time: The column of times: numbers, dates, or text such as `2004-03`.
        begins: The first time with the intervention.
        controls: Columns of series that the intervention leaves alone.

    Returns:
        The series.

    Raises:
        DataError: `duplicate-times`, `irregular-times`, `dates-as-numbers`, `begins-outside`,
            `few-times-before`, `nothing-after`, `constant-series`, and those of
            `causal.panel.read_panel` about columns.
    """
    names = (outcome, time, *controls)
    table = bi.Table.read(with_dates_as_text(frame, [time]), list(dict.fromkeys(names)))
    require_labels(table, (time,), "a row of a series needs a time")
    times = sorted_times(table, time)
    refuse_coded_dates(times, time)
    order = positions_in(table.columns[time], times)
    if len(order) > len(times):
        place = int(np.flatnonzero(np.bincount(order) > 1)[0])
        raise bi.DataError(
            f"{len(order)} rows have {len(times)} different times in '{time}': one series has one "
            f"row for each time, and {times[place]!r} has {np.bincount(order)[place]} ("
            f"{bi.name_rows(table.as_read(np.flatnonzero(order == place)))}).",
            code="duplicate-times",
            column=time,
            rows=table.as_read(np.flatnonzero(order == place)),
            hint="Choose one unit, average over units, or use a synthetic control for a panel.",
        )
    rows = np.argsort(order)
    values = numbers(table, outcome)[rows]
    read = [numbers(table, name, "control")[rows] for name in controls]
    beside = np.array(read).reshape(-1, len(rows)).T
    before = first_time(times, begins, time)
    series = Series(times, lattice(times, time), values, beside, tuple(controls), before)
    require_usable(series, outcome)
    return series


def require_usable(series: Series, outcome: str) -> None:
    """Refuses a series from which nothing can be learned."""
    known = series.known
    early = int(known[: series.before].sum())
    if early < FEWEST_BEFORE:
        raise bi.DataError(
            f"Only {early} times before the intervention have '{outcome}' and all controls; fewer "
            f"than {FEWEST_BEFORE} do not tell a level from its noise.",
            code="few-times-before",
            column=outcome,
            hint="Add earlier times, or leave out controls that are missing early.",
        )
    if not series.after.size:
        raise bi.DataError(
            f"None of the {len(series.times) - series.before} times from the intervention on has "
            f"'{outcome}' and all controls.",
            code="nothing-after",
            column=outcome,
            hint="Add later times, or leave out controls that are missing late.",
        )
    use = known[: series.before]
    columns = {outcome: series.outcome, **dict(zip(series.names, series.controls.T, strict=True))}
    for name, values in columns.items():
        if np.ptp(values[: series.before][use]) == 0:
            raise bi.DataError(
                f"'{name}' never changes at the {early} times before the intervention, so nothing "
                "says how it moves.",
                code="constant-series",
                column=name,
                hint="Check how it was recorded." if name == outcome else "Leave the column out.",
            )
