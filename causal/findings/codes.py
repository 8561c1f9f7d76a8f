"""Numbers that stand for a missing value, such as -999, in any column that a study reads."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import numpy as np

import bayesinf as bi

FAR = 3.0
"""Steps from two answers such as 0 and 1 from which on a code is none of them."""

FEW = 8
"""Distinct values up to which a column may hold two answers beside codes."""


def judge_codes(table: bi.Table, columns: Collection[str]) -> tuple[bi.Finding, ...]:
    """Finds columns of numbers with a code of its own, far outside everything else in the column.

    Every study is looked through before its estimator matters: a code in the outcome moves a
    weighted mean as it moves a regression.

    Args:
        table: The rows as they were given.
        columns: Those whose values are amounts.

    Example:
        >>> table = bi.Table.read({"y": [1.5, 2.5, 2.0, -999.0]})
        >>> judge_codes(table, ["y"])[0].evidence
        {'value': -999.0, 'rows': 1.0}
    """
    return tuple(
        found
        for column in dict.fromkeys(columns)
        if table.columns[column].dtype.kind in "iuf" and column not in table.levels
        for found in bi.tell_missing_codes(table, column, codes_beside(table.columns[column]))
    )


def codes_beside(values: np.ndarray) -> list[float]:
    """The codes among amounts, or beside two neighbouring answers such as 0 and 1.

    Example:
        >>> codes_beside(np.array([0.0, 1.0, 1.0, -9.0])), codes_beside(np.array([0.0, 1.0, 2.0]))
        ([-9.0], [])
    """
    known = np.asarray(values[np.isfinite(values)])
    distinct = np.unique(known).astype(float)
    if len(distinct) > FEW:
        return bi.missing_codes(known)
    codes = [value for value in distinct.tolist() if bi.is_missing_code(value)]
    others = np.setdiff1d(distinct, codes)
    if len(others) == 2 and others[1] - others[0] == 1:
        return [code for code in codes if np.abs(others - code).min() > FAR]
    return bi.missing_codes(known)


def leave_out_told(
    findings: Iterable[bi.Finding], told: Collection[bi.Finding]
) -> tuple[bi.Finding, ...]:
    """Leaves out what an outcome model says of a code or level that the study tells of already.

    Its sentence begins alike but for the rows, which it may count among fewer, and may follow the
    name of an arm.
    """
    starts = [(found.code, re.split(r"(?<= in )|(?<=, )", found.sentence)[0]) for found in told]
    return tuple(
        found
        for found in findings
        if not any(code in found.code and start in found.sentence for code, start in starts)
    )
