"""What a column of text really is, where it is neither names nor codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bayesinf.texts.amounts import amounts_of, is_amount
from bayesinf.texts.clocks import has_inches, hours, inches, is_feet, is_time
from bayesinf.texts.dates import days_of, is_compact, is_date
from bayesinf.texts.strays import CENSORED, IN_A_LINE, Strays, is_number

NO_STRAYS = Strays({})

PLAIN = "numbers"
"""Without units or signs."""

MOSTLY = 0.9
"""Of the texts, this share must read as numbers, or as dates."""

LOOKED_AT = 10_000
"""Rows that advice rests on."""

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
        convert: From a series to the expression that makes floats of it; None where no single
            expression can.
        doubt: What has to be known before it is believed; where there is none, what to do instead.
    """

    column: str
    code: str
    what: str
    reads: Callable[[str], bool]
    convert: Callable[[str], str] | None
    doubt: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether a unit, or two parts, say that it is a number; digits alone may be codes."""
        return self.code == "numbers-as-text" and self.what != PLAIN

    def advice(self, strays: Strays = NO_STRAYS) -> str:
        """What to do, with the line that does it."""
        said = " ".join(filter(None, (self.doubt, strays.warning())))
        if self.convert is None:
            return said
        what = "numbers" if self.code == "numbers-as-text" else "days"
        if len(strays.rows) > IN_A_LINE:
            first = (
                f"Decide what the {len(strays.rows)} other texts stand for and replace them; then"
            )
            return f"{first} make it {what}:{self._line(self.column)}{said}"
        gaps = ", ".join(f"'{text}'" for text in strays.gaps[:3])
        gaps += ", ..." if len(strays.gaps) > 3 else ""
        missing = f", with {gaps} as missing" if gaps else ""
        line = self._line(self.column + strays.steps(self.column))
        return f"Make it {what}{missing}:{line}{said}".rstrip()

    def _line(self, series: str) -> str:
        """By itself, to be copied."""
        assert self.convert is not None, "asked for only where there is one"
        return f"\n      {self.column} = {self.convert(series)}\n  "


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
    counted = [text for text in texts if not CENSORED.fullmatch(text)]

    def mostly(reads: Callable[[str], bool]) -> bool:
        return sum(map(reads, counted)) > MOSTLY * len(counted)

    def numbers(
        what: str,
        reads: Callable[[str], bool],
        convert: Callable[[str], str] | None,
        doubt: str = "",
    ) -> Meaning:
        return Meaning(column, "numbers-as-text", what, reads, convert, doubt)

    if mostly(is_number) and _are_codes(counted):
        return None
    for reads in (is_compact, is_date):
        if mostly(reads):
            convert, doubt = days_of(column, [text for text in counted if reads(text)])
            return Meaning(column, "dates-as-text", "dates", reads, convert, doubt)
    if mostly(is_number):
        return _plain(column)
    if mostly(is_feet) and any(map(has_inches, counted)):
        return numbers("numbers of feet and inches", is_feet, inches, "These are inches.")
    if mostly(is_time):
        return numbers("times", is_time, *hours(counted))
    found = amounts_of(column, counted) if mostly(is_amount) else None
    return found and numbers(found.what, is_amount, found.convert, found.doubt)


def _are_codes(texts: Sequence[str]) -> bool:
    """Whether a leading zero, which numbers do not have, says that the digits are a name."""
    sizes = {len(text) for text in texts if text.isdigit()}
    zero = any(text.isdigit() and text.startswith("0") for text in texts)
    return zero and len(sizes) == 1 and min(sizes) >= SHORTEST_CODE


def _plain(column: str) -> Meaning:
    def convert(series: str) -> str:
        return f"{series}.astype(float)"

    return Meaning(column, "numbers-as-text", PLAIN, is_number, convert)


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
    strays = Strays.among(values[:LOOKED_AT], meaning.reads, positions)
    named = f"All but {strays.sentence()} are {meaning.what}. " if strays.rows else ""
    return f"{named}{meaning.advice(strays)}"
