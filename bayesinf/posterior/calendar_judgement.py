"""A finding on months and days that are written as numbers, 202001 and 20200131."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bayesinf.model.model import Model
from bayesinf.posterior.sentinel_judgement import number_columns
from bayesinf.posterior.verdict import Finding

FEWEST = 6
"""Different values from which on they are a calendar and no accident."""

YEARS = (1800, 2200)
"""From the first to before the last."""


def judge_calendar(model: Model) -> tuple[Finding, ...]:
    """Finds predictors that jump by 89 from December to January, or by 70 at the end of a month."""
    table = model.design.table
    if table is None:
        return ()
    found = []
    for name in number_columns(model.formula):
        values = table.columns[name]
        unit = calendar_unit(values)
        if unit is None or len(np.unique(values)) < FEWEST:
            continue
        months = f"frame[{name!r}] // 100 * 12 + frame[{name!r}] % 100"
        days = (
            f"(pandas.to_datetime(frame[{name!r}].astype(int).astype(str)) - "
            "pandas.Timestamp('2000-01-01')).dt.days"
        )
        found.append(
            Finding(
                f"Column '{name}' looks like {unit}s written as numbers, from "
                f"{values.min():.0f} to {values.max():.0f}, and was used as a number: it jumps "
                f"where a {'year' if unit == 'month' else 'month'} ends.",
                "warning",
                "dates-as-numbers",
                {"low": float(values.min()), "high": float(values.max())},
                f"Count {unit}s: frame[{name!r}] = {months if unit == 'month' else days}.",
            )
        )
    return tuple(found)


def calendar_unit(values: ArrayLike) -> str | None:
    """Says whether numbers are months such as 202001, or days such as 20200131.

    Args:
        values: One or more; those that are no finite numbers are no dates.

    Returns:
        `"month"` or `"day"` where all are such dates, of more than one year or month; else None.

    Example:
        >>> (
        ...     calendar_unit(np.array([201911, 201912, 202001])),
        ...     calendar_unit(np.array([201911, 201912])),
        ... )
        ('month', None)
    """
    values = np.asarray(values)
    if not len(values) or values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return None
    size = {6: "month", 8: "day"}.get(len(f"{float(values.max()):.0f}"))
    whole = np.unique(values)
    if size is None or not (whole == np.round(whole)).all():
        return None
    whole = whole.astype(np.int64)
    months = whole if size == "month" else whole // 100
    days = np.ones_like(whole) if size == "month" else whole % 100
    years, month = months // 100, months % 100
    are_dates = (YEARS[0] <= years) & (years < YEARS[1]) & (month >= 1) & (month <= 12)
    # 20180229 is no day, but a slip in a column of days all the same.
    are_dates &= (days >= 1) & (days <= 31)
    return size if are_dates.all() and len(np.unique(whole // 100)) > 1 else None
