"""Findings on levels: some that say "missing", and some that are amounts after all."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from bayesinf.data.table import Table
from bayesinf.design import Design
from bayesinf.formula.disguised import MANY_LEVELS
from bayesinf.formula.formula import group_columns
from bayesinf.formula.guard import factor_columns
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.sentinel_judgement import codes_in
from bayesinf.posterior.spelling_judgement import judge_spelling, rows_of
from bayesinf.posterior.verdict import Finding
from bayesinf.texts import LIKE_MISSING, are_mostly, is_amount, says_missing, units_in


def judge_levels(posterior: Posterior) -> tuple[Finding, ...]:
    """Finds predictors and groups with such levels, which were fitted as levels like any other."""
    design = posterior.model.design
    found = []
    for name, column in design.recipe.schema.columns.items():
        for level in sorted(LIKE_MISSING.intersection(column.levels)):
            found.append(_missing(name, level, design.table))
        found += judge_spelling(name, column.levels, design.table)
    for name, levels in _numbered_levels(design):
        found += [_code(name, code, design.table) for code in codes_in(np.array(levels))]
    found += _numbers_with_words(design)
    found += _levels_of_few_rows(design)
    found += _levels_twice(design)
    return (*found, *judge_outcome_levels(design))


def judge_outcome_levels(design: Design) -> tuple[Finding, ...]:
    """Finds an outcome of text one of whose two levels says that it is missing."""
    levels, name = design.recipe.outcome_levels, design.recipe.formula.response.expression
    if levels is None:
        return ()
    missing = [level for level in levels if says_missing(level)]
    said = (
        Finding(
            f"The outcome '{name}' is '{level}' in {rows_of(name, level, design.table)} rows, "
            f"which looks like a missing value and was fitted as {levels.index(level)}, beside "
            f"'{levels[1 - levels.index(level)]}' as {1 - levels.index(level)}.",
            "warning",
            "missing-as-level",
            remedy="If it is one, make it missing before the fit, by "
            f"frame['{name}'].replace({level!r}, None); then give what is left as 0 and 1.",
        )
        for level in missing
    )
    return (*said, *judge_spelling(name, levels, design.table))


def _levels_of_few_rows(design: Design) -> list[Finding]:
    """Text with hardly two rows for each level: an amount that nobody recognised, or a name."""
    table, found = design.table, []
    if table is None:
        return []
    asked = factor_columns(design.recipe.formula) | set(table.levels)
    for call in design.recipe.formula.terms:
        names = call.variables if call.term == "population" else ()
        for name in names:
            levels = design.recipe.schema.columns[name].levels
            if name in asked or len(levels) <= MANY_LEVELS or 2 * len(levels) <= table.n:
                continue
            found.append(
                Finding(
                    f"Column '{name}' has {len(levels)} levels in {table.n} rows, such as "
                    f"'{levels[0]}'; each but one has a coefficient, and hardly two rows.",
                    "warning",
                    "levels-of-few-rows",
                    {"levels": float(len(levels)), "rows": float(table.n)},
                    f"If they are amounts or dates, make numbers of them; if they are names, let "
                    f"them vary by group, as in (1 | {name}), or leave the column out.",
                )
            )
    return found


def _levels_twice(design: Design) -> list[Finding]:
    """Groups whose levels have coefficients too: (1 | g) beside g."""
    found = []
    for group in design.rows.groups:
        begins = (f"{group.factor}[", f"C({group.factor})[")
        coded = [name for name in design.names if name.startswith(begins) and name.endswith("]")]
        own = [name for name in coded if name.count("[") == 1]
        if "Intercept" in group.names and len(own) >= len(group.levels) - 1:
            found.append(
                Finding(
                    f"The levels of '{group.factor}' have coefficients and group effects, which "
                    "the data cannot tell apart: how much of a difference goes to which, and the "
                    f"sd of '{group.factor}', are the priors' choice.",
                    "warning",
                    "levels-twice",
                    {"levels": float(len(group.levels))},
                    f"Write '{group.factor}' or (1 | {group.factor}), not both.",
                )
            )
    return found


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
        if not are_mostly(is_amount, levels) or all(map(str.isdigit, levels)):
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
    rows = rows_of(name, level, table)
    where = f" in {rows} row{'s' * (rows > 1)}" if rows else ""
    return Finding(
        f"Column '{name}' has the level '{level}'{where}, "
        "which looks like a missing value and was fitted as a level of its own.",
        "warning",
        "missing-as-level",
        remedy="If it is one, make it missing before the fit, by "
        f"frame['{name}'].replace({level!r}, None).",
    )


def _numbered_levels(design: Design) -> Iterator[tuple[str, list[float]]]:
    """Columns of levels that are numbers: those that group rows, and those in C(...)."""
    columns = {} if design.table is None else design.table.columns
    grouping = [name for group in design.rows.groups for name in group_columns(group.factor)]
    for name in dict.fromkeys([*grouping, *factor_columns(design.recipe.formula)]):
        if name in columns and columns[name].dtype.kind in "iuf":
            yield name, np.unique(columns[name]).tolist()


def _code(name: str, code: float, table: Table | None) -> Finding:
    rows = rows_of(name, code, table)
    return Finding(
        f"Column '{name}' has the level {code:.15g} in {rows} row{'s' * (rows != 1)}, far from its "
        "other levels: it looks like a code for a missing value, and was fitted as a level of its "
        "own.",
        "note",
        "missing-as-level",
        {"value": code, "rows": float(rows)},
        f"If it is one, make it missing before the fit: frame[{name!r}] = "
        f"frame[{name!r}].mask(frame[{name!r}] == {code:.15g}).",
    )
