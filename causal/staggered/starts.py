"""Findings on times: treatments that begin between the times of a panel, and steps that differ."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.panel import Panel
from causal.times import coded_dates, readings

SHOWN = 3
"""Times that a sentence shows."""

DAY = 86400.0
"""Seconds of a day."""


def judge_starts(panel: Panel, column: str, time: str) -> tuple[bi.Finding, ...]:
    """Says which units are first treated at a time that the panel does not have.

    Args:
        panel: The units and times.
        column: The column of first treated times.
        time: The column of times.

    Returns:
        A warning, or nothing. Times before the first and after the last of the panel are not
        between its times.
    """
    between = {
        label: int(position)
        for label, position in zip(panel.told, panel.first_treated, strict=False)
        if label is not None and label not in panel.times and 0 < position < len(panel.times)
    }
    if not between:
        return ()
    units = sum(label in between for label in panel.told)
    said = [
        f"{shown(label)} ({counted(panel, label)}) is read as {shown(panel.times[position])}"
        for label, position in list(between.items())[:SHOWN]
    ]
    more = f"; and {len(between) - SHOWN} more" if len(between) > SHOWN else ""
    return (
        bi.Finding(
            f"By '{column}', {units} of {len(panel.units)} units are first treated at times that "
            f"'{time}' does not have, and count as treated from its next time on: "
            f"{'; '.join(said)}{more}. Cohorts and event times are named and counted from there.",
            "warning",
            "treated-between-times",
            {"units": float(units), "times": float(len(between))},
            "Add the rows of these times if there are any; else read event time 0 as the first "
            "time seen after treatment began.",
        ),
    )


def judge_steps(panel: Panel, time: str) -> tuple[bi.Finding, ...]:
    """Says where a step from one time of the panel to the next is not one year, month and so on.

    Args:
        panel: The units and times.
        time: The column of times.
    """
    steps, unit = steps_of(panel.times)
    even = bool(np.allclose(steps, steps[0]))
    if even and (unit == "day" or np.isclose(steps[0], 1)):
        return ()
    if even:
        told = f"The times in '{time}' are {amount(steps[0], unit)} apart"
        means = f"event time 1 is {amount(steps[0], unit)} after event time 0"
    else:
        values, counts = np.unique(np.round(steps, 6), return_counts=True)
        usual = values[counts.argmax()]
        far = [k for k in range(len(steps)) if abs(steps[k] - usual) > 1e-6]
        gaps = [f"{shown(panel.times[k])} to {shown(panel.times[k + 1])}" for k in far[:SHOWN]]
        more = f" and {len(far) - SHOWN} more" if len(far) > SHOWN else ""
        told = (
            f"The times in '{time}' are not equally far apart: from {amount(steps.min(), unit)} to "
            f"{amount(steps.max(), unit)} ({', '.join(gaps)}{more})"
        )
        means = "the same event time is not equally long after treatment in all cohorts"
    return (
        bi.Finding(
            f"{told}. Event times and anticipation count the times of the panel, so {means}.",
            "note",
            "steps-of-times",
            {"shortest": float(steps.min()), "longest": float(steps.max())},
            "" if even else "Read effects by cohort and time beside those by event time.",
        ),
    )


def steps_of(times: tuple[object, ...]) -> tuple[np.ndarray, str]:
    """(time - 1,) distances between times, and their unit; empty for that of the column.

    Example:
        >>> steps, unit = steps_of(("2004-01-01", "2004-02-01", "2004-04-01"))
        >>> steps.tolist(), unit
        ([1.0, 2.0], 'month')
    """
    coded = coded_dates(times)
    if coded is not None:
        text = [f"{float(str(time)):.0f}" for time in times]
        months = [f"{one[:4]}-{one[4:6]}-{one[6:] or '01'}" for one in text]
        return steps_of(tuple(months))
    found = readings(times)
    if not isinstance(times[0], str) or found[0][0] == 0:
        return np.diff(found[0]), ""
    if len(found) == 1 and isinstance(times[0], str) and "-" in times[0][5:]:
        return np.diff(found[0]) / DAY, "day"
    if len(times[0]) == 4:
        return np.diff(found[0]), "year"
    steps = np.diff(found[0])
    if "q" in times[0].lower():
        return steps, "quarter"
    for months, unit in ((12, "year"), (3, "quarter")):
        if not (steps % months).any():
            return steps / months, unit
    return steps, "month"


def amount(step: float, unit: str) -> str:
    """A distance in words.

    Example:
        >>> amount(2.0, "month"), amount(1.0, "year"), amount(2.0, "")
        ('2 months', '1 year', '2')
    """
    return f"{step:g} {unit}{'s' * int(step != 1)}" if unit else f"{step:g}"


def shown(time: object) -> str:
    """A time as a sentence writes it: whole numbers without a point."""
    return f"{time:g}" if isinstance(time, float) else str(time)


def counted(panel: Panel, label: object) -> str:
    """How many units are first treated at a time."""
    units = sum(told == label for told in panel.told)
    return f"{units} unit{'s' * (units != 1)}"
