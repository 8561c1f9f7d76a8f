"""The rows of two arms that an estimate used, with any column of the user's frame."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

import bayesinf as bi
from causal.arms import ArmStudy
from causal.comparison import missing_rows
from causal.estimate import Estimate
from causal.treatment import levels_of


def refuses_arms(estimate: Estimate) -> str | None:
    """Says why rows of an estimate cannot be changed one by one, or None.

    Args:
        estimate: What was answered.
    """
    study, contrast = estimate.study, estimate.answer.contrast
    if not isinstance(study, ArmStudy) or contrast is None:
        return (
            f"The study '{study.name}' does not compare rows of two arms; its own checks stand "
            "among the findings of the estimate."
        )
    arms = arms_compared(estimate, contrast.table, study.treatment)
    if len(arms) > 2:
        shown = ", ".join(map(str, arms[:5])) + ("" if len(arms) <= 5 else ", ...")
        return (
            f"'{study.treatment}' has more than two levels ({shown}), and this compares two; keep "
            "the rows of two of them, and run the study on those first."
        )
    return None


def arms_compared(estimate: Estimate, pair: bi.Table, treatment: str) -> Sequence[object]:
    """The levels of the treatment among all rows that the outcome model was fitted to.

    Args:
        estimate: What was answered.
        pair: The rows of the headline, which of several arms are two.
        treatment: The treatment's column.
    """
    fit = estimate.answer.prediction
    fitted = fit.model.design.table if isinstance(fit, bi.Fit) else None
    if fitted is None or treatment not in fitted.columns:
        return levels_of(pair, treatment)
    return levels_of(fitted, treatment)


def arm_study(estimate: Estimate) -> ArmStudy:
    """The study of an estimate that compares rows of two arms.

    Raises:
        ModelError: It does not.
    """
    study, reason = estimate.study, refuses_arms(estimate)
    if reason is not None or not isinstance(study, ArmStudy):
        raise bi.ModelError(
            str(reason),
            code="check-refuses",
            hint="Look at the findings of the estimate itself.",
        )
    return study


def rows_beside(estimate: Estimate, columns: Collection[str]) -> bi.Table:
    """Reads columns of the user's frame for the rows that the estimate used.

    Args:
        estimate: What was answered.
        columns: Columns of its frame.

    Returns:
        Those columns, row by row beside `estimate.answer.contrast.table`.

    Raises:
        DataError: The frame has no such column, or it is missing in some of these rows.
    """
    contrast = estimate.answer.contrast
    assert contrast is not None
    read, used = bi.Table.read(estimate.frame, list(columns)), contrast.table.positions
    if used is not None:
        # A table that was cut already counts from the frame that it was cut from.
        kept = used if read.positions is None else np.flatnonzero(np.isin(read.positions, used))
        read = read.take(kept)
    table = read
    for name, values in table.columns.items():
        missing = missing_rows(values)
        if missing.any():
            raise bi.DataError(
                f"'{name}' is missing in {np.count_nonzero(missing)} of the {table.n} rows that "
                "the estimate used, so that this check would be about other rows.",
                code="missing-in-check",
                column=name,
                rows=table.as_read(np.flatnonzero(missing)),
                hint="Fill it in, or answer the question again on the rows that have it.",
            )
    return table
