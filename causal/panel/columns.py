"""Columns of a panel as arrays: dates as text, gaps as nan, cells instead of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.formula import refuse_disguised
from causal.treatment import has_text, levels_of, refuse_infinite

if TYPE_CHECKING:
    import pandas as pd


def with_dates_as_text(frame: object, names: Sequence[str]) -> object:
    """Writes dates of a pandas frame or a dict as text that sorts as they do.

    Dates with a time zone lose it: see `without_zone`.
    """
    import pandas as pd

    if isinstance(frame, pd.DataFrame):
        dated = {
            name: without_zone(frame[name]).astype(str).where(frame[name].notna(), None)  # pyright: ignore[reportArgumentType]
            for name in names
            if list(frame.columns).count(name) == 1
            and (frame[name].dtype.kind == "M" or isinstance(frame[name].dtype, pd.PeriodDtype))
        }
        return frame.assign(**dated) if dated else frame
    if isinstance(frame, Mapping):
        dated = {
            name: [None if np.isnat(value) else str(value) for value in values]
            for name in names
            if name in frame and (values := np.asarray(frame[name])).dtype.kind == "M"
        }
        return {**frame, **dated} if dated else frame
    return frame


def without_zone(dates: pd.Series) -> pd.Series:
    """Drops a time zone: whole days stay the days of their place, other instants become UTC.

    Example:
        >>> import pandas as pd
        >>> days = pd.Series(pd.to_datetime(["2020-03-01", "2020-04-01"]).tz_localize("Asia/Tokyo"))
        >>> without_zone(days).dt.day.tolist()
        [1, 1]
    """
    if getattr(dates.dtype, "tz", None) is None:
        return dates
    local = dates.dt.tz_localize(None)
    known = local.dropna()
    if bool((known == known.dt.normalize()).all()):
        return local
    return dates.dt.tz_convert("UTC").dt.tz_localize(None)


def missing_in(values: np.ndarray) -> np.ndarray:
    """Which values are missing: nan in numbers, None in text."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype == object:
        return np.array([value is None for value in values], dtype=bool)
    return np.zeros(len(values), dtype=bool)


def positions_in(values: np.ndarray, labels: tuple[object, ...]) -> np.ndarray:
    """Where each value stands among the labels, which are sorted where they are numbers."""
    if values.dtype.kind in "fiu":
        return np.searchsorted(np.array(labels, dtype=values.dtype), values)
    order = {label: position for position, label in enumerate(labels)}
    return np.array([order[value] for value in values.tolist()], dtype=int)


def spread(
    values: np.ndarray, at: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]
) -> np.ndarray:
    """Writes one value per row into (unit, time); nan where there is no row."""
    cells = np.full(shape, np.nan)
    cells[at] = values
    return cells


def numbers(table: bi.Table, column: str, role: str = "outcome") -> np.ndarray:
    """A column as floats, missing ones nan; refuses text and infinite values.

    Args:
        table: The rows.
        column: Its name.
        role: What it is, for the error: "outcome" or "control".

    Raises:
        DataError: `outcome-not-numbers` or `control-not-numbers`, `infinite-values`, and those of
            `bi.refuse_disguised`, which say how to convert the text.
    """
    values = table.columns[column]
    said = values.tolist() if values.dtype == object else []
    if column in table.levels or has_text(said):
        refuse_disguised(table, [column])
        text = [row for row, value in enumerate(said) if isinstance(value, str)] or range(table.n)
        places = table.as_read(text)
        raise bi.DataError(
            f"'{column}' holds text in {len(text)} of {table.n} rows ({bi.name_rows(places)}), "
            f"such as {said[text[0]]!r}; the {role} has to be numbers.",
            code=f"{role}-not-numbers",
            column=column,
            rows=places,
            hint="Make it numbers first, for example 1 and 0.",
        )
    if values.dtype.kind in "mM":
        raise bi.DataError(
            f"'{column}' holds dates or durations in all {table.n} rows; the {role} "
            "has to be numbers.",
            code=f"{role}-not-numbers",
            column=column,
            hint="Make it numbers first, such as days since the first date.",
        )
    amount = np.where(missing_in(values), np.nan, values).astype(float)
    refuse_infinite(table, column, amount, "units")
    return amount


def amounts(table: bi.Table, column: str) -> list[tuple[str, np.ndarray]]:
    """A covariate as named numbers: itself, or an indicator for each level but the first."""
    values = table.columns[column]
    if column in table.levels or values.dtype == object:
        gone = missing_in(values)
        return [
            (f"{column} = {level}", np.where(gone, np.nan, (values == level).astype(float)))
            for level in levels_of(table, column)[1:]
        ]
    refuse_infinite(table, column, values.astype(float), "units")
    return [(column, values.astype(float))]
