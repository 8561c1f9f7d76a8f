"""A finding on months and days that are written as numbers, 202001 and 20200131."""

from __future__ import annotations

from datetime import date

import numpy as np

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


def calendar_unit(values: np.ndarray) -> str | None:
    """`month` or `day` where all values are such dates, of more than one year or month.

    Example:
        >>> (
        ...     calendar_unit(np.array([201911, 201912, 202001])),
        ...     calendar_unit(np.array([201911, 201912])),
        ... )
        ('month', None)
    """
    if not len(values) or values.dtype.kind not in "iuf":
        return None
    size = {6: "month", 8: "day"}.get(len(f"{float(values.max()):.0f}"))
    if size is None or not YEARS[0] <= int(str(int(values.max()))[:4]) < YEARS[1]:
        return None
    whole = np.unique(values)
    if not (whole == np.round(whole)).all():
        return None
    higher = whole // 100
    if (higher == higher[0]).all() or not all(_is_day(int(value), size) for value in whole):
        return None
    return size


def _is_day(number: int, unit: str) -> bool:
    year, month, day = number // 100, number % 100, 1
    if unit == "day":
        year, month, day = number // 10000, number // 100 % 100, number % 100
    if not YEARS[0] <= year < YEARS[1]:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
