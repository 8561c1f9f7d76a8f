"""What a treatment does to each row, as draws, for rules to be judged by."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate


def row_effects(estimate: Estimate, frame: object = None) -> np.ndarray:
    """Gives the effect of the treatment in each row.

    Args:
        estimate: Its finer effects over "row" are taken where it has them; else its prediction is
            asked for each row under both levels of the treatment.
        frame: Other rows; None takes those that the estimate compared. The treatment's column is
            not needed.

    Returns:
        (chain, draw, row) draws, from the same draws as the estimate.

    Raises:
        ModelError: The estimate has neither, or cannot predict other rows.

    Example:
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> estimate = run(made.study, made.frame, Computation(draws=200, seed=1))
        >>> row_effects(estimate).shape[-1]
        400
    """
    if frame is None and "row" in estimate.answer.effects:
        return estimate.answer.effects["row"].draws
    low, high = row_outcomes(estimate, frame)
    return high - low


def row_outcomes(estimate: Estimate, frame: object = None) -> tuple[np.ndarray, np.ndarray]:
    """Gives the expected outcome of each row without the treatment and with it.

    Args:
        estimate: What was found.
        frame: Other rows; None takes those that the estimate compared.

    Returns:
        Two arrays of (chain, draw, row) draws.

    Raises:
        ModelError: The estimate's prediction is not an outcome model.
    """
    fit, contrast = estimate.prediction, estimate.answer.contrast
    if not isinstance(fit, bi.Fit) or contrast is None:
        raise bi.ModelError(
            f"This estimate of {estimate.subject} does not say what the treatment does to each "
            "row: it comes from no outcome model that predicts rows.",
            code="no-row-effects",
            hint="Take an estimator with an outcome model, such as 'standardisation'.",
        )
    given = contrast.table if frame is None else bi.Table.read(frame)
    treatment = contrast.treatment
    outcomes = [
        fit.predict_draws(assign(given, treatment.column, level), kind="mean")
        for level in (treatment.control, treatment.treated)
    ]
    return outcomes[0], outcomes[1]


def assign(table: bi.Table, column: str, level: object) -> bi.Table:
    """The same rows, all with one level of the treatment; the column may be new."""
    if column in table.columns:
        return table.replace(column, level)
    kind = object if isinstance(level, str) else None
    values = np.full(table.n, level, dtype=kind)
    return bi.Table({**table.columns, column: values}, table.levels, table.index, table.n)


def compared_rows(estimate: Estimate, columns: tuple[str, ...]) -> bi.Table:
    """Reads columns of the rows that the estimate compared, whether or not its model uses them.

    Args:
        estimate: What was found.
        columns: Names of columns of the frame that was given.

    Raises:
        DataError: The frame lacks a column.
        ModelError: The estimate compares no rows.
    """
    contrast = estimate.answer.contrast
    if contrast is None:
        raise bi.ModelError(
            f"This estimate of {estimate.subject} compares no rows, so no rule can be judged by "
            "it.",
            code="no-rows",
            hint="Take a study of treated and untreated rows.",
        )
    table = bi.Table.read(estimate.frame, list(columns))
    positions = contrast.table.positions
    rows = table if positions is None else table.take(positions)
    if columns and rows.n != contrast.table.n:
        raise bi.ModelError(
            f"The estimate compared {contrast.table.n} rows, and it is not known which of the "
            f"frame's {table.n} they are.",
            code="rows-not-aligned",
            hint="Drop rows with missing values from the frame first.",
        )
    return rows
