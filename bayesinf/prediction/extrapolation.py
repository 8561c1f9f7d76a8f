"""Rows outside the range of the fit: noted always, and warned of where they lie far out."""

from __future__ import annotations

import warnings

import numpy as np

from bayesinf.data.schema import Column
from bayesinf.data.table import Table
from bayesinf.design import Recipe
from bayesinf.errors import ExtrapolationWarning, name_rows
from bayesinf.formula.guard import names_in

FAR = 1.0
"""Ranges of the fit beyond its ends, from where a prediction rests on the formula alone. Forecasts
some steps ahead lie nearer."""


def outside_range(recipe: Recipe, table: Table, beyond: float = 0.0) -> dict[str, tuple[int, ...]]:
    """Finds the rows whose numbers the fit has not seen the like of.

    What has a coefficient counts; groups, offsets and trials do not.

    Args:
        recipe: Of the fit.
        table: The new rows.
        beyond: How far outside, in ranges of the fit.

    Returns:
        For each number column that leaves the range, the rows where it does, as they were read.
    """
    found = {}
    terms = [call for call in recipe.formula.terms if call.term in ("population", "varying")]
    for name in dict.fromkeys(name for call in terms for name in names_in(call.arguments[0])):
        column, values = recipe.schema.columns[name], table.columns[name]
        if column.low is None or column.high is None or values.dtype == object:
            continue
        margin = beyond * _width(column)
        rows = np.flatnonzero((values < column.low - margin) | (values > column.high + margin))
        if len(rows):
            found[name] = tuple(table.as_read(rows))
    return found


def _width(column: Column) -> float:
    """The range of the fit; its size where the fit saw one value only."""
    assert column.low is not None and column.high is not None
    return column.high - column.low or abs(column.high) or 1.0


def warn_of_extrapolation(recipe: Recipe, table: Table) -> None:
    """Warns where rows lie more than a whole range beyond what the model was fitted to."""
    for name, rows in outside_range(recipe, table, FAR).items():
        column = recipe.schema.columns[name]
        warnings.warn(
            f"'{name}' lies far outside the {column.low:g} to {column.high:g} of the fit in "
            f"{len(rows)} of {table.n} rows ({name_rows(rows)}): what is predicted there rests on "
            "the formula, not on data.",
            ExtrapolationWarning,
            stacklevel=6,
        )
