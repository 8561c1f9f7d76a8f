"""What a column of text really is, where it is neither names nor codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import filterfalse
from typing import Any

from bayesinf.texts.amounts import amounts_of, is_amount
from bayesinf.texts.bounds import bound_in
from bayesinf.texts.clocks import (
    halves,
    has_inches,
    hours,
    hours_of_day,
    inches,
    is_feet,
    is_half_day,
    is_high_pair,
    is_pair,
    is_time,
)
from bayesinf.texts.dates import days_of, is_compact, is_date, is_month, is_season
from bayesinf.texts.separators import take_separators
from bayesinf.texts.strays import IN_A_LINE, Strays, is_number
from bayesinf.texts.way import Way

NO_STRAYS = Strays({})

PLAIN = "numbers"
"""Without units or signs."""

MOSTLY = 0.9
"""Of the texts, this share must read as numbers, or as dates."""

LOOKED_AT, LOOKED_THROUGH = 500, 3_000
"""Levels or rows that advice rests on, and rows that are looked through for what it leaves out."""

SHORTEST_CODE = 4
"""Digits of codes, such as postcodes, that begin with a zero; numbers do not begin so."""


@dataclass(frozen=True)
class Meaning:
    """What text really is, and how it is converted.

    Attributes:
        column: As a line of Python writes it, `frame['weight']`.
        code: Of an error about it.
        what: In the plural: "numbers", "dates", "numbers with the unit 'lb'".
        reads: Whether one text is that.
        ways: To make floats of it; none where no expression can.
        doubt: What has to be known before they are believed; where there is none, what to do.
    """

    column: str
    code: str
    what: str
    reads: Callable[[str], bool]
    ways: tuple[Way, ...]
    doubt: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether a unit, or two parts, say that it is a number; digits alone may be codes."""
        return self.code == "numbers-as-text" and self.what != PLAIN

    def advice(self, strays: Strays = NO_STRAYS) -> str:
        """What to do, with the line that does it."""
        said = " ".join(filter(None, (self.doubt, strays.warning())))
        if not self.ways:
            return said
        what = "numbers" if self.code == "numbers-as-text" else "days"
        series, gaps = self.column, ""
        first = f"Make it {what}"
        if len(strays.rows) > IN_A_LINE:
            first = (
                f"Decide what the {len(strays.rows)} other texts stand for and replace them; then "
                f"make it {what}"
            )
        else:
            series += strays.steps(self.column)
            gaps = ", ".join(f"'{text}'" for text in strays.gaps[:3])
            gaps += ", ..." if len(strays.gaps) > 3 else ""
        first += f", with {gaps} as missing" if gaps else ""
        lines = [
            f"{way.when and f'{way.when}'}:\n      {self.column} = {way.convert(series)}\n  "
            for way in self.ways
        ]
        return f"{first}{', ' if self.ways[0].when else ''}{''.join(lines)}{said}".rstrip()


def meaning_of(name: str, texts: Sequence[str]) -> Meaning | None:
    """What the texts of a column are, where most of them are numbers or dates.

    Args:
        name: The column.
        texts: The different texts, or many of them.

    Returns:
        The meaning; None for labels, among them codes with leading zeros.

    Example:
        >>> print(meaning_of("weight", ["182 lb", "95.5 lb"]).advice())
        Make it numbers:
              frame['weight'] = frame['weight'].str.replace('lb', '').astype(float)
        >>> meaning_of("house", ["12a", "14b"]) is None
        True
    """
    column = f"frame[{name!r}]"
    counted = [text for text in texts if bound_in(text) is None]

    def mostly(reads: Callable[[str], bool]) -> bool:
        return are_mostly(reads, counted)

    if _are_labels(texts, counted):
        return None
    for reads in (is_compact, is_date, is_month):
        if mostly(reads):
            ways, doubt = days_of(column, [text for text in counted if reads(text)])
            return Meaning(column, "dates-as-text", "dates", reads, ways, doubt)
    if mostly(is_number):
        return _with_few_amounts(column, counted) or _of_numbers(column, counted)
    if mostly(is_feet) and any(map(has_inches, counted)):
        what, doubt = "numbers of feet and inches", "These are inches."
        return _numbers(column, what, is_feet, (Way(inches),), doubt)
    if mostly(is_time):
        return _numbers(column, "times", is_time, *hours(counted))
    if mostly(is_half_day):
        ways, doubt = hours_of_day(counted), "These are hours."
        return _numbers(column, "times of day", is_half_day, ways, doubt)
    if mostly(is_pair) and 2 * sum(map(is_high_pair, counted)) > len(counted):
        advice = f"Make two columns of it: {halves(column, name)}."
        return _numbers(column, "pairs of numbers", is_pair, (), advice)
    return _of_amounts(column, counted) if mostly(is_amount) else None


