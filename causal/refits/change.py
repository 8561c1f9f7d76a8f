"""What one refit does otherwise than the study did."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import bayesinf as bi
from causal.answer import Answer
from causal.arms import ArmStudy
from causal.estimate import Estimate
from causal.formula import Adjuster, quoted
from causal.refits.rows import rows_beside
from causal.studies import Adjustment, Experiment
from causal.treatment import Contrast


@dataclass(frozen=True, eq=False)
class Change:
    """One thing that a refit does otherwise; what is None stays as it was.

    Attributes:
        label: What the refit is called.
        rows: (row,) booleans, True for the rows that stay.
        received: (row,) booleans, who is said to have been treated.
        added: (row,) numbers of a further column that is adjusted for.
    """

    label: object
    rows: np.ndarray | None = None
    received: np.ndarray | None = None
    added: np.ndarray | None = None


def contrast_of(answer: Answer) -> Contrast:
    """The rows and arms of an answer.

    Args:
        answer: Of a study that compares rows of arms.

    Raises:
        ModelError: There are none.
    """
    if answer.contrast is None:
        raise bi.ModelError(
            "This estimate compares no rows of two arms, so no row can be changed.",
            code="no-contrast",
            hint="Use the checks of the study itself.",
        )
    return answer.contrast


def apply_change(estimate: Estimate, study: ArmStudy, change: Change) -> tuple[ArmStudy, bi.Table]:
    """Makes the study and the rows of one refit.

    Args:
        estimate: What was answered, with the rows that it used.
        study: Its study.
        change: What is to be different.

    Returns:
        A study, and a frame to run it on.
    """
    contrast = contrast_of(estimate.answer)
    treatment, columns = contrast.treatment, contrast.table.columns
    table = rows_beside(estimate, dict.fromkeys((*study.columns, *columns)))
    if change.received is not None:
        values = np.where(change.received, _boxed(treatment.treated), _boxed(treatment.control))
        table = table.replace(treatment.column, values.tolist())
    if change.added is not None:
        name = free_name(table, "added")
        columns = {**table.columns, name: np.asarray(change.added, dtype=float)}
        table = bi.Table(columns, table.levels, table.index, table.n, table.positions)
        study = adjust_also(study, name)
    return study, table if change.rows is None else table.take(change.rows)


def adjust_also(study: ArmStudy, column: str) -> ArmStudy:
    """The same study that adjusts for one more column.

    Args:
        study: An adjustment or an experiment.
        column: A column of its frame.

    Raises:
        ModelError: The study has no list of columns to adjust for.
    """
    adjuster = Adjuster(quoted(column), (column,), "term")
    model = study.model
    if model.formula is not None:
        model = replace(model, formula=f"{model.formula} + {quoted(column)}")
    if isinstance(study, Adjustment):
        return replace(study, adjusters=(*study.adjusters, adjuster), model=model)
    if isinstance(study, Experiment):
        return replace(study, covariates=(*study.covariates, adjuster), model=model)
    raise bi.ModelError(
        f"The study '{study.name}' has no list of columns to adjust for.",
        code="adjusts-for-nothing",
        hint="Use the checks of the study itself.",
    )


def free_name(table: bi.Table, name: str) -> str:
    """A name that no column has yet: the given one, with underscores where needed."""
    while name in table.columns:
        name += "_"
    return name


def _boxed(level: object) -> np.ndarray:
    """A level as an array without axes, its type kept."""
    box = np.empty((), dtype=object)
    box[()] = level
    return box
