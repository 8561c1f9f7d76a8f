"""Numbers in two parts: feet and inches, hours and minutes, blood pressures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bayesinf.texts.way import SHORT, Way

FEET = re.compile(
    SHORT + r"\s*\d+\s*(?:'|’|\u2032|ft\.?|feet|foot)\s*"
    r"(?:(?P<inches>\d{1,2}(?:\.\d+)?)\s*(?:\"|”|″|''|in\.?|inch(?:es)?)?)?\s*",
    re.IGNORECASE,
)
"""Inches have one digit or two: 1'234 is how 1234 is written in Switzerland."""

TIME = re.compile(SHORT + r"\s*\d{1,3}:[0-5]\d(?P<seconds>:[0-5]\d)?\s*")
HALF_DAY = re.compile(
    SHORT + r"\s*(?:0?[1-9]|1[0-2]):[0-5]\d(?P<seconds>:[0-5]\d)?\s*[ap]\.?m\.?\s*",
    re.IGNORECASE,
)
"""With the half of the day."""

PAIR = re.compile(SHORT + r"\s*(?P<first>\d{2,3})\s*/\s*\d{2,3}\s*")
SYSTOLIC = 100
"""Most blood pressures begin with as much, and few scores, seasons or months do."""


def is_feet(text: str) -> bool:
    """Whether a text is a length in feet, or in feet and inches, such as 5'11 or 5 ft 11 in."""
    return FEET.fullmatch(text) is not None


def has_inches(text: str) -> bool:
    """Whether a length in feet says inches too."""
    found = FEET.fullmatch(text)
    return found is not None and found["inches"] is not None


def inches(series: str) -> str:
    """The expression that makes inches of feet and inches."""
    parts = rf"{series}.str.extract(r'(\d+)\D+([\d.]*)')"
    return f"{parts}.replace('', '0').astype(float).dot([12, 1])"


def is_time(text: str) -> bool:
    """Whether a text is a time such as 7:45 or 7:45:10."""
    return TIME.fullmatch(text) is not None


def is_half_day(text: str) -> bool:
    """Whether a text is a time of day such as 10:05 AM."""
    return HALF_DAY.fullmatch(text) is not None


def hours_of_day(texts: Sequence[str]) -> tuple[Way, ...]:
    """The way to make hours since midnight of times such as 10:05 AM."""
    found = {bool(match["seconds"]) for text in texts if (match := HALF_DAY.fullmatch(text))}
    read = "%I:%M:%S %p" if found == {True} else "%I:%M %p"
    how = f"format={read!r}" if len(found) == 1 else "format='mixed'"

    def convert(series: str) -> str:
        half = r"r'\s*([ap])\.?m\.?$', r' \1m', regex=True, case=False"
        plain = f"{series}.str.strip().str.replace({half})"
        day = f"pandas.to_datetime({plain}, {how})"
        return f"({day} - {day}.dt.normalize()).dt.total_seconds() / 3600"

    return (Way(convert),)


def is_pair(text: str) -> bool:
    """Whether a text is two numbers, as blood pressures are written: 120/80."""
    return PAIR.fullmatch(text) is not None


def is_high_pair(text: str) -> bool:
    """Whether the first of two numbers is that of a blood pressure."""
    match = PAIR.fullmatch(text)
    return match is not None and int(match["first"]) >= SYSTOLIC


def halves(column: str, name: str) -> str:
    """The line that makes two columns of pairs."""
    two = f"frame[[{name + '_1'!r}, {name + '_2'!r}]]"
    return rf"{two} = {column}.str.extract(r'(\d+)\s*/\s*(\d+)').astype(float)"


def hours(texts: Sequence[str]) -> tuple[tuple[Way, ...], str]:
    """The way to make hours of times, and what it takes for granted."""
    seconds = any(found["seconds"] for text in texts if (found := TIME.fullmatch(text)))
    more = "" if seconds else " + ':00'"

    def convert(series: str) -> str:
        return f"pandas.to_timedelta({series}{more}).dt.total_seconds() / 3600"

    doubt = "" if seconds else ", if they are hours and minutes, and not minutes and seconds"
    return (Way(convert),), f"These are hours{doubt}."
