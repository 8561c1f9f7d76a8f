"""Times of a panel or a series: where an intervention begins, and how far they lie apart."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

import bayesinf as bi

ENOUGH = 1e-3
"""Distances that are whole multiples of the smallest one to this share of it are regular."""


def first_time(times: tuple[object, ...], begins: object, column: str) -> int:
    """Counts the times before the one at which an intervention begins.

    Args:
        times: The times, earliest first.
        begins: The first time with the intervention; it need not be one of them. Dates may be
            written as text or be dates.
        column: The column of times, for the error.

    Raises:
        DataError: `begins-outside`: no time is left before it, or none from it on.

    Example:
        >>> first_time((2001, 2002, 2003), 2002, "year")
        1
    """
    label = as_label(begins, times[0])
    if label in times:
        place = times.index(label)
    elif isinstance(times[0], str):
        place = sum(str(known) < str(label) for known in times)
    elif isinstance(label, str | None):
        place = 0
    else:
        place = int(np.searchsorted(np.asarray(times, dtype=float), float(label)))  # pyright: ignore[reportArgumentType]
    if 0 < place < len(times):
        return place
    raise bi.DataError(
        f"The intervention begins at {begins!r}, which leaves no times "
        f"{'before' if place == 0 else 'after'} it: '{column}' runs from {times[0]!r} to "
        f"{times[-1]!r}.",
        code="begins-outside",
        column=column,
        hint="Give begins=..., the first of these times with the intervention.",
    )


def as_label(begins: object, like: object) -> object:
    """Writes a date as times that are text are written.

    Example:
        >>> as_label(date(2020, 3, 1), "2019-12-01")
        '2020-03-01'
    """
    if isinstance(like, str) and isinstance(begins, date | np.datetime64):
        return str(np.datetime64(begins).astype("datetime64[s]"))[: len(like)].replace("T", " ")
    return begins


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


def readings(times: tuple[object, ...]) -> list[np.ndarray]:
    """The ways in which times can be read as numbers, the finest first."""
    if not any(isinstance(time, str) for time in times):
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
