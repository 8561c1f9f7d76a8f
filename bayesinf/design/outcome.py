"""The left-hand side as numbers: outcomes, trials, standard errors and weights."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import DataError, all_or_some, name_rows
from bayesinf.family import Known
from bayesinf.formula.evaluate import evaluate
from bayesinf.formula.formula import Response
from bayesinf.texts import advice_on

FEW, MANY = 20, 1_000
"""Levels that may be two, spelt in several ways, and those that need not be counted."""


def read_known(response: Response, table: Table) -> Known:
    """Reads trials and standard errors, where the formula names them.

    Raises:
        DataError: `bad-trials` or `bad-standard-error`, with the rows.
    """

    def values(expression: str | None) -> np.ndarray | None:
        if expression is None:
            return None
        return evaluate(expression, table.columns, table.levels, table.n, table.positions)

    error = values(response.standard_error)
    if error is not None and (error <= 0).any():
        _refuse_rows(
            table,
            response.standard_error,
            error,
            error <= 0,
            "bad-standard-error",
            "Standard errors must be above 0",
            "Correct them, or leave the rows out; a standard error of 0 would say that the outcome "
            "is known exactly.",
        )
    trials = values(response.trials)
    if trials is not None:
        _refuse_trials(response, trials, table)
    return Known(trials, error)


def _refuse_rows(
    table: Table,
    expression: str | None,
    values: np.ndarray,
    wrong: np.ndarray,
    code: str,
    rule: str,
    hint: str,
) -> NoReturn:
    """Names the rows whose values break a rule."""
    found = np.flatnonzero(wrong)
    rows = table.as_read(found)
    raise DataError(
        f"{rule}; '{expression}' is not, in {all_or_some(len(rows), table.n)} ({name_rows(rows)}; "
        f"the first is {values[found[0]]:g}).",
        code=code,
        column=expression,
        rows=rows,
        hint=hint,
    )


def _refuse_trials(response: Response, trials: np.ndarray, table: Table) -> None:
    """Refuses trials that cannot be counted; no trials at all, 0, are fine."""
    wrong = (trials < 0) | (trials != np.floor(trials))
    if wrong.any():
        _refuse_rows(
            table,
            response.trials,
            trials,
            wrong,
            "bad-trials",
            "Trials must be whole numbers from 0",
            "Correct them: trials count how often something could have happened.",
        )


def read_weights(response: Response, table: Table) -> np.ndarray | None:
    """Reads the rows' weights, where the formula names them."""
    if response.weights is None:
        return None
    weights = evaluate(response.weights, table.columns, table.levels, table.n, table.positions)
    if (weights < 0).any():
        _refuse_rows(
            table,
            response.weights,
            weights,
            weights < 0,
            "negative-weights",
            "Weights must not be below 0",
            "Correct them: a weight says how often a row counts, and 0 leaves it out.",
        )
    return weights


def outcome_levels(response: Response, table: Table) -> tuple[str, str] | None:
    """A text outcome with two levels becomes 0 and 1, the first being 0 as in R's glm; + is 1."""
    name = response.expression.strip("`")
    if name not in table.columns or table.columns[name].dtype != object:
        return None
    present = _levels_seen(table.columns[name].tolist())
    if len(present) != 2:
        raise _not_two_levels(name, present, table)
    declared = [str(level) for level in table.levels.get(name, ()) if str(level) in present]
    low, high = declared or sorted(present, key=lambda level: (level == "+", level))  # - before +
    return low, high


def _levels_seen(values: list[object]) -> dict[str, None]:
    """The levels, the first seen first, until there are too many for an outcome in any case."""
    present: dict[str, None] = {}
    for start in range(0, len(values), MANY):
        present.update(dict.fromkeys(map(str, dict.fromkeys(values[start : start + MANY]))))
        if len(present) > MANY:
            break
    return present


def _not_two_levels(name: str, present: Collection[str], table: Table) -> DataError:
    """The error for an outcome of text with one level, or with more than two."""
    count, levels = len(present), list(present)
    counted = f"more than {MANY:,}" if count > MANY else f"{count:,}"
    values = table.columns[name]
    alike = len({" ".join(level.split()).casefold() for level in levels[:FEW]})
    column = f"frame['{name}']"
    if count == 1:
        raise DataError(
            f"The outcome '{name}' is text with 1 level, '{levels[0]}' in all {table.n} rows.",
            code="text-outcome",
            column=name,
            hint="Use rows of both levels: there is nothing to tell apart in rows of one.",
        )
    if alike <= 2 < count <= FEW:
        hint = (
            f"Spell levels that differ only by case or blanks in one way: {column} = "
            f"{column}.str.strip().str.lower()."
        )
    elif all(isinstance(value, int | float) for value in values[:FEW]):
        hint = f"Make it numbers, which it is a category of: {column} = {column}.astype(float)."
    elif advice := advice_on(name, values.tolist(), table.positions):
        hint = advice
    else:
        hint = (
            f"Choose what counts as 1, for example {column} = {column} == '{levels[0]}', with "
            "family='bernoulli'."
        )
    second = next(row for row, value in enumerate(values) if str(value) == levels[1])
    first, other = table.as_read([0, second])
    return DataError(
        f"The outcome '{name}' is text with {counted} levels, such as '{levels[0]}' in row {first} "
        f"and '{levels[1]}' in row {other}; an outcome is numbers, or text with two levels.",
        code="text-outcome",
        column=name,
        hint=hint,
    )


def read_outcome(response: Response, table: Table, levels: tuple[str, str] | None) -> np.ndarray:
    """Reads the outcome; text with two levels becomes 0 and 1."""
    if levels is None:
        return evaluate(response.expression, table.columns, table.levels, table.n, table.positions)
    values = table.columns[response.expression.strip("`")].tolist()
    place = {value: str(value) for value in set(values)}
    code = {value: levels.index(text) if text in levels else 2 for value, text in place.items()}
    found = np.array([code[value] for value in values], dtype=np.float64)
    strange = np.flatnonzero(found == 2)
    if strange.size:
        rows = table.as_read(strange)
        raise DataError(
            f"The outcome '{response.expression}' has the level '{values[strange[0]]}', which the "
            f"fit never saw, in {all_or_some(len(rows), table.n)} ({name_rows(rows)}).",
            code="unseen-level",
            column=response.expression,
            rows=rows,
            hint=f"Give '{levels[0]}' or '{levels[1]}', the levels of the fit.",
        )
    return found
