"""Rows outside the range of the fit: noted always, and warned of where they lie far out, or all."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from numbers import Real

import numpy as np

from bayesinf.data.schema import Column
from bayesinf.data.table import Table
from bayesinf.design import Recipe
from bayesinf.errors import ExtrapolationWarning, name_rows
from bayesinf.formula.guard import names_in

FAR = 1.0
"""Ranges of the fit beyond its ends, from where a prediction rests on the formula alone. Forecasts
some steps ahead lie nearer."""

NEAR = 0.1
"""Ranges of the fit beyond its ends within which nothing is warned of, such as a forecast of the
next of ten or more months."""


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


def far_outside(recipe: Recipe, table: Table) -> str | None:
    """A sentence on rows more than a whole range beyond what the model was fitted to.

    Where all rows lie outside, none of them rests on data, and they are told unless they are near.
    """
    far = outside_range(recipe, table, FAR)
    whole = {
        name: rows
        for name, rows in outside_range(recipe, table, NEAR).items()
        if name in far or len(rows) == table.n
    }
    return _sentence(recipe, {**whole, **far}, far.keys(), table.n) if whole else None


def ends_outside(recipe: Recipe, variable: str, ends: Iterable[object]) -> str | None:
    """A sentence on values of one column, asked about for all rows, that the fit saw no like of."""
    column = recipe.schema.columns[variable]
    if column.low is None or column.high is None:
        return None
    beyond = {
        end: max(column.low - float(end), float(end) - column.high) / _width(column)
        for end in ends
        if isinstance(end, Real)
    }
    outside = [end for end, distance in beyond.items() if distance > NEAR]
    if not outside:
        return None
    far = "far " * any(distance > FAR for distance in beyond.values())
    listed = " and ".join(f"{variable} = {float(end):g}" for end in outside)
    return (
        f"{listed} {'lie' if len(outside) > 1 else 'lies'} {far}outside the {column.low:g} to "
        f"{column.high:g} of the fit: the comparison rests on the formula there, not on data."
    )


def warn_of_extrapolation(sentence: str | None) -> None:
    """Warns of rows far outside, where there are any."""
    if sentence is not None:
        warnings.warn(sentence, ExtrapolationWarning, stacklevel=5)


def _sentence(
    recipe: Recipe, outside: dict[str, tuple[int, ...]], far: Collection[str], count: int
) -> str:
    parts = []
    for name, rows in outside.items():
        column = recipe.schema.columns[name]
        lies = "lies far outside" if name in far else "lies outside"
        parts.append(
            f"'{name}' {lies} the {column.low:g} to {column.high:g} of the fit in "
            f"{len(rows)} of {count} rows ({name_rows(rows)})"
        )
    return f"{'; '.join(parts)}: what is predicted there rests on the formula, not on data."
