"""Dates as text: in which order day, month and year stand, and the line that reads them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from bayesinf.texts.way import SHORT, Way

CLOCK = (
    r"(?:[T ,]+(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]m)?)"
    r"\s*(?P<zone>Z|[-+]\d{2}:?\d{2})?)?"
)
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
GAP = r"[-\s./,]*"

YEAR_FIRST = re.compile(
    SHORT + r"(?P<y>\d{4})(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})" + CLOCK,
    re.IGNORECASE,
)
"""Then always the month."""

LAST_YEAR = 9999
"""Which tables write for a day that has not come."""

YEAR_LAST = re.compile(
    SHORT + r"(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})" + CLOCK,
    re.IGNORECASE,
)
"""Day and month, or month and day."""

NAMED = re.compile(
    SHORT + rf"(?:\d{{1,2}}{GAP}{MONTH}{GAP}(?:\d{{4}}|\d{{2}})"
    rf"|{MONTH}{GAP}\d{{1,2}}(?:st|nd|rd|th)?[-\s./,]+\d{{4}}"
    rf"|\d{{4}}{GAP}{MONTH}{GAP}\d{{1,2}}|{MONTH}{GAP}\d{{4}}){CLOCK}",
    re.IGNORECASE,
)
"""The month by its English name, whole or short, beside a year."""

NAMED_SHORT = re.compile(
    SHORT + rf"\d{{1,2}}{GAP}{MONTH}{GAP}(?P<year>\d{{2}}){CLOCK}", re.IGNORECASE
)
"""The month by its name, and two digits of the year."""

YEAR_MONTH = re.compile(r"(?:1[89]|20)\d{2}-(?:0[1-9]|1[0-2])")
SEASON = re.compile(r"(?:\d{2})?(?P<first>\d{2})[-/](?P<second>\d{2})")

COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
"""Eight digits, year first."""


def is_date(text: str) -> bool:
    """Whether a text is a date, with a time of day or without.

    Example:
        >>> [is_date(text) for text in ("2020-01-31", "3/1/2020", "3 Jan 2020", "Jan 2020", "20-1")]
        [True, True, True, True, False]
        >>> [is_date(text) for text in ("31/02/2019", "00/00/0000", "9999-12-31")]
        [False, False, False]
    """
    written = text.strip()
    if match := YEAR_FIRST.fullmatch(written):
        return _is_day(match["y"], match["m"], match["d"])
    if match := YEAR_LAST.fullmatch(written):
        year = match["year"]
        return _is_day(year, match["a"], match["b"]) or _is_day(year, match["b"], match["a"])
    return NAMED.fullmatch(written) is not None


def _is_day(year: str, month: str, day: str) -> bool:
    """Whether the calendar has such a day; the year 9999 stands for no day at all."""
    whole, number = int(year) + 2000 * (len(year) == 2), int(day)
    if not 1 <= int(month) <= 12 or not 1 <= whole < LAST_YEAR:
        return False
    return 1 <= number <= 28 or 28 < number <= monthrange(whole, int(month))[1]


def is_month(text: str) -> bool:
    """Whether a text is a month such as 2020-01; 2010-11 may be a season as well."""
    return YEAR_MONTH.fullmatch(text.strip()) is not None


def is_season(text: str) -> bool:
    """Whether a text is two years in a row, such as 2010-11, 1999/00 or 90/91.

    Example:
        >>> [is_season(text) for text in ("2010-11", "99/00", "2019-12", "120/80")]
        [True, True, False, False]
    """
    match = SEASON.fullmatch(text.strip())
    return match is not None and (int(match["first"]) + 1) % 100 == int(match["second"])


def is_compact(text: str) -> bool:
    """Whether a text is a date in eight digits, such as 20200131."""
    return COMPACT.fullmatch(text.strip()) is not None


def days_of(column: str, texts: Sequence[str]) -> tuple[tuple[Way, ...], str]:
    """The ways to make days of dates, and what has to be known before they are believed.

    There is none for dates of which some have the day first and others the month.

    Args:
        column: As a line of Python writes it.
        texts: Dates.
    """
    found = [match for text in texts if (match := YEAR_LAST.fullmatch(text.strip()))]
    day_first, month_first = _goes_beyond(found, "a"), _goes_beyond(found, "b")
    year = _first_year(texts)
    doubt = f"They count from the start of {year}."
    earliest = _earliest_of_short("%y" in _options(texts))
    read = [earliest + (year - earliest) % 100 for year in _short_years(texts)]
    later = max(read, default=0) > date.today().year
    if read:
        doubt += (
            f" Years in two digits are read as {earliest} to {earliest + 99}; write four digits "
            "where that is wrong."
        )
    if day_first and month_first:
        return (), _of_two_orders(column, found)
    if found and not day_first and not month_first:
        ways = tuple(
            way
            for first, word in ((True, "day"), (False, "month"))
            for way in _ways(
                year,
                _in_order(found, first),
                later,
                f"if '{found[0].group()}' has the {word} first",
            )
        )
        return ways, f"Day and month are ambiguous, as neither goes beyond 12. {doubt}"
    return _ways(year, _options(texts), later), doubt


def _ways(year: int, options: str, later: bool, when: str = "") -> tuple[Way, ...]:
    """One way, or two where years in two digits are after today unless they are long ago."""
    if not later:
        return (_way(year, options, when),)
    condition = f"{when} and" if when else "if"
    return (
        _way(year, options, f"{condition} no date is after today", century_before=True),
        _way(year, options, f"{condition} dates after today are meant"),
    )


def _earliest_of_short(by_format: bool) -> int:
    """The first of the hundred years that pandas reads two digits as.

    A format turns at 69, as in C; where there is none, at fifty years from today.
    """
    return 1969 if by_format else date.today().year - 50


def _short_years(texts: Sequence[str]) -> list[int]:
    """The years that are written in two digits."""
    forms = (form.fullmatch(text.strip()) for text in texts for form in (YEAR_LAST, NAMED_SHORT))
    return [int(match["year"]) for match in forms if match and len(match["year"]) == 2]


def _way(year: int, options: str, when: str = "", *, century_before: bool = False) -> Way:
    zone = ", tz='UTC'" if "utc=True" in options else ""

    def convert(series: str) -> str:
        read = f"pandas.to_datetime({series}{options})"
        if century_before:
            now = f"pandas.Timestamp.now({zone.removeprefix(', ')})"
            earlier = "day - pandas.DateOffset(years=100)"
            read += f".map(lambda day: {earlier} if day > {now} else day)"
        return f"({read} - pandas.Timestamp('{year}-01-01'{zone})).dt.total_seconds() / 86400"

    return Way(convert, when)


def _first_year(texts: Sequence[str]) -> int:
    """The earliest year that is written with four digits; 2000 where none is."""
    years = [int(year) for text in texts for year in re.findall(r"(?<!\d)([12]\d{3})", text)]
    return min(years, default=2000)


def _options(texts: Sequence[str]) -> str:
    """How pandas is told to read these dates."""
    found = [match for text in texts if (match := YEAR_LAST.fullmatch(text.strip()))]
    if found:
        return _in_order(found, not _goes_beyond(found, "b"))
    if all(map(is_compact, texts)):
        return ", format='%Y%m%d'"
    zones = any(match["zone"] for text in texts if (match := YEAR_FIRST.fullmatch(text.strip())))
    named = any(NAMED.fullmatch(text.strip()) for text in texts)
    return (", format='mixed'" if named else "") + (", utc=True" if zones else "")


def _goes_beyond(found: Sequence[re.Match[str]], part: str) -> bool:
    """Whether a part of dates goes beyond 12, and so is no month."""
    return any(int(match[part]) > 12 for match in found)


def _in_order(found: Sequence[re.Match[str]], day_first: bool) -> str:
    """A format where all are written in one way, which refuses what does not follow it."""
    signs, years = {match["sign"] for match in found}, {len(match["year"]) for match in found}
    clocks = {_clock(match["clock"]) for match in found}
    zones = ", utc=True" if any(match["zone"] for match in found) else ""
    if zones or len(signs) > 1 or len(years) > 1 or len(clocks) > 1 or None in clocks:
        return f", dayfirst={day_first}, format='mixed'{zones}"
    (sign,), (size,), (clock,) = signs, years, clocks
    order = ("%d", "%m") if day_first else ("%m", "%d")
    return f", format='{sign.join([*order, '%Y' if size == 4 else '%y'])}{clock}'"


def _clock(text: str | None) -> str | None:
    """The format of a time of day; None where it has none of the usual ones."""
    if text is None:
        return ""
    return {1: " %H:%M", 2: " %H:%M:%S"}.get(text.count(":")) if text[-1].isdigit() else None


def _of_two_orders(column: str, found: Sequence[re.Match[str]]) -> str:
    ways = [f"pandas.to_datetime({column}{_in_order(found, first)})" for first in (True, False)]
    first = next(match.group() for match in found if int(match["a"]) > 12)
    other = next(match.group() for match in found if int(match["b"]) > 12)
    return (
        f"Find out which dates came from where: '{first}' has the day first and '{other}' the "
        f"month, so that others are ambiguous. Read the two kinds apart, by {ways[0]} and "
        f"{ways[1]}."
    )
