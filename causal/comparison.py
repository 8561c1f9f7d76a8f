"""Rows of two arms to be compared: what an estimator is given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import bayesinf as bi
from causal.estimand import Estimand
from causal.formula import Adjuster, columns_of
from causal.treatment import Contrast, build_contrast, refuse_infinite


@dataclass(frozen=True)
class OutcomeModel:
    """How the outcome is modelled; what is None is chosen from the data.

    Attributes:
        formula: As in `bi.fit`; None lets the effect differ between rows.
        family: As in `bi.fit`; None takes bernoulli for two levels, else gaussian.
        priors: As in `bi.fit`.
    """

    formula: str | None = None
    family: Any = None
    priors: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is asked of which rows, and what makes them comparable.

    Attributes:
        frame: The data as the user has them.
        outcome: The outcome's column.
        treatment: The treatment's column.
        estimand: What is asked.
        adjusters: What is held equal, and how it enters a model.
        formula: The outcome model.
        model: What else was said about the outcome model.
        control: The treatment's level that stands for "without it"; None goes by convention.
    """

    frame: object
    outcome: str
    treatment: str
    estimand: Estimand
    adjusters: tuple[Adjuster, ...]
    formula: str
    model: OutcomeModel = OutcomeModel()
    control: object = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of outcome, treatment and adjusters."""
        return tuple(dict.fromkeys((self.outcome, self.treatment, *columns_of(self.adjusters))))

    def contrast(self, table: bi.Table | None = None) -> Contrast:
        """Says which rows are compared and how they are weighed.

        Args:
            table: Rows without missing values; None takes those complete in `columns`.

        Raises:
            DataError: The treatment does not have two levels in these rows.
        """
        rows = complete_rows(self.frame, self.columns) if table is None else table
        return build_contrast(rows, self.treatment, self.estimand, self.control)

    def outcome_model(self) -> bi.Model:
        """Builds the outcome model on the rows that it can use.

        Raises:
            ModelError: The rows are missing, as in a model loaded from disk.
        """
        family = self.model.family or default_family(self.frame, self.outcome)
        return bi.model(self.formula, self.frame, family, self.model.priors)


def complete_rows(frame: object, columns: Collection[str]) -> bi.Table:
    """Reads columns of a frame and keeps the rows that miss none of them.

    Args:
        frame: A data frame, a dict of arrays, or a table.
        columns: Names of columns.

    Raises:
        DataError: The frame lacks a column, a value is infinite, or no row is complete.

    Example:
        >>> complete_rows({"x": [1.0, np.nan], "y": [1.0, 2.0]}, ["x", "y"]).n
        1
    """
    table = bi.Table.read(frame, list(columns))
    missing = np.zeros(table.n, dtype=bool)
    for name, values in table.columns.items():
        refuse_infinite(table, name)
        missing |= missing_rows(values)
    if missing.all():
        counts = {name: int(missing_rows(table.columns[name]).sum()) for name in table.columns}
        worst = max(counts, key=lambda name: counts[name])
        gone = table.as_read(np.flatnonzero(missing_rows(table.columns[worst])))
        raise bi.DataError(
            f"None of the {table.n} rows is complete in {', '.join(columns)}; '{worst}' is missing "
            f"in {counts[worst]} of them ({bi.name_rows(gone)}).",
            code="no-complete-rows",
            column=worst,
            rows=gone,
            hint="Leave that column out, or fill it in.",
        )
    return table.take(~missing) if missing.any() else table


def missing_rows(values: np.ndarray) -> np.ndarray:
    """Which values are missing: nan in numbers, None in text."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype == object:
        return np.array([value is None for value in values], dtype=bool)
    return np.zeros(len(values), dtype=bool)


def default_family(frame: object, outcome: str) -> str:
    """Chooses bernoulli for an outcome of 0 and 1 or of two levels, else gaussian."""
    values = bi.Table.read(frame, [outcome]).columns[outcome]
    if values.dtype.kind in "Ob":
        return "bernoulli"
    known = values[~missing_rows(values)]
    return "bernoulli" if np.isin(known, (0, 1)).all() else "gaussian"
