"""The columns of a study, looked through beside its answer, whatever it makes of them."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.amounts import as_coding, outcome_levels
from causal.answer import Answer
from causal.comparison import missing_rows
from causal.findings import (
    judge_codes,
    judge_control,
    judge_missing_levels,
    judge_outcome,
    judge_spellings,
)
from causal.panel.columns import with_dates_as_text
from causal.study import Study

type Levels = tuple[object, object]


def read_columns(study: Study, frame: object) -> bi.Table:
    """Reads the columns of a study.

    Args:
        study: What is compared.
        frame: The data as the user has them.
    """
    names = list(dict.fromkeys(study.columns))
    return bi.Table.read(with_dates_as_text(frame, names), names)


def levels_counted(study: Study, table: bi.Table, answer: Answer) -> Levels | None:
    """Finds the levels of a text outcome, the one that counts as 0 first; None of numbers.

    Args:
        study: What is compared.
        table: Its columns.
        answer: What was answered; a fit knows the levels that it counted.
    """
    if isinstance(answer.prediction, bi.Fit):
        return as_coding(answer.prediction.model.design.recipe.outcome_levels or ())
    values = table.columns[study.outcome]
    if study.outcome not in table.levels and values.dtype != object:
        return None
    missing = np.logical_or.reduce([missing_rows(one) for one in table.columns.values()])
    return outcome_levels(table.take(~missing), study.outcome)


def judge_columns(study: Study, table: bi.Table, levels: Levels | None) -> tuple[bi.Finding, ...]:
    """Looks through the columns of a study, whatever it makes of them.

    Args:
        study: What is compared.
        table: Its columns.
        levels: Of a text outcome, the one that counts as 0 first; None of numbers.

    Returns:
        Codes and levels that stand for missing values, levels that are spelt in two ways, and a
        control, or a level of the outcome that counts as 1, that the alphabet chose.
    """
    treatment, control = getattr(study, "treatment", None), getattr(study, "control", None)
    held = [name for name in study.amounts if name != treatment]
    return (
        *judge_codes(table, study.amounts),
        *judge_spellings(table, study.columns),
        *judge_missing_levels(table, study.outcome, held),
        *(() if treatment is None else judge_control(table, treatment, control)),
        *(() if levels is None else judge_outcome(table, study.outcome, levels)),
    )
