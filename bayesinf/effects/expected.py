"""The rows that a question is about, and draws of their expected outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from bayesinf.data.table import Table
from bayesinf.design import predictor_columns
from bayesinf.errors import DataError, ModelError, suggest
from bayesinf.family import Known
from bayesinf.keywords import require_flag
from bayesinf.model.pointwise import family_parameters
from bayesinf.posterior.posterior import Posterior
from bayesinf.prediction.predict import stretches

HINTS = {
    "by": "Give by='g'. For the levels of two columns, join these into one: rows=frame.assign("
    "both=frame['g'].astype(str) + ' ' + frame['h'].astype(str)), by='both'.",
    "weights": "Put the numbers into a column of the rows: rows=frame.assign(w=numbers), "
    "weights='w'.",
}
"""What to write where something else than a column's name was given, by argument."""


def rows_asked(posterior: Posterior, rows: object | None, extra: tuple[str, ...] = ()) -> Table:
    """Reads the rows that a question is about.

    Args:
        posterior: Knows which columns it needs.
        rows: A frame, or None for the training rows.
        extra: Further columns, such as those to group by.

    Returns:
        The rows, with the predictors and the further columns.

    Raises:
        DataError: `no-rows` where the posterior came from disk and no rows are given;
            `unknown-column` where a column is not there.
    """
    if rows is not None:
        formula = posterior.model.formula
        needed = (*predictor_columns(formula), *extra)
        return Table.read(rows, tuple(dict.fromkeys(needed)), formula.labels.difference(extra))
    table = posterior.model.design.table
    if table is None:
        raise DataError(
            "A fit that was loaded from disk does not hold its training rows.",
            code="no-rows",
            hint="Give the rows to ask about: rows=frame.",
        )
    for name in extra:
        if name not in table.columns:
            raise DataError(
                f"The fit kept only the columns of its formula ({', '.join(table.columns)}); "
                f"'{name}' is not among them.{suggest(name, table.columns)}",
                code="unknown-column",
                column=name,
                hint=f"Give the rows to ask about with that column: rows=frame, '{name}' included.",
            )
    return table


def further_columns(by: object, weights: object, average: object) -> tuple[str, ...]:
    """The columns that a question needs beside the predictors.

    Raises:
        ModelError: `not-a-column-name`, where `by` or `weights` is no text; `average`, where that
            is not True or False.
    """
    require_flag(
        "average",
        average,
        "Leave it out for averages, or give average=False for every row by itself.",
    )
    for argument, given in (("by", by), ("weights", weights)):
        if given is not None and not isinstance(given, str):
            raise ModelError(
                f"{argument}= is the name of one column of the rows; this is "
                f"'{type(given).__name__}'.",
                code="not-a-column-name",
                hint=HINTS[argument],
            )
    return tuple(column for column in (by, weights) if isinstance(column, str))


def column_names(rows: Any) -> tuple[str, ...]:
    """The names of all columns of a frame that has been read: those of a dict are its keys."""
    if hasattr(rows, "column_names"):  # pyarrow, whose columns are the values
        return tuple(rows.column_names)
    return tuple(getattr(rows, "columns", rows))


def expected_outcomes(posterior: Posterior, table: Table) -> Iterator[tuple[slice, np.ndarray]]:
    """Draws of the expected outcome of rows, in stretches; of one trial where there are trials.

    Args:
        posterior: The posterior.
        table: The rows. Groups never seen are drawn from the population, the same draws in every
            call, so that two versions of the same rows differ only by what was changed.

    Yields:
        The stretch of rows, and its draws (draw, row).
    """
    family = posterior.model.family
    if not family.needs_trials:
        yield from stretches(posterior, table, "mean", "population")
        return
    flat = posterior.values.parameters.reshape(posterior.values.count, -1)
    parameters = family_parameters(posterior.model, flat)
    for rows, predictor in stretches(posterior, table, "linear", "population"):
        one_trial = Known(trials=np.ones(predictor.shape[1]))
        yield rows, np.asarray(family.mean(predictor, parameters, one_trial))