def are_mostly(reads: Callable[[str], bool], texts: Sequence[str]) -> bool:
    """Whether nearly all texts are read so; of none, it is not.

    Example:
        >>> are_mostly(str.isdigit, [*"0123456789", "n/a"]), are_mostly(str.isdigit, ["1", "n/a"])
        (True, False)
    """
    most, enough = len(texts), MOSTLY * len(texts)
    for _ in filterfalse(reads, texts):
        most -= 1
        if most <= enough:  # the rest need not be read, which is slow
            return False
    return most > enough


def _are_labels(texts: Sequence[str], counted: Sequence[str]) -> bool:
    """Whether they are bounds, as 1+ and 2+ of a test are, or seasons, or digits that name."""
    if 2 * len(counted) < len(texts) or are_mostly(is_season, counted):
        return True
    return are_mostly(is_number, counted) and _are_codes(counted)


def _numbers(
    column: str, what: str, reads: Callable[[str], bool], ways: tuple[Way, ...], doubt: str = ""
) -> Meaning:
    return Meaning(column, "numbers-as-text", what, reads, ways, doubt)


def _of_numbers(column: str, texts: Sequence[str]) -> Meaning:
    plain = [text.strip().lstrip("+-") for text in texts if is_number(text)]
    ways, doubt = take_separators(plain)
    steps = tuple(way.then(".astype(float)") for way in ways)
    return _numbers(column, PLAIN, is_number, steps, doubt)


def _of_amounts(column: str, texts: Sequence[str]) -> Meaning | None:
    found = amounts_of(column, texts)
    return found and _numbers(column, found.what, is_amount, found.ways, found.doubt)


def _with_few_amounts(column: str, texts: Sequence[str]) -> Meaning | None:
    """Plain numbers, a few of which are written as amounts, such as (12.50) for what is below 0."""
    if not any(is_amount(text) and not is_number(text) for text in texts):
        return None
    found = _of_amounts(column, texts)
    return found if found and found.ways else None


def _are_codes(texts: Sequence[str]) -> bool:
    """Whether a leading zero, which numbers do not have, says that the digits are a name."""
    sizes = {len(text) for text in texts if text.isdigit()}
    zero = any(text.isdigit() and text.startswith("0") for text in texts)
    return zero and len(sizes) == 1 and min(sizes) >= SHORTEST_CODE


def _plain(column: str) -> Meaning:
    return Meaning(column, "numbers-as-text", PLAIN, is_number, (Way.by(".astype(float)"),))


def advice_on_numbers(name: str, strays: Strays) -> str:
    """How to make numbers of a column that is numbers but for a few texts."""
    return _plain(f"frame[{name!r}]").advice(strays)


def advice_on(name: str, values: Sequence[object], positions: Any = None) -> str | None:
    """How to make numbers of a column that was to be numbers; None where its texts are labels.

    Args:
        name: The column.
        values: One per row.
        positions: Where the rows stood before some were left out.
    """
    texts = [value for value in dict.fromkeys(values[:LOOKED_AT]) if isinstance(value, str)]
    meaning = meaning_of(name, texts)
    if meaning is None:
        return None
    strays = Strays.among(values[:LOOKED_THROUGH], meaning.reads, positions)
    named = f"All but {strays.sentence()} are {meaning.what}. " if strays.rows else ""
    return f"{named}{meaning.advice(strays)}"
