"""Commas, points and blanks inside numbers: thousands set apart, or a decimal comma."""

from __future__ import annotations

import re
from collections.abc import Sequence

THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
"""Groups of three digits after each comma; 0,123 has a decimal comma."""

OUT, TO_POINT, POINTS_OUT = (
    ".str.replace(',', '')",
    ".str.replace(',', '.')",
    ".str.replace('.', '')",
)


def take_separators(numbers: Sequence[str]) -> tuple[str, str]:
    r"""The steps after which Python reads numbers, and what has to be known before.

    Args:
        numbers: Without units: `1,234`, `1.234,5`, `1 234`.

    Example:
        >>> take_separators(["1,234", "850"])
        (".str.replace(',', '')", '')
        >>> take_separators(["1,5", "12,25"])
        (".str.replace(',', '.')", '')
    """
    steps = ""
    if any(re.search(r"[\s'’]", number) for number in numbers):
        steps = r".str.replace(r'(?<=\d)[\s\'’](?=\d)', '', regex=True)"
    commas = [number for number in numbers if "," in number]
    if not commas:
        return steps + POINTS_OUT * any(number.count(".") > 1 for number in numbers), ""
    groups = [number for number in commas if THOUSANDS.fullmatch(number)]
    if len(groups) < len(commas):
        pointed = any(re.search(r"\.\d{3}(\D|$)", number) for number in commas)
        mixed = _surely_thousands(groups)
        other = next(number for number in commas if number not in groups)
        return steps + POINTS_OUT * pointed + TO_POINT, mixed and (
            f"But commas mean two things here: '{mixed}' has its thousands set apart, and "
            f"'{other}' a decimal comma. Find out which came from where, and convert them apart."
        )
    small = any("," not in number and len(number.split(".")[0]) < 4 for number in numbers)
    if small or _surely_thousands(groups):
        return steps + OUT, ""
    return steps + OUT, (
        f"That takes '{groups[0]}' for more than a thousand, as three digits follow each comma; if "
        f"it is a decimal comma, write {TO_POINT} in place of {OUT}."
    )


def _surely_thousands(groups: Sequence[str]) -> str:
    """The first that has two commas, or a point besides; empty where none has."""
    return next((number for number in groups if number.count(",") > 1 or "." in number), "")
