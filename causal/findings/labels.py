"""Levels of text in any column that a study reads: spelt in two ways, missing, or without order."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

import bayesinf as bi
from causal.treatment import codes_among, has_text, is_control, levels_of

OPPOSITES = frozenset(
    (
        *(("n", "y"), ("f", "t"), ("false", "true"), ("off", "on"), ("absent", "present")),
        *(("neg", "pos"), ("negative", "positive"), ("lost", "won"), ("loss", "win")),
        *(("fail", "pass"), ("failed", "passed"), ("failure", "success")),
    )
)
"""Pairs of levels of which anybody would count the second as 1."""


def judge_spellings(table: bi.Table, columns: Collection[str]) -> tuple[bi.Finding, ...]:
    """Finds levels that differ only by case, blanks or encoding: units, arms, instruments, groups.

    Args:
        table: The rows as they were given.
        columns: Those that a study reads.

    Example:
        >>> table = bi.Table.read({"unit": ["u01", "u01 ", "u02"]})
        >>> judge_spellings(table, ["unit"])[0].code
        'levels-alike'
    """
    return tuple(
        found
        for column in dict.fromkeys(columns)
        if is_text(table, column)
        for found in bi.judge_spelling(column, levels_of(table, column), table)
    )


def judge_missing_levels(
    table: bi.Table, outcome: str, columns: Collection[str]
) -> tuple[bi.Finding, ...]:
    """Finds levels that say that nobody knows the value, and were taken for levels like others.

    Args:
        table: The rows as they were given.
        outcome: The outcome's column; two levels of text are read as 0 and 1.
        columns: Other columns that are held equal.

    Example:
        >>> table = bi.Table.read({"y": ["yes", "N/A", "yes"]})
        >>> judge_missing_levels(table, "y", [])[0].sentence.partition(",")[0]
        "The outcome 'y' is 'N/A' in 1 row"
    """
    found = []
    for column in dict.fromkeys((outcome, *columns)):
        levels = list(levels_of(table, column)) if is_text(table, column) else []
        for level in codes_among(levels):
            count = int(np.sum(table.columns[column] == level))
            rows = f"{count} row{'s' * (count != 1)}"
            told = (
                f"Column '{column}' has the level {level!r} in {rows}, which looks like a missing "
                "value and was taken for a level of its own."
            )
            if column == outcome:
                place, other = levels.index(level), next(one for one in levels if one != level)
                told = (
                    f"The outcome '{column}' is {level!r} in {rows}, which looks like a missing "
                    f"value and was counted as {place}, beside {other!r} as {1 - place}."
                )
            found.append(
                bi.Finding(
                    told,
                    "warning",
                    "missing-as-level",
                    {"rows": float(count)},
                    f"If it is one, make it missing first: frame[{column!r}] = "
                    f"frame[{column!r}].replace({level!r}, None).",
                )
            )
    return tuple(found)


def judge_control(table: bi.Table, treatment: str, control: object) -> tuple[bi.Finding, ...]:
    """Says where nothing but the alphabet decided which level of text is the control.

    Args:
        table: The rows as they were given.
        treatment: The treatment's column.
        control: The level that was named as the control; None where nobody said.

    Example:
        >>> table = bi.Table.read({"arm": ["old", "new"]})
        >>> judge_control(table, "arm", None)[0].code, judge_control(table, "arm", "old")
        ('control-by-alphabet', ())
    """
    if control is not None or treatment in table.levels or not is_text(table, treatment):
        return ()
    levels = levels_of(table, treatment)
    if len(levels) < 2 or sum(map(is_control, levels)) == 1:
        return ()
    first, second = levels[:2]
    others = f"{second!r} the treatment" if len(levels) == 2 else "each other level a treatment"
    choice = f"control={second!r}" if len(levels) == 2 else "another level"
    return (
        bi.Finding(
            f"That {first!r} is the control of '{treatment}', and {others}, was decided by the "
            "alphabet; the other way round the effect's sign turns.",
            "warning",
            "control-by-alphabet",
            {},
            f"Say which it is: control={first!r} or {choice}.",
        ),
    )


def judge_outcome(
    table: bi.Table, outcome: str, levels: tuple[object, object]
) -> tuple[bi.Finding, ...]:
    """Says where nothing but the alphabet decided which level of a text outcome counts as 1.

    Args:
        table: The rows as they were given.
        outcome: The outcome's column.
        levels: The level that counts as 0, and the one that counts as 1.

    Example:
        >>> table = bi.Table.read({"y": ["dead", "alive"], "won": ["no", "yes"]})
        >>> judge_outcome(table, "y", ("alive", "dead"))[0].code
        'outcome-by-alphabet'
        >>> judge_outcome(table, "won", ("no", "yes"))
        ()
    """
    low, high = map(str, levels)
    if outcome in table.levels or codes_among(levels) or is_plain_order(low, high):
        return ()  # of a level that looks like a missing value more is told elsewhere
    return (
        bi.Finding(
            f"That {high!r} counts as 1 of the outcome '{outcome}', and {low!r} as 0, was decided "
            "by the alphabet; the other way round the effect's sign turns.",
            "warning",
            "outcome-by-alphabet",
            {},
            f"Declare the order, the level that counts as 1 last: frame[{outcome!r}] = "
            f"pd.Categorical(frame[{outcome!r}], [{low!r}, {high!r}]), or the other way round.",
        ),
    )


def is_plain_order(low: str, high: str) -> bool:
    """Whether two levels say of themselves which counts as 0 and which as 1.

    Example:
        >>> is_plain_order("no", "yes"), is_plain_order("1", "2"), is_plain_order("alive", "dead")
        (True, True, False)
        >>> is_plain_order("event", "no event")
        False
    """
    known = (low.strip().lower(), high.strip().lower())
    if known in OPPOSITES or (is_control(low) and not is_control(high)):
        return True
    return all(one.isdecimal() for one in known) and int(known[0]) < int(known[1])


def is_text(table: bi.Table, column: str) -> bool:
    """Whether a column holds text."""
    if column in table.levels:
        return has_text(table.levels[column])
    values = table.columns[column]
    return values.dtype == object and has_text(values.tolist())
