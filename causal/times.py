"""Times of a panel or a series: where an intervention begins, and how far they lie apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.treatment import has_text

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 1e-3
"""Distances that are whole multiples of the smallest one to this share of it are regular."""


CALENDAR = (
    ("year", re.compile(r"(\d{4})")),
    ("quarter", re.compile(r"(\d{4})-?[Qq](\d)")),
    ("week", re.compile(r"(\d{4})-?[Ww](\d{1,2})")),
    ("month", re.compile(r"(\d{4})-?[Mm]?(\d{1,2})")),
    ("day", re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")),
    ("instant", re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})([T ].*)?")),
)
"""How text may tell a time, coarse first."""

CODED = {"month": "%Y%m", "day": "%Y%m%d"}
"""How a whole number may be written to tell a time: 201501, 20150131."""

PER_YEAR = {"year": 1, "quarter": 4, "week": 54, "month": 12}
"""Numbers reserved for each year; they only have to keep the order."""


def first_time(times: tuple[object, ...], begins: object, column: str) -> int:
    """Counts the times before the one at which an intervention begins.

    Args:
        times: The times, earliest first.
        begins: The first time with the intervention; it need not be one of them. Where times are
            dates, a date or a text that is one ("2020-3-1", "March 2020"); where they are months,
            quarters or years, the one that holds the date; where they are numbers, a number or a
            text that is one.
        column: The column of times, for the error.

    Raises:
        DataError: `begins-outside`: no time is left before it, or none from it on;
            `begins-unreadable`: it is no time of this kind, or can be read in two ways.

    Example:
        >>> first_time((2001, 2002, 2003), 2002, "year")
        1
        >>> first_time(("2020-01-01", "2020-02-01", "2020-03-01"), "2020-2-1", "month")
        1
    """
    place = place_of(begins, times)
    if place is None:
        raise bi.DataError(
            f"The intervention begins at {begins!r}, which cannot be read as a time like the "
            f"{len(times)} in '{column}': they run from {times[0]!r} to {times[-1]!r}.",
            code="begins-unreadable",
            column=column,
            hint="Write begins=... as these times are written, for example "
            f"begins={times[len(times) // 2]!r}.",
        )
    if 0 < place < len(times):
        return place
    raise bi.DataError(
        f"The intervention begins at {begins!r}, which leaves no times "
        f"{'before' if place == 0 else 'after'} it: the {len(times)} in '{column}' run from "
        f"{times[0]!r} to {times[-1]!r}.",
        code="begins-outside",
        column=column,
        hint="Give begins=..., the first of these times with the intervention.",
    )


def place_of(begins: object, times: tuple[object, ...]) -> int | None:
    """How many times come before a beginning; None where it cannot be read."""
    if not isinstance(begins, bool | np.bool_) and begins in times:
        return times.index(begins)
    if isinstance(times[0], str):
        labels = [str(time) for time in times]
        unit = calendar_unit(labels)
        known = [] if unit is None else calendar_numbers(labels, unit)
        wanted = None if unit is None else calendar_number(begins, unit)
    else:
        known, wanted = list(times), as_number(begins)
    # Ordered factors may order dates otherwise than the calendar: then only their names are sure.
    if wanted is None or not known or (np.diff(np.array(known, dtype=float)) <= 0).any():
        return None
    return int(np.searchsorted(np.array(known, dtype=float), wanted))


def as_number(value: object) -> float | None:
    """A number, or a text that is one; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+(\.\d*)?\s*", value):
        return float(value)
    plain = isinstance(value, int | float | np.integer | np.floating)
    if plain and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    return None


def calendar_unit(labels: list[str]) -> str | None:
    """The unit in which all of some texts tell time; None where they do not."""
    for unit, pattern in CALENDAR:
        if all(pattern.fullmatch(label) for label in labels):
            return unit
    return None


def calendar_numbers(labels: list[str], unit: str) -> Sequence[float | None]:
    """`calendar_number` of each; dates that are written in one way are read at once.

    Example:
        >>> calendar_numbers(["1970-01-02", "1970-01-03"], "day")
        [86400.0, 172800.0]
    """
    import pandas as pd

    if unit in ("day", "instant"):
        try:
            moments = pd.to_datetime(pd.Index(labels), format="ISO8601")
        except ValueError:  # such as 2020-1-5, or of several time zones
            moments = None
        if isinstance(moments, pd.DatetimeIndex) and moments.tz is None:
            return (moments.to_numpy("datetime64[us]").astype(np.int64) / 1e6).tolist()
    return [calendar_number(label, unit) for label in labels]


def calendar_number(value: object, unit: str) -> float | None:
    """Counts a year, quarter, week, month, or the seconds of a date; None if it is none.

    Example:
        >>> calendar_number("2020-5-1", "quarter") == calendar_number("2020Q2", "quarter")
        True
    """
    if isinstance(value, str) and unit not in ("day", "instant"):
        found = dict(CALENDAR)[unit].fullmatch(value.strip())
        if found:
            year, *part = (int(number) for number in found.groups())
            return float(PER_YEAR[unit] * year + (part[0] if part else 0))
    if unit == "year" and (year := as_number(value)) is not None:
        return year
    moment = as_timestamp(value)
    if moment is None:
        return None
    if moment.tzinfo is not None:
        # Days are those of the place; instants with a zone were turned into UTC when read.
        place = moment.tz_convert("UTC") if unit == "instant" else moment
        moment = place.tz_localize(None)
    if unit in ("day", "instant"):
        return moment.timestamp()
    if unit == "week":
        year, week, _ = moment.isocalendar()
        return float(PER_YEAR[unit] * year + week)
    part = {"year": 0, "quarter": moment.quarter, "month": moment.month}[unit]
    return float(PER_YEAR[unit] * moment.year + part)


