"""A panel: the same units at several times, some of them treated from some time on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

import bayesinf as bi


@dataclass(frozen=True, eq=False)
class Panel:
    """Outcomes of units at times, and since when each unit is treated.

    Attributes:
        outcome: (unit, time) outcomes; nan where the unit has no row, or no outcome in it.
        units: The label of each unit, sorted.
        times: The label of each time, earliest first.
        first_treated: (unit,) position in `times` of the first treated time; `len(times)` for
            units that are not treated within the panel. Treatment is never taken back.
        covariates: (unit, time) numbers by name; nan where missing.
        told: (unit,) first treated times as they were told, None for never; empty where a column
            marks treated rows instead.
    """

    outcome: np.ndarray
    units: tuple[object, ...]
    times: tuple[object, ...]
    first_treated: np.ndarray
    covariates: Mapping[str, np.ndarray]
    told: tuple[object, ...] = ()

    @property
    def never_treated(self) -> np.ndarray:
        """(unit,) booleans: not treated within the panel."""
        return self.first_treated >= len(self.times)

    @property
    def treated(self) -> np.ndarray:
        """(unit, time) booleans: under treatment."""
        return np.arange(len(self.times)) >= self.first_treated[:, None]

    @property
    def known(self) -> np.ndarray:
        """(unit, time) booleans: outcome and all covariates are known."""
        known = np.isfinite(self.outcome)
        for values in self.covariates.values():
            known &= np.isfinite(values)
        return known

    @property
    def cohorts(self) -> np.ndarray:
        """Positions of the times at which units were first treated, sorted, without never."""
        return np.unique(self.first_treated[~self.never_treated])

    def take(self, units: np.ndarray) -> Panel:
        """The panel of some units.

        Args:
            units: (unit,) booleans.
        """
        return replace(
            self,
            outcome=self.outcome[units],
            units=tuple(label for label, kept in zip(self.units, units, strict=True) if kept),
            first_treated=self.first_treated[units],
            covariates={name: values[units] for name, values in self.covariates.items()},
            told=tuple(time for time, kept in zip(self.told, units, strict=False) if kept),
        )


def spelt_alike(panel: Panel, unit: str) -> tuple[str, str]:
    """Says, for an error on gaps, which units are spelt in two ways, and how to mend it.

    Args:
        panel: The units.
        unit: Their column.

    Returns:
        A sentence and a remedy, with a blank before and after; both empty where there are none.
    """
    found = bi.judge_spelling(unit, panel.units)
    if not found:
        return "", ""
    return f" {found[0].sentence}", f"{found[0].remedy} "
