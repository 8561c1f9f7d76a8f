"""Numbers as people write them: with thousands set apart, decimal commas, signs and units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bayesinf.texts.separators import take_separators
from bayesinf.texts.units import MONEY, MULTIPLES, are_measurements, plain_unit
from bayesinf.texts.way import SHORT, Way

NUMBER = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?"
    r"|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"
    r"|\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+,\d+"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
)
SIGN = r"(?:[-+−]\s*)?"
AMOUNT = re.compile(
    rf"{SHORT}\s*{SIGN}(?P<before>US\$|[$€£¥₹]|USD|EUR|GBP|CHF|JPY)?\s*{SIGN}(?P<number>{NUMBER})"
    r"(?P<gap>\s*)(?P<after>[^\d\s\-+/:,.<>()\[\]_][^<>()\[\]_]{0,19}?)?\s*"
)
"""A number, with a mark of money before it or a unit behind it."""

BELOW_ZERO = r"^\s*\(([^()+−-]*\d[^()+−-]*)\)\s*$|^\s*([^()+−-]*[.,$€£¥₹][^()+−-]*\d)\s*[-−]\s*$"
"""As accountants write it: (12.50), or 12.50-; a grade `2-` has no point."""

AFTER_SIGN = re.compile(r"[-+−]\s")
"""Python reads no number whose sign stands apart."""


@dataclass(frozen=True)
class Amounts:
    """What is written in a column of amounts.

    Attributes:
        what: In the plural, for a sentence.
        ways: To convert it; none where no expression can.
        doubt: What has to be known before they are believed, or what to do instead.
    """

    what: str
    ways: tuple[Way, ...]
    doubt: str


def is_amount(text: str) -> bool:
    """Whether a text is a number as people write them, with a unit or without."""
    return AMOUNT.fullmatch(_signed(text)) is not None


def units_in(texts: Sequence[str]) -> set[str]:
    """The different units, and other words, behind numbers.

    Example:
        >>> sorted(units_in(["12 kg", "3 g", "5", "7 Kg"])), units_in(["1 room", "2 rooms"])
        (['', 'g', 'kg'], {'room'})
    """
    found = (AMOUNT.fullmatch(_signed(text)) for text in texts)
    return {plain_unit(match["after"] or "").removesuffix("s") for match in found if match}


def _signed(text: str) -> str:
    if len(text) > 60 or text.rstrip()[-1:] not in (")", "-", "−"):
        return text
    return re.sub(BELOW_ZERO, r"-\1\2", text)


def amounts_of(column: str, texts: Sequence[str]) -> Amounts | None:
    """What the texts of a column are, where they are amounts; None where they may be labels.

    Args:
        column: As a line of Python writes it.
        texts: Amounts, most of them.
    """
    signed = [_signed(text) for text in texts]
    differ = sum(text != own for text, own in zip(texts, signed, strict=True))
    if differ == len(texts):
        return None
    found = [match for text in signed if (match := AMOUNT.fullmatch(text))]
    marks = Counter(plain_unit(match["before"]) for match in found if match["before"])
    units = Counter(plain_unit(match["after"]) for match in found if match["after"])
    written = [match for match in found if match["after"]]
    fractions = sum(re.search(r"[.,]\d", match["number"]) is not None for match in written)
    bare = len(found) - len(written)
    if units and not are_measurements(
        units, all(match["gap"] for match in written), 2 * fractions > len(written), bare > 0
    ):
        return None
    separators, doubt = take_separators([match["number"] for match in found])
    unmarked = sum(not match["before"] and not match["after"] for match in found)
    if len({*marks, *units}) + (unmarked > 0) > 1:
        return _of_several_units(column, marks + units, unmarked, separators, doubt)
    taken = {match[part] for match in found for part in ("before", "after")} - {None, ""}
    spelled = sorted(map(str, taken), key=len, reverse=True)
    steps = rf".str.replace(r'{BELOW_ZERO}', r'-\1\2', regex=True)" if differ else ""
    steps += "".join(f".str.replace({unit!r}, '')" for unit in spelled)
    if "−" in "".join(match.group() for match in found):
        steps += ".str.replace('−', '-')"
    if any(AFTER_SIGN.search(_without(match.group(), spelled)) for match in found):
        steps += r".str.replace(r'([-+])\s+', r'\1', regex=True)"
    ways = tuple(Way(_after(steps, way), way.when).then(".astype(float)") for way in separators)
    if spelled == ["%"]:
        doubt = f"That is in percent; divide by 100 for shares. {doubt}".strip()
    return Amounts(_what(spelled), ways, doubt)


def _without(text: str, units: Sequence[str]) -> str:
    for unit in units:
        text = text.replace(unit, "")
    return text


def _after(steps: str, way: Way) -> Callable[[str], str]:
    return lambda series: way.convert(f"{series}{steps}")


def _what(spelled: Sequence[str]) -> str:
    if not spelled:
        return "numbers with commas, points or blanks inside"
    is_sign = spelled[0] in MONEY.upper().split() or spelled[0] == "%"
    return f"numbers with {'' if is_sign else 'the unit '}'{spelled[0]}'"


def _of_several_units(
    column: str, units: Counter[str], bare: int, separators: tuple[Way, ...], doubt: str
) -> Amounts:
    """Numbers of different units cannot be compared before they are brought to one."""
    said = [f"'{unit}'" for unit, _ in units.most_common(4)] + ["none"] * (bare > 0)
    listed = f"{', '.join(said[:-1])} and {said[-1]}"
    pattern = r"r'([-+\d.,]+)\s*(.*)'"
    if separators and bare and set(units) <= set(MULTIPLES) and set(units) != {"m"}:
        sizes = {"": 1.0, **{unit: MULTIPLES[unit] for unit in units}}

        def convert(series: str) -> str:
            parts = f"{series}.str.extract({pattern})"
            size = f"{parts}[1].str.strip().str.lower().map({sizes})"
            return f"{separators[0].convert(f'{parts}[0]')}.astype(float) * {size}"

        return Amounts(f"numbers of several sizes ({listed})", (Way(convert),), doubt)
    advice = (
        f"Convert them to one unit first: {column}.str.extract({pattern}) gives numbers and units "
        "as two columns; multiply each number by what its unit is worth."
    )
    return Amounts(f"numbers of several units ({listed})", (), f"{advice} {doubt}".strip())
