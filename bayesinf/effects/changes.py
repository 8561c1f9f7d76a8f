"""What it means to change a column: by one, from False to True, from the first level to others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np

from bayesinf.data.schema import Column, Schema, suggest_level
from bayesinf.data.table import Table
from bayesinf.effects.contrasts import Contrast
from bayesinf.errors import DataError, ModelError, suggest
from bayesinf.formula.formula import Formula, group_columns
from bayesinf.formula.guard import names_in
from bayesinf.posterior.posterior import Posterior


@dataclass(frozen=True, eq=False)
class Changes:
    """One column, set low and set high in one or several ways.

    Attributes:
        question: What is asked, without the outcome: `when Days is raised by 1`.
        low: One value for all rows, or an array (row,).
        highs: The same, one per case.
        labels: One per case.
        words: What is compared, one per case: `Raising Days by 1`.
    """

    question: str
    low: object
    highs: tuple[object, ...]
    labels: tuple[str, ...]
    words: tuple[str, ...]


def changes_of(
    posterior: Posterior,
    table: Table,
    variable: str,
    values: Sequence[object] | None,
    contrast: Contrast,
) -> Changes:
    """Decides what a change of a column is.

    Args:
        posterior: Knows what the column was at the fit.
        table: The rows asked about.
        variable: The column.
        values: (low, high), or None for the column's own change: a number is raised by one, a
            column of 0 and 1 or False and True goes from the first to the second, and a factor from
            its first level to each of the others.
        contrast: Labels the cases.

    Raises:
        DataError: Where the column is unknown, or a value is no level of it.
        ModelError: Where `values` are not a pair of different values.
    """
    column = column_asked(posterior, variable)
    levels = _levels(posterior, table, variable, column)
    if values is not None:
        low, high = _pair(variable, values)
        _check_values(variable, column, levels, (low, high), posterior.model.formula)
        return _between(variable, low, (high,), contrast)
    if levels:
        if len(levels) == 1:
            raise DataError(
                f"Column '{variable}' has one level, {levels[0]!r}: there is nothing to compare.",
                code="single-level",
                column=variable,
                hint="Give two levels: values=(low, high).",
            )
        return _between(variable, levels[0], tuple(levels[1:]), contrast)
    if column.kind == "boolean":
        return _between(variable, False, (True,), contrast)
    observed = observed_numbers(table, variable, column)
    if (column.low, column.high) == (0.0, 1.0) and np.isin(observed, (0, 1)).all():
        return _between(variable, 0, (1,), contrast)
    return Changes(
        f"when {variable} is raised by 1",
        observed,
        (observed + 1,),
        ("+1",),
        (f"Raising {variable} by 1",),
    )


def column_asked(posterior: Posterior, variable: str) -> Column:
    """What the column was at the fit.

    Raises:
        DataError: `unknown-column`, for columns that are no predictors.
        ModelError: `not-a-column-name`.
    """
    columns = posterior.model.design.recipe.schema.columns
    if not isinstance(variable, str):
        first = next(iter(variable), "x") if isinstance(variable, Collection) else "x"
        two = f"; comparisons({first!r}, values=(low, high)) sets two values of it"
        raise ModelError(
            f"The variable is the name of one column, not {variable!r:.60}.",
            code="not-a-column-name",
            hint=f"Ask for one column at a time, such as {first!r}"
            f"{two if isinstance(variable, Mapping) else ''}.",
        )
    if variable not in columns:
        raise DataError(
            f"'{variable}' is not among the predictors of the model "
            f"({', '.join(columns) or 'it has none'}).{suggest(variable, columns)}",
            code="unknown-column",
            column=variable,
        )
    return columns[variable]


def observed_numbers(table: Table, variable: str, column: Column) -> np.ndarray:
    """The values of a number column in the rows asked about.

    Raises:
        DataError: Where they are no numbers there, or missing.
    """
    values = table.columns[variable]
    Schema({variable: column}).check(Table({variable: values}, {}))
    return values


def is_group_only(formula: Formula, variable: str) -> bool:
    """Whether a column only groups rows: its values are levels, also where they are numbers."""
    groups, others = set[str](), set[str]()
    for call in formula.terms:
        arguments = call.arguments
        if call.term == "varying":
            groups |= set(group_columns(arguments[1]))
            arguments = arguments[:1]
        others |= {name for argument in arguments for name in names_in(argument)}
    return variable in groups - others


def _levels(
    posterior: Posterior, table: Table, variable: str, column: Column
) -> tuple[object, ...]:
    if column.kind == "factor":
        return column.levels
    if not is_group_only(posterior.model.formula, variable):
        return ()
    training = posterior.model.design.table or table
    return tuple(sorted(set(training.columns[variable].tolist())))


def _pair(variable: str, values: Sequence[object]) -> tuple[object, object]:
    pair = tuple(values) if isinstance(values, list | tuple) else ()
    arrays = any(isinstance(value, np.ndarray | list | tuple) for value in pair)
    if len(pair) != 2 or arrays or pair[0] == pair[1]:
        raise ModelError(
            f"values= are two different values of '{variable}', (low, high), not {values!r}.",
            code="values",
            column=variable,
        )
    return _plain(pair[0]), _plain(pair[1])


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _check_values(
    variable: str,
    column: Column,
    levels: tuple[object, ...],
    values: tuple[object, object],
    formula: Formula,
) -> None:
    for value in values:
        if levels:
            if value in levels or is_group_only(formula, variable):
                continue
            raise DataError(
                f"'{variable}' has no level {value!r}.{suggest_level(value, levels)}",
                code="unseen-level",
                column=variable,
                hint=f"Its levels are {', '.join(map(repr, levels[:10]))}.",
            )
        number = isinstance(value, Real) and np.isfinite(float(value))
        if not number or (column.kind == "boolean" and value not in (0, 1)):
            raise DataError(
                f"{value!r} is no value of '{variable}', which is {column.kind}.",
                code="type-changed",
                column=variable,
            )


def _between(variable: str, low: object, highs: tuple[object, ...], contrast: Contrast) -> Changes:
    question = (
        f"between {variable} = {highs[0]} and {variable} = {low}"
        if len(highs) == 1
        else f"between each level of {variable} and the first, {low}"
    )
    return Changes(
        question,
        low,
        highs,
        tuple(contrast.pattern.format(high=high, low=low) for high in highs),
        tuple(f"{variable} = {high} instead of {low}" for high in highs),
    )
