"""Reading a panel from a frame with one row for each unit and time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import bayesinf as bi
from causal.formula import refuse_disguised
from causal.panel.adoption import DATED, read_first_treated, read_switches
from causal.panel.columns import (
    amounts,
    missing_in,
    numbers,
    positions_in,
    spread,
    with_dates_as_text,
)
from causal.panel.panel import Panel
from causal.treatment import has_text, levels_of


def read_panel(
    frame: object,
    outcome: str,
    unit: str,
    time: str,
    *,
    first_treated: str | None = None,
    treatment: str | None = None,
    covariates: Sequence[str] = (),
    control: object = None,
) -> Panel:
    """Reads a panel from a frame with one row for each unit and time.

    Args:
        frame: pandas, polars, a pyarrow table, or a dict of arrays.
        outcome: Numbers. A missing one is kept as nan; what to do about it is the study's choice.
        unit: Who is observed: text or numbers.
        time: When: numbers, dates, text such as `2004`, `2004-03` or `2004Q1`, or an ordered
            factor. Times are taken to follow each other in steps of one, whatever their distance.
        first_treated: A column that tells of each unit when its treatment began, in all of its
            rows alike. Missing, infinite, "never", and 0 where times are years, dates or numbers
            above 0, mean never. Years may be text here and numbers there.
        treatment: Instead of `first_treated`, a column with two levels that tells of each row
            whether the unit is under treatment. With neither, nobody is treated.
        covariates: Columns to read beside; a factor becomes one indicator for each level but the
            first.
        control: The treatment's level that stands for "without it"; None goes by convention (see
            `causal.treatment.read_treatment`).

    Returns:
        The panel. Units without a row at some time have nan there.

    Raises:
        DataError: `duplicate-unit-times`, `unsortable-times`, `one-time`, `missing-labels`,
            `outcome-not-numbers`, `infinite-values`, `treatment-switches-off`,
            `first-treated-varies`, `first-treated-unreadable`, `first-treated-coded`,
            `missing-treatment`.
        ModelError: `two-treatments`: both ways of telling who is treated were given.

    Example:
        >>> frame = {"y": [1, 2, 5, 7], "who": ["a", "a", "b", "b"], "when": [1, 2, 1, 2]}
        >>> panel = read_panel(
        ...     {**frame, "since": [0, 0, 2, 2]}, "y", "who", "when", first_treated="since"
        ... )
        >>> panel.outcome
        array([[1., 2.],
               [5., 7.]])
        >>> panel.first_treated, panel.never_treated
        (array([2, 1]), array([ True, False]))
    """
    if first_treated is not None and treatment is not None:
        raise bi.ModelError(
            f"Both '{first_treated}' and '{treatment}' are to tell who is treated since when.",
            code="two-treatments",
            hint="Give first_treated=... or treatment=..., not both.",
        )
    told = [name for name in (first_treated, treatment) if name is not None]
    names = list(dict.fromkeys((outcome, unit, time, *told, *covariates)))
    table = bi.Table.read(with_dates_as_text(frame, [time, *told]), names)
    require_labels(table, (unit, time), "a row of a panel needs a unit and a time")
    units = tuple(levels_of(table, unit))
    times = sorted_times(table, time)
    at = (positions_in(table.columns[unit], units), positions_in(table.columns[time], times))
    require_single_rows(table, unit, time, units, times, at)
    since, said = np.full(len(units), len(times)), ()
    if first_treated is not None:
        since, said = read_first_treated(table, first_treated, units, times, at)
    if treatment is not None:
        since = read_switches(table, treatment, control, units, times, at)
    refuse_disguised(table, covariates)
    read = {name: values for column in covariates for name, values in amounts(table, column)}
    return Panel(
        spread(numbers(table, outcome), at, (len(units), len(times))),
        units,
        times,
        since,
        {name: spread(values, at, (len(units), len(times))) for name, values in read.items()},
        said,
    )


def require_labels(table: bi.Table, names: Sequence[str], why: str) -> None:
    """Refuses rows that do not tell what or when they are about.

    Args:
        table: The rows.
        names: Columns that no row may miss.
        why: What they are needed for.

    Raises:
        DataError: `missing-labels`.
    """
    for name in names:
        rows = np.flatnonzero(missing_in(table.columns[name]))
        if rows.size:
            places = table.as_read(rows)
            raise bi.DataError(
                f"'{name}' is missing in {len(rows)} of {table.n} rows ({bi.name_rows(places)}); "
                f"{why}.",
                code="missing-labels",
                column=name,
                rows=places,
                hint="Drop these rows, or fill them in.",
            )


def sorted_times(table: bi.Table, time: str) -> tuple[object, ...]:
    """The distinct times, earliest first; refuses text whose order in time is not known."""
    times = tuple(levels_of(table, time))
    if len(times) < 2:
        raise bi.DataError(
            f"'{time}' is {times[0]!r} in all {table.n} rows; a panel needs at least 2 times."
            if times
            else f"'{time}' has no values in {table.n} rows.",
            code="one-time",
            column=time,
            hint="Add the rows of other times, or name the column that tells them.",
        )
    if time in table.levels or not has_text(times):
        return times
    text = [label for label in times if isinstance(label, str)]
    if all(DATED.fullmatch(label) for label in text) and len({len(label) for label in text}) == 1:
        return times
    shown = ", ".join(repr(label) for label in times[:4])
    raise bi.DataError(
        f"The {len(times)} times in '{time}' are text ({shown}, ...), and nothing says which comes "
        "first: the alphabet's order need not be that of time.",
        code="unsortable-times",
        column=time,
        hint="Make them numbers, dates, text such as '2010Q3' or '2010-07', or a pandas "
        "categorical whose categories are in the order of time.",
    )


def require_single_rows(
    table: bi.Table,
    unit: str,
    time: str,
    units: tuple[object, ...],
    times: tuple[object, ...],
    at: tuple[np.ndarray, np.ndarray],
) -> None:
    """Refuses two rows of one unit at one time."""
    cells = at[0] * len(times) + at[1]
    _, first, counts = np.unique(cells, return_index=True, return_counts=True)
    if (counts == 1).all():
        return
    cell = int(cells[first[counts > 1][0]])
    rows = np.flatnonzero(cells == cell)
    raise bi.DataError(
        f"{int((counts > 1).sum())} pairs of '{unit}' and '{time}' have more than one row; the "
        f"first is {units[cell // len(times)]!r} at {times[cell % len(times)]!r}, in "
        f"{bi.name_rows(table.as_read(rows))}.",
        code="duplicate-unit-times",
        column=unit,
        rows=table.as_read(rows),
        hint="Keep one row of each pair, or average them first. If the rows are of different "
        "persons, name the persons as units.",
    )
