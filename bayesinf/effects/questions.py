"""Questions to a posterior: what is expected, what changes with a column, and how steeply.

All three average the expected outcome over rows, draw by draw, so that the answer's draws are those
of a quantity in the outcome's own units (with trials: in probabilities per trial).

Effects of groups that the fit has seen are part of the expected outcome, so that an average over
the training rows is about those very groups; rows of a new group ask about the population of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bayesinf.data.schema import Column
from bayesinf.data.table import Table
from bayesinf.effects.averaging import Cells, all_rows, cell_averages, each_row, rows_by
from bayesinf.effects.changes import changes_of, column_asked, is_group_only, observed_numbers
from bayesinf.effects.contrasts import Contrast, compare_outcomes, named_contrast
from bayesinf.effects.derivative import difference_points
from bayesinf.effects.effect import Effect
from bayesinf.effects.expected import (
    column_names,
    expected_outcomes,
    further_columns,
    rows_asked,
)
from bayesinf.effects.steps import refuse_steps
from bayesinf.effects.wording import (
    cases_in_words,
    once_in_words,
    outcome_in_words,
    rows_in_words,
    spoken,
)
from bayesinf.errors import DataError, ModelError
from bayesinf.links import ProbabilityLink
from bayesinf.model.model import Model
from bayesinf.posterior.posterior import Posterior
from bayesinf.prediction.extrapolation import ends_outside, warn_of_extrapolation
from bayesinf.prediction.grid import with_value

LARGEST_ANSWER = 100_000_000
"""Numbers that an effect may hold (0.8 GB): 25,000 cases at 4,000 draws."""


def predictions(
    posterior: Posterior,
    rows: object | None = None,
    by: str | None = None,
    average: bool = True,
    weights: str | None = None,
) -> Effect:
    """What outcome is expected, on average over rows?

    Args:
        posterior: What is believed.
        rows: A frame with the predictors; None takes the training rows.
        by: A column of the rows: one average for each of its levels.
        average: False gives every row by itself.
        weights: A column of the rows that says how much each counts in the average; None counts all
            alike, also where the fit had weights or trials, and says so in its question.

    Returns:
        The effect, its cases labelled by level, by row, or `average`. Expected outcomes are
        probabilities per trial where the response has trials.

    Raises:
        DataError: Where the rows do not hold what the model needs.
        ModelError: Where `by` or `weights` are given although nothing is averaged, and
            `not-a-column-name` where they are no text.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> predictions(fit.posterior).summary().round({"mean": 0})["mean"].to_dict()
        {'average': 299.0}
    """
    table = rows_asked(posterior, rows, further_columns(by, weights, average))
    cells = _cells(posterior, table, rows, by, average, weights)
    _check_size(posterior, len(cells.labels))
    outcome = outcome_in_words(posterior.model)
    averages = _averages(posterior, table, cells)
    places = cases_in_words(cells)
    names, labels = (cells.names, cells.labels) if cells.names else (("rows",), (("average",),))
    return _effect(
        posterior,
        "prediction",
        f"What is the {outcome}, {rows_in_words(cells)}?",
        averages,
        names,
        labels,
        tuple(f"The {outcome} {place} is" for place in places),
        None,
    )


def comparisons(
    posterior: Posterior,
    variable: str,
    rows: object | None = None,
    by: str | None = None,
    contrast: str = "difference",
    average: bool = True,
    values: Sequence[object] | None = None,
    weights: str | None = None,
) -> Effect:
    """What changes in the expected outcome when one column changes and the others stay?

    A number is raised by one from where it is; a column of 0 and 1 or of False and True goes from
    the first to the second in every row; a factor from its first level to each of the others. It
    describes the model: whether the change is caused is for `causal` to argue.

    Args:
        posterior: What is believed.
        variable: The column that changes.
        rows: A frame with the predictors; None takes the training rows.
        by: A column of the rows: one comparison for each of its levels.
        contrast: `"difference"`, `"ratio"`, `"lift"` or `"odds_ratio"`. Averages are compared, not
            compared values averaged: a ratio is that of two average expected outcomes, and an odds
            ratio that of two average probabilities (the marginal odds ratio, nearer to 1 than the
            coefficient's).
        average: False compares every row by itself.
        values: (low, high), two values of the column for all rows, in place of its own change.
        weights: A column of the rows that says how much each counts in the average; None counts all
            alike, also where the fit had weights or trials, and says so in its question.

    Returns:
        The effect, its cases labelled `+1`, `b - a`, `b / a` and so on, and by level or row.
        Expected outcomes are probabilities per trial where the response has trials.

    Raises:
        DataError: Where the column is no predictor, or the rows do not hold what the model needs.
        ModelError: Where the contrast does not exist or does not suit the family, `no-ratio` where
            it would divide by an expected outcome of uncertain sign, and `not-a-column-name`.

    Warns:
        ExtrapolationWarning: One of `values` lies beyond what the model was fitted to, by more than
            a tenth of that range.

    Source:
        Arel-Bundock, Greifer and Heiss (2024), How to interpret statistical models using
        marginaleffects, Journal of Statistical Software 111(9).

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> comparisons(fit.posterior, "Days").summary().round({"mean": 1})["mean"].to_dict()
        {'+1': 10.5}
    """
    chosen = _suited(posterior.model, named_contrast(contrast))
    table = rows_asked(posterior, rows, further_columns(by, weights, average))
    cells = _cells(posterior, table, rows, by, average, weights)
    changes = changes_of(posterior, table, variable, values, chosen)
    if values is not None:
        warn_of_extrapolation(ends_outside(posterior.model.design.recipe, variable, values))
    _check_size(posterior, len(cells.labels) * len(changes.highs))
    low = _averages(posterior, with_value(table, variable, changes.low), cells)
    answers = []
    for value in changes.highs:
        try:
            high = _averages(posterior, with_value(table, variable, value), cells)
        except DataError as error:
            raise (error if values is not None else _beyond(error, variable)) from None
        answers.append(compare_outcomes(chosen, high, low))
    outcome, places = outcome_in_words(posterior.model), cases_in_words(cells)
    return _effect(
        posterior,
        "comparison",
        f"How does the {outcome} differ {changes.question} ({spoken(chosen)}, "
        f"{rows_in_words(cells)})?",
        np.concatenate(answers, axis=1),
        ("contrast", *cells.names),
        tuple((change, *cell) for change in changes.labels for cell in cells.labels),
        tuple(
            chosen.claim.format(words=words, outcome=outcome, where=place)
            for words in changes.words
            for place in places
        ),
        chosen.null,
    )


def _beyond(error: DataError, variable: str) -> DataError:
    """The error where the rows themselves are known, and not what they are raised to."""
    if error.code != "outside-range":
        return error
    return DataError(
        f"With '{variable}' raised by 1 in every row: {str(error).splitlines()[0]}",
        code=error.code,
        column=variable,
        rows=error.rows,
        hint="Compare two values that it covers: values=(low, high); or let it extrapolate in the "
        "formula, extrapolation='extend'.",
    )


def slopes(
    posterior: Posterior,
    variable: str,
    rows: object | None = None,
    by: str | None = None,
    average: bool = True,
    weights: str | None = None,
) -> Effect:
    """How steeply does the expected outcome rise with a number?

    The derivative is a second-order difference over 0.0001 of the column's range at the fit:
    central within that range, one-sided at its ends, so that splines are never asked beyond them.

    Args:
        posterior: What is believed.
        variable: A number column.
        rows: A frame with the predictors; None takes the training rows.
        by: A column of the rows: one slope for each of its levels.
        average: False gives every row by itself.
        weights: A column of the rows that says how much each counts in the average; None counts all
            alike, also where the fit had weights or trials, and says so in its question.

    Returns:
        The effect, per unit of the column, its cases labelled by the column's name, by level or by
        row.

    Raises:
        DataError: Where the column is no predictor or no number, or the rows do not hold what the
            model needs.
        ModelError: `no-slope`, where the column enters by steps alone, such as `I(x > 5)`, or has a
            step at the very value of a row.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> slopes(fit.posterior, "Days").summary().round({"mean": 1})["mean"].to_dict()
        {'Days': 10.5}
    """
    table = rows_asked(posterior, rows, further_columns(by, weights, average))
    cells = _cells(posterior, table, rows, by, average, weights)
    _check_size(posterior, len(cells.labels))
    column = _number(posterior, variable)
    observed = observed_numbers(table, variable, column).astype(np.float64)
    points, factors = difference_points(observed, column.low or 0.0, column.high or 0.0)
    refuse_steps(posterior.model, table, variable, points)
    answer = np.zeros((posterior.values.count, len(cells.labels)))
    for at, factor in zip(points, factors, strict=True):
        if factor.any():
            answer += _averages(posterior, with_value(table, variable, at), cells.times(factor))
    outcome = outcome_in_words(posterior.model)
    names, labels = (cells.names, cells.labels) if cells.names else (("slope",), ((variable,),))
    return _effect(
        posterior,
        "slope",
        f"How steeply does the {outcome} rise with {variable}, {rows_in_words(cells)}?",
        answer,
        names,
        labels,
        tuple(
            f"The {outcome} {place} is associated with {variable} at a slope of"
            for place in cases_in_words(cells)
        ),
        0.0,
    )


def _averages(posterior: Posterior, table: Table, cells: Cells) -> np.ndarray:
    return cell_averages(expected_outcomes(posterior, table), cells, posterior.values.count)


def _effect(
    posterior: Posterior,
    name: str,
    question: str,
    answer: np.ndarray,
    names: tuple[str, ...],
    labels: tuple[tuple[object, ...], ...],
    claims: tuple[str, ...],
    null: float | None,
) -> Effect:
    draws = answer.reshape(*posterior.values.shape, -1)
    return Effect(name, question, draws, names, labels, claims, null, posterior.verdict)


def _cells(
    posterior: Posterior,
    table: Table,
    rows: object | None,
    by: str | None,
    average: bool,
    weights: str | None,
) -> Cells:
    if average:
        cells = all_rows(table, weights) if by is None else rows_by(table, by, weights)
        held = column_names(table if rows is None else rows)
        return replace(cells, once=once_in_words(posterior.model, held))
    if by is not None or weights is not None:
        given = "by" if by is not None else "weights"
        raise ModelError(
            f"{given}= is about averages, and average=False asks for every row by itself.",
            code="nothing-averaged",
            hint=f"Leave out {given}= or average=False.",
        )
    return each_row(table)


def _check_size(posterior: Posterior, cases: int) -> None:
    if cases * posterior.values.count > LARGEST_ANSWER:
        raise DataError(
            f"{cases:,} cases at {posterior.values.count:,} draws are more than fit in memory.",
            code="too-many-cases",
            hint="Average (average=True, or by= a column), or ask about fewer rows.",
        )


def _suited(model: Model, contrast: Contrast) -> Contrast:
    if contrast.probabilities_only and not isinstance(model.family.link, ProbabilityLink):
        raise ModelError(
            f"An {spoken(contrast)} compares probabilities; the {model.family.name} family's "
            "expected outcome is none.",
            code="not-a-probability",
            hint='Use contrast="ratio" or "difference".',
        )
    return contrast


def _number(posterior: Posterior, variable: str) -> Column:
    """A column that has slopes, as it was at the fit."""
    column = column_asked(posterior, variable)
    if column.kind != "number" or is_group_only(posterior.model.formula, variable):
        raise DataError(
            f"'{variable}' is {'boolean' if column.kind == 'boolean' else 'a factor'}; "
            "only numbers have slopes.",
            code="not-a-number",
            column=variable,
            hint=f'Ask for comparisons("{variable}").',
        )
    return column
