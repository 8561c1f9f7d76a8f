"""The left-hand side as numbers: outcomes, trials, standard errors and weights."""

from __future__ import annotations

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import DataError, name_rows
from bayesinf.family import Known
from bayesinf.formula.evaluate import evaluate
from bayesinf.formula.formula import Response


def read_known(response: Response, table: Table) -> Known:
    """Reads trials and standard errors, where the formula names them.

    Raises:
        DataError: `bad-trials` or `bad-standard-error`, with the rows.
    """

    def values(expression: str | None) -> np.ndarray | None:
        if expression is None:
            return None
        return evaluate(expression, table.columns, table.levels, table.n)

    error = values(response.standard_error)
    if error is not None and (error <= 0).any():
        raise DataError(
            f"Standard errors must be positive; '{response.standard_error}' is not in "
            f"{int((error <= 0).sum())} of {table.n} rows.",
            code="bad-standard-error",
            column=response.standard_error,
            rows=table.as_read(np.flatnonzero(error <= 0)),
        )
    trials = values(response.trials)
    if trials is not None:
        _refuse_trials(response, trials, table)
    return Known(trials, error)


def _refuse_trials(response: Response, trials: np.ndarray, table: Table) -> None:
    """Refuses trials that cannot be counted; no trials at all, 0, are fine."""
    wrong = np.flatnonzero((trials < 0) | (trials != np.floor(trials)))
    if not wrong.size:
        return
    rows = table.as_read(wrong)
    raise DataError(
        f"Trials must be whole numbers from 0; '{response.trials}' is not in {name_rows(rows)}, "
        f"e.g. {trials[wrong[0]]:g}.",
        code="bad-trials",
        column=response.trials,
        rows=rows,
        hint="Trials count how often something could have happened.",
    )


def read_weights(response: Response, table: Table) -> np.ndarray | None:
    """Reads the rows' weights, where the formula names them."""
    if response.weights is None:
        return None
    weights = evaluate(response.weights, table.columns, table.levels, table.n)
    if (weights < 0).any():
        raise DataError(
            f"Weights must not be negative; '{response.weights}' is in "
            f"{int((weights < 0).sum())} of {table.n} rows.",
            code="negative-weights",
            column=response.weights,
            rows=table.as_read(np.flatnonzero(weights < 0)),
            hint="A weight says how often a row counts; 0 leaves it out.",
        )
    return weights


def outcome_levels(response: Response, table: Table) -> tuple[str, str] | None:
    """A text outcome with two levels becomes 0 and 1, the first level being 0, as in R's glm."""
    name = response.expression.strip("`")
    if name not in table.columns or table.columns[name].dtype != object:
        return None
    values = table.columns[name]
    present = {str(value) for value in values}
    declared = [str(level) for level in table.levels.get(name, ())]
    levels = [level for level in declared if level in present] or sorted(present)
    if len(levels) != 2:
        raise DataError(
            f"The outcome '{name}' is text with {len(levels)} levels ({', '.join(levels[:5])}); "
            "an outcome must be numbers, or text with exactly two levels.",
            code="text-outcome",
            column=name,
        )
    return levels[0], levels[1]


def read_outcome(response: Response, table: Table, levels: tuple[str, str] | None) -> np.ndarray:
    """Reads the outcome; text with two levels becomes 0 and 1."""
    if levels is None:
        return evaluate(response.expression, table.columns, table.levels, table.n)
    values = np.array([str(v) for v in table.columns[response.expression.strip("`")]], dtype=object)
    strange = ~np.isin(values, levels)
    if strange.any():
        raise DataError(
            f"The outcome '{response.expression}' has the level '{values[strange][0]}' that the "
            f"fit never saw (it knows '{levels[0]}' and '{levels[1]}').",
            code="unseen-level",
            column=response.expression,
            rows=table.as_read(np.flatnonzero(strange)),
        )
    return (values == levels[1]).astype(np.float64)
