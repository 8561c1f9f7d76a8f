"""A finding on levels of text that are one level spelt in several ways, in all likelihood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from unicodedata import decomposition, normalize

import numpy as np

from bayesinf.data.table import Table
from bayesinf.posterior.verdict import Finding

SHOWN = 3
"""Levels that a sentence shows in their spellings."""

IN_A_LINE = 12
"""Spellings that a line of Python replaces."""

UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
"""Signs of no width, which are copied along with text."""


def judge_spelling(
    name: str, levels: Iterable[Any], table: Table | None = None
) -> tuple[Finding, ...]:
    """Finds levels that differ only by case, blanks or how letters are encoded.

    Args:
        name: The column.
        levels: Its levels.
        table: The rows, which are counted by level; None does not count them.
    """
    alike = same_but_for_spelling(levels)
    if not alike:
        return ()
    rows = {level: rows_of(name, level, table) for spellings in alike for level in spellings}
    said = [_spellings(group, rows) for group in alike[:SHOWN]]
    more = f"; and {len(alike) - SHOWN} more" if len(alike) > SHOWN else ""
    return (
        Finding(
            f"Column '{name}' has levels that differ only by case, blanks or encoding, each fitted "
            f"by itself: {'; '.join(said)}{more}.",
            "warning",
            "levels-alike",
            {"levels": float(sum(map(len, alike)))},
            "If they are the same, spell them in one way before the fit: "
            f"frame[{name!r}] = frame[{name!r}]{_in_one_way(alike, rows)}.",
        ),
    )


def same_but_for_spelling(levels: Iterable[Any]) -> list[list[str]]:
    """Levels of text that differ only by case, blanks or how letters are encoded.

    Each list is one level in all likelihood. Single letters are left alone: `A` and `a` are the two
    alleles of a gene.

    Example:
        >>> same_but_for_spelling(["Male", "male ", "Female", "MALE", "A", "a"])
        [['Male', 'male ', 'MALE']]
    """
    alike: dict[str, list[str]] = {}
    for level in levels:
        if isinstance(level, str):
            alike.setdefault(_plain(level).casefold(), []).append(level)
    return [found for found in alike.values() if len(found) > 1 and any(len(x) > 1 for x in found)]


def rows_of(name: str, level: Any, table: Table | None) -> int:
    """How many rows have a level; 0 where there are no rows to count."""
    return 0 if table is None else int(np.sum(table.columns[name.strip("`")] == level))


def _plain(level: str) -> str:
    """A level without what cannot be seen: encodings, signs of no width, blanks around it."""
    return " ".join(UNSEEN.sub("", _composed(level)).split())


def _composed(level: str) -> str:
    """One encoding of the same letters; a power such as 10⁵ stays what it is."""
    raised = any(decomposition(sign).startswith(("<su", "<fraction")) for sign in level)
    return normalize("NFC" if raised else "NFKC", level)


def _spellings(group: Iterable[str], rows: Mapping[str, int]) -> str:
    said = []
    for level in group:
        hidden = UNSEEN.search(level) or level != _composed(level)
        count = f" ({rows[level]} row{'s' * (rows[level] > 1)})" if rows[level] else ""
        said.append((ascii(level) if hidden else f"'{level}'") + count)
    return " and ".join(said)


def _in_one_way(alike: Iterable[Iterable[str]], rows: Mapping[str, int]) -> str:
    """The method of a series that spells each of these levels as most rows do."""
    places = {}
    for group in alike:
        usual = max(group, key=lambda level: (rows[level], level == _plain(level)))
        places |= {level: usual for level in group if level != usual}
    if len(places) > IN_A_LINE:
        return ".str.normalize('NFKC').str.split().str.join(' ').str.casefold()"
    listed = ", ".join(f"{level!a}: {usual!a}" for level, usual in places.items())
    return f".replace({{{listed}}})"
