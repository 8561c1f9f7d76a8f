"""A finding on numbers that stand for a missing value, such as -999, and were fitted as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import name_rows
from bayesinf.formula.formula import Formula, group_columns
from bayesinf.formula.guard import factor_columns
from bayesinf.model.model import Model
from bayesinf.posterior.verdict import Finding

CODES = np.array([float(digit * size) for digit in "789" for size in range(2, 8)])
"""99, 999 and so on, and the same of 7 and 8, which surveys use for refusals and the like."""

SURVEY = np.array([96.0, 97.0, 98.0, 996.0, 997.0, 998.0, 9996.0, 9997.0, 9998.0])
"""What surveys write beside them for "refused" and "do not know"."""

SENTINELS = np.concatenate([-CODES, -SURVEY, [-9.0], CODES, SURVEY])

FAR = 3.0
"""Ranges of the other values between these and a code: ages from 18 to 80 may well end at 99."""

SCALE = 8.0
"""Answers on a scale are whole numbers from 0 to 8 at most, where -9 is a code."""

SMALL = np.array([-1.0, -7.0, -8.0, -9.0])
"""Codes beside amounts that are all above 0, such as ages, where they stand in several rows."""

AMOUNTS = 20
"""Different values from which on a column holds amounts and not ratings."""

FEWEST = 3
"""Other values from which on there is a range that a code can lie outside."""


def judge_sentinels(model: Model) -> tuple[Finding, ...]:
    """Finds columns with a code of its own, far outside everything else in the column."""
    design = model.design
    if design.table is None:
        return ()
    formula, table = design.recipe.formula, design.table
    columns = [name for name in number_columns(formula) if table.columns[name].dtype.kind in "iuf"]
    return tuple(
        found
        for name in columns
        for found in tell_codes(table, name, codes_in(table.columns[name]))
    )


def number_columns(formula: Formula) -> list[str]:
    """The columns whose values count as amounts: not those that are levels or groups."""
    groups = {
        column
        for call in formula.terms
        if call.term == "varying"
        for column in group_columns(call.arguments[1])
    }
    return [name for name in formula.variables if name not in groups | factor_columns(formula)]


def codes_in(values: np.ndarray) -> list[float]:
    """The values that say "missing" and are far from all others.

    A negative code may be nearer where nothing else in the column is negative. No value is found in
    the 2,500 columns of numbers of the reference data sets but one, an age of -1, which is a code.

    Args:
        values: Shape (row,), numbers.

    Example:
        >>> codes_in(np.array([57.0, 97.0, 62.0, -999.0, 71.0, -999.0]))
        [-999.0]
        >>> codes_in(np.array([57.0, 97.0, 62.0, 99.0, 71.0]))
        []
        >>> codes_in(np.array([*range(18, 80), -1, -1]))
        [-1.0]
    """
    ends = [values.min(), values.max()] if len(values) else []
    if not (np.isin(ends, SENTINELS).any() or np.isin(ends[:1], SMALL).any()):
        return []
    distinct = np.unique(values).astype(float)
    if small := _small_codes(values, distinct):
        return small
    is_code = np.isin(distinct, SENTINELS)
    others = distinct[~is_code]
    if len(others) < FEWEST:
        return []
    low, high = others[0], others[-1]
    beyond = np.maximum(low - distinct, distinct - high)
    far = beyond > FAR * (high - low)
    scale = high <= SCALE and bool((others == np.round(others)).all())
    negative = (low >= 0) & ((distinct <= -10) | ((distinct < 0) & scale))
    return distinct[is_code & (far | negative)].tolist()


def _small_codes(values: np.ndarray, distinct: np.ndarray) -> list[float]:
    """Whole numbers below 0 in several rows each, where all other values are amounts above 0."""
    below, others = distinct[distinct < 0], distinct[distinct >= 0]
    if len(others) < AMOUNTS or others[0] == 0 or not np.isin(below, SMALL).all():
        return []
    repeated = all(np.count_nonzero(values == code) > 1 for code in below)
    return below.tolist() if repeated else []


def is_code(value: object) -> bool:
    """Whether a number is one that stands for a missing value where it is far from all others.

    Example:
        >>> is_code(-999), is_code(1)
        (True, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return False
    return bool(np.isin(value, SENTINELS))


def tell_codes(table: Table, column: str, codes: Sequence[float]) -> tuple[Finding, ...]:
    """Says where codes stand, beside which values, and how to make them missing.

    Args:
        table: The rows.
        column: A column of numbers.
        codes: Some of its values (`codes_in`).

    Returns:
        A warning for each code.

    Example:
        >>> table = Table.read({"age": [57.0, 62.0, -999.0, 71.0]})
        >>> tell_codes(table, "age", [-999.0])[0].evidence
        {'value': -999.0, 'rows': 1.0}
    """
    values = table.columns[column]
    others = values[np.isfinite(values) & ~np.isin(values, codes)]
    found = []
    for code in codes:
        rows = sorted(table.as_read(np.flatnonzero(values == code)))  # a fleet is sorted by group
        many = f"{len(rows)} row{'s' * (len(rows) > 1)} ({name_rows(rows)})"
        found.append(
            Finding(
                f"Column '{column}' is {code:.15g} in {many}, far from its other values, which go "
                f"from {others.min():g} to {others.max():g}: it looks like a code for a missing "
                "value, and was used as a number.",
                "warning",
                "missing-as-number",
                {"value": code, "rows": float(len(rows))},
                f"If it is one, make it missing first: frame[{column!r}] = "
                f"frame[{column!r}].mask(frame[{column!r}] == {code:.15g}).",
            )
        )
    return tuple(found)
