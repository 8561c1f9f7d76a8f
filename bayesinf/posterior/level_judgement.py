"""Findings on levels: some that say "missing", and some that are one level spelt in two ways."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import chain
from typing import Any
from unicodedata import normalize

import numpy as np

from bayesinf.data.table import Table
from bayesinf.design import Design
from bayesinf.formula.disguised import MANY_LEVELS
from bayesinf.formula.guard import factor_columns
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.sentinel_judgement import codes_in
from bayesinf.posterior.verdict import Finding
from bayesinf.texts import LIKE_MISSING, MOSTLY, is_amount, units_in

SHOWN = 3
"""Levels that are spelt in several ways, of one column."""

UNSEEN = r"[\u00ad\u200b-\u200f\u2060\ufeff]"
"""Signs of no width, which are copied along with text."""


def judge_levels(posterior: Posterior) -> tuple[Finding, ...]:
    """Finds predictors and groups with such levels, which were fitted as levels like any other."""
    design = posterior.model.design
    found = []
    for name, column in design.recipe.schema.columns.items():
        for level in sorted(LIKE_MISSING.intersection(column.levels)):
            found.append(_missing(name, level, design.table))
        found += [_code(name, code, design.table) for code in _codes(column.levels)]
        found += judge_spelling(name, column.levels, design.table)
    for name, levels in _numbered_groups(design):
        found += [_code(name, code, design.table) for code in _codes(levels)]
    found += _numbers_with_words(design)
    if design.recipe.outcome_levels is not None:
        outcome = design.recipe.formula.response.expression
        found += judge_spelling(outcome, design.recipe.outcome_levels, design.table)
    return tuple(found)


def _numbers_with_words(design: Design) -> list[Finding]:
    """Factors of many levels that are a number and a word each: labels, or amounts after all."""
    formula = design.recipe.formula
    labels = {name for call in formula.terms if call.term == "varying" for name in call.variables}
    labels |= factor_columns(formula) | set(() if design.table is None else design.table.levels)
    found = []
    for name, column in design.recipe.schema.columns.items():
        levels = [level for level in column.levels if isinstance(level, str)]
        if name in labels or len(levels) <= MANY_LEVELS:
            continue
        if sum(map(is_amount, levels)) <= MOSTLY * len(levels) or all(map(str.isdigit, levels)):
            continue
        found.append(
            Finding(
                f"Column '{name}' has {len(levels)} levels that begin with a number, such as "
                f"'{levels[0]}'; each was fitted as a level of its own.",
                "note",
                "numbers-in-levels",
                {"levels": float(len(levels))},
                _numbers_from(f"frame[{name!r}]", units_in(levels)),
            )
        )
    return found


def _numbers_from(column: str, units: Collection[str]) -> str:
    if len(units) > 1:
        parts = rf"{column}.str.extract(r'([-+\d.]+)\s*(.*)')"
        return (
            f"If they are amounts, bring them to one unit: {parts} gives numbers and units as two "
            "columns; multiply each number by what its unit is worth."
        )
    extracted = rf"{column}.str.extract(r'([-+\d.]+)')[0].astype(float)"
    return f"If they are amounts, take the numbers: {column} = {extracted}."


def _missing(name: str, level: str, table: Table | None) -> Finding:
    rows = _rows(name, level, table)
    where = f" in {rows} row{'s' * (rows > 1)}" if rows else ""
    return Finding(
        f"Column '{name}' has the level '{level}'{where}, "
        "which looks like a missing value and was fitted as a level of its own.",
        "warning",
        "missing-as-level",
        remedy="If it is one, make it missing before the fit, by "
        f"frame['{name}'].replace({level!r}, None).",
    )


def _numbered_groups(design: Design) -> list[tuple[str, list[float]]]:
    """Grouping columns whose levels are numbers, with the levels."""
    columns = {} if design.table is None else design.table.columns
    names = dict.fromkeys(group.factor for group in design.rows.groups)
    found = [(name, columns[name]) for name in names if name in columns]
    return [
        (name, np.unique(values).tolist()) for name, values in found if values.dtype.kind in "iuf"
    ]


def _codes(levels: Iterable[Any]) -> list[float]:
    """Levels that are numbers and far from the others, such as -999 beside 1 to 12."""
    numbers = [level for level in levels if isinstance(level, int | float | np.number)]
    return codes_in(np.array(numbers, dtype=float))


def _code(name: str, code: float, table: Table | None) -> Finding:
    rows = _rows(name, code, table)
    return Finding(
        f"Column '{name}' has the level {code:g} in {rows} row{'s' * (rows != 1)}, far from its "
        "other levels: it looks like a code for a missing value, and was fitted as a level of its "
        "own.",
        "note",
        "missing-as-level",
        {"value": code, "rows": float(rows)},
        f"If it is one, make it missing before the fit: frame[{name!r}] = "
        f"frame[{name!r}].mask(frame[{name!r}] == {code:g}).",
    )


def _rows(name: str, level: Any, table: Table | None) -> int:
    return 0 if table is None else int(np.sum(table.columns[name.strip("`")] == level))


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


def _plain(level: str) -> str:
    """A level without what cannot be seen: encodings, marks of no width, blanks around it."""
    return " ".join(re.sub(UNSEEN, "", normalize("NFKC", level)).split())


def _in_one_way(levels: Iterable[str]) -> str:
    """The methods of a series of text that spell such levels alike."""
    steps, left = "", list(levels)
    if any(normalize("NFKC", level) != level for level in left):
        steps += ".str.normalize('NFKC')"
    if any(re.search(UNSEEN, level) for level in left):
        steps += f".str.replace(r'{UNSEEN}', '', regex=True)"
    if len({_plain(level) for level in left}) > 1:
        return f"{steps}.str.strip().str.lower()"
    return f"{steps}.str.strip()"


def judge_spelling(
    name: str, levels: Iterable[Any], table: Table | None = None
) -> tuple[Finding, ...]:
    """Finds levels that are one level spelt in several ways, in all likelihood.

    Args:
        name: The column.
        levels: Its levels.
        table: The rows, which are counted by level; None does not count them.
    """
    alike = same_but_for_spelling(levels)
    if not alike:
        return ()
    said = []
    for group in alike[:SHOWN]:
        counts = [_rows(name, level, table) for level in group]
        many = [f" ({count} row{'s' * (count > 1)})" if count else "" for count in counts]
        hidden = any(level != _plain(level) for level in group)
        shown = [ascii(level) if hidden else f"'{level}'" for level in group]
        said.append(" and ".join(x + y for x, y in zip(shown, many, strict=True)))
    more = f"; and {len(alike) - SHOWN} more" if len(alike) > SHOWN else ""
    return (
        Finding(
            f"Column '{name}' has levels that differ only by case, blanks or encoding, each fitted "
            f"by itself: {'; '.join(said)}{more}.",
            "warning",
            "levels-alike",
            {"levels": float(sum(map(len, alike)))},
            "If they are the same, spell them in one way before the fit: "
            f"frame[{name!r}] = frame[{name!r}]{_in_one_way(chain.from_iterable(alike))}.",
        ),
    )