def as_timestamp(value: object) -> pd.Timestamp | None:
    """Reads a date, with its time zone if it has one; None where it is none, or may be two.

    Example:
        >>> as_timestamp("March 2020")
        Timestamp('2020-03-01 00:00:00')
        >>> as_timestamp("1/2/2020") is None
        True
    """
    import pandas as pd

    if isinstance(value, pd.Period):
        value = value.start_time
    if isinstance(value, str) and not re.search(r"(?<!\d)\d{4}(?!\d)", value):
        return None  # without a year, pandas would take one from elsewhere
    if not isinstance(value, str | date | np.datetime64):
        return None
    try:
        found = pd.to_datetime(value)
        year_first = not isinstance(value, str) or re.match(r"\s*\d{4}", value)
        if not year_first and pd.to_datetime(value, dayfirst=True) != found:
            return None
    except (ValueError, OverflowError):
        return None
    return found if isinstance(found, pd.Timestamp) else None


def lattice(times: tuple[object, ...], column: str) -> np.ndarray:
    """Places times on a lattice of equal steps, so that left-out times are seen.

    Numbers, years, months, quarters, days of equal distance, and days that are months or quarters
    apart are understood; text that is none of these, and ordered factors, are taken to follow each
    other.

    Args:
        times: The times, earliest first.
        column: The column of times, for the error.

    Returns:
        (time,) whole numbers, the first 0; a step of more than 1 skips times.

    Raises:
        DataError: `irregular-times`: the distances are no multiples of one step.

    Example:
        >>> lattice(("2020-01-01", "2020-02-01", "2020-04-01"), "month")
        array([0, 1, 3])
    """
    for places in readings(times):
        steps = np.diff(places) / np.diff(places).min()
        if np.all(np.abs(steps - np.round(steps)) < ENOUGH):
            return np.concatenate([[0], np.round(steps).astype(int).cumsum()])
    steps = np.diff(readings(times)[0])
    raise bi.DataError(
        f"The times in '{column}' are irregular: the distances between them run from "
        f"{steps.min():.6g} to {steps.max():.6g} and are no multiples of one step. A level that "
        "moves from one time to the next needs to know how far these are apart.",
        code="irregular-times",
        column=column,
        hint="Average the outcome over regular intervals (weeks, months); a time without outcome "
        "may be left out.",
    )


def coded_dates(times: tuple[object, ...]) -> tuple[str, str] | None:
    """Tells in which unit whole numbers such as 201512, 201601 are dates, and in which format.

    Numbers of one year, or days of one month, follow each other as numbers do: nothing is told.

    Example:
        >>> coded_dates((201511, 201512, 201601)), coded_dates((201511, 201512))
        (('month', '%Y%m'), None)
    """
    if has_text(times):
        return None
    unit = bi.calendar_unit(np.asarray(times, dtype=float))
    return None if unit is None else (unit, CODED[unit])


def refuse_coded_dates(times: tuple[object, ...], column: str) -> None:
    """Refuses numbers such as 201512 and 201601, of which the distance is 89 and not a month.

    Args:
        times: The times, earliest first.
        column: Their column.

    Raises:
        DataError: `dates-as-numbers`.
    """
    coded = coded_dates(times)
    if coded is None:
        return
    unit, form = coded
    steps = np.diff(np.asarray(times, dtype=float))
    place = int(steps.argmax())
    raise bi.DataError(
        f"The {len(times)} times in '{column}' are {unit}s written as numbers: from "
        f"{times[place]} to {times[place + 1]} is a step of {steps[place]:g}, which would be read "
        "as so many times without an outcome.",
        code="dates-as-numbers",
        column=column,
        hint=f"Make them dates: frame[{column!r}] = pandas.to_datetime(frame[{column!r}].astype("
        f"int).astype(str), format={form!r}); then write begins=... as a date, such as "
        "begins='2020-01-01'.",
    )


def readings(times: tuple[object, ...]) -> list[np.ndarray]:
    """The ways in which times can be read as numbers, the finest first."""
    if not has_text(times):
        return [np.asarray(times, dtype=float)]
    text = [str(time) for time in times]
    if all(re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", label) for label in text):
        seconds = np.array([label.replace(" ", "T") for label in text], dtype="datetime64[s]")
        months = seconds.astype("datetime64[M]").astype(int).astype(float)
        # Only where every month starts alike, or ends alike, are its days as good as months.
        days = (seconds - seconds.astype("datetime64[M]")).astype(int)
        ends = seconds + np.timedelta64(1, "D")
        alike = len(set(days.tolist())) == 1 or bool(
            (ends.astype("datetime64[D]") == ends.astype("datetime64[M]")).all()
        )
        distinct = bool((np.diff(months) > 0).all())
        whole = [months] if alike and distinct else []
        return [*whole, seconds.astype(float)]
    for pattern, unit in ((r"(\d{4})-?[Qq](\d)", 4), (r"(\d{4})-?[Mm]?(\d{2})", 12)):
        found = [re.fullmatch(pattern, label) for label in text]
        if all(found):
            parts = [match.groups() for match in found if match]
            return [np.array([unit * int(year) + int(part) for year, part in parts], dtype=float)]
    if all(re.fullmatch(r"\d{4}", label) for label in text):
        return [np.array(text, dtype=float)]
    return [np.arange(len(times), dtype=float)]
