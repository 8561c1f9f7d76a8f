"""Commas, points and blanks inside numbers: thousands set apart, or a decimal comma."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bayesinf.texts.way import Way

THOUSANDS = re.compile(r"(?:[1-9]\d{0,2}(,\d{3})+|[1-9]\d?(,\d{2})+,\d{3})(\.\d+)?")
"""Groups of three digits after each comma, in India of two but for the last; 0,123 has a decimal
comma."""

POINTED = re.compile(r"[1-9]\d{0,2}(\.\d{3})+")
"""Groups of three digits after each point; 0.123 has a decimal point."""

OUT, TO_POINT, POINTS_OUT = (
    ".str.replace(',', '')",
    ".str.replace(',', '.')",
    ".str.replace('.', '')",
)


def take_separators(numbers: Sequence[str]) -> tuple[tuple[Way, ...], str]:
    r"""The steps after which Python reads numbers, two ways where signs may mean two things.

    Args:
        numbers: Without units: `1,234`, `1.234,5`, `1 234`.

    Returns:
        The ways, and what has to be known before they are believed; no way where one sign means
        two things.

    Example:
        >>> ways, _ = take_separators(["1,234", "850"])
        >>> ways[0].convert("x")
        "x.str.replace(',', '')"
        >>> ways, _ = take_separators(["1,5", "12,25"])
        >>> ways[0].convert("x")
        "x.str.replace(',', '.')"
    """
    blanks = any(re.search(r"[\s'’]", number) for number in numbers)
    first = r".str.replace(r'(?<=\d)[\s\'’](?=\d)', '', regex=True)" if blanks else ""
    commas = [number for number in numbers if "," in number]
    if not commas:
        several = any(number.count(".") > 1 for number in numbers)
        if may_be_thousands(numbers) and not several:
            return (
                Way.by(first, "if the point is a decimal point"),
                Way.by(first + POINTS_OUT, "if it sets thousands apart"),
            ), ""
        return (Way.by(first + POINTS_OUT * several),), ""
    groups = [number for number in commas if THOUSANDS.fullmatch(number)]
    small = any("," not in number and len(number.split(".")[0]) < 4 for number in numbers)
    sure = _surely_thousands(groups)
    if len(groups) == len(commas) and (small or sure):
        return (Way.by(first + OUT),), ""
    if len(groups) == len(commas):
        return (
            Way.by(first + OUT, "if the comma sets thousands apart"),
            Way.by(first + TO_POINT, "if it is a decimal comma"),
        ), ""
    pointed = [number for number in numbers if "." in number and "," not in number]
    decimal = next((number for number in pointed if not POINTED.fullmatch(number)), "")
    both = any(re.search(r"\.\d{3}(\D|$)", number) for number in commas)
    other = next(number for number in commas if number not in groups)
    if sure or (both and decimal):
        mark, one, two = ("Commas", sure, other) if sure else ("Points", other, decimal)
        return (), (
            f"{mark} mean two things here: '{one}' has its thousands set apart, and '{two}' a "
            f"decimal {mark[:-1].lower()}. Find out which came from where, and convert them apart."
        )
    points_out = both or (not decimal and bool(pointed))
    return (Way.by(first + POINTS_OUT * points_out + TO_POINT),), ""


def may_be_thousands(numbers: Sequence[str]) -> bool:
    """Whether all points stand before three digits, and nothing has four digits in a row.

    Example:
        >>> [may_be_thousands(numbers) for numbers in (["8.359", "892"], ["8.359", "1200"])]
        [True, False]
    """
    pointed = [number for number in numbers if not number.isdigit()]
    short = all(len(number) < 4 for number in numbers if number.isdigit())
    return short and bool(pointed) and all(map(POINTED.fullmatch, pointed))


def _surely_thousands(groups: Sequence[str]) -> str:
    """The first that has two commas, or a point besides; empty where none has."""
    return next((number for number in groups if number.count(",") > 1 or "." in number), "")
