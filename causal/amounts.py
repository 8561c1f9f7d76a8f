"""Columns as numbers, for studies whose model is linear in them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

import bayesinf as bi
from causal.formula import refuse_own_levels, refuse_text_outcome
from causal.treatment import levels_of, read_treatment, refuse_infinite


def is_constant(table: bi.Table, column: str) -> bool:
    """Whether a column has fewer than two values in these rows."""
    values = table.columns[column]
    return bool((values == values[0]).all()) if len(values) else True


def require_variation(table: bi.Table, column: str, role: str) -> None:
    """Refuses a column with one value in all rows.

    Args:
        table: Rows without missing values.
        column: The column.
        role: What it is, for the error and its code: "outcome".

    Raises:
        DataError: `constant-outcome`, or of another role.
    """
    if is_constant(table, column):
        raise bi.DataError(
            f"The {role} '{column}' is {table.columns[column][:1].tolist()[0]!r} in all {table.n} "
            "rows used, so it says nothing.",
            code=f"constant-{role}",
            column=column,
            hint="Check how it is coded, and which rows were dropped for missing values.",
        )


def amount(table: bi.Table, column: str, control: object = None) -> np.ndarray:
    """Reads a column as one number per row.

    Args:
        table: Rows without missing values.
        column: Numbers, False and True, or text with two levels.
        control: The level of a text column that counts as 0; None goes by convention (see
            `causal.treatment.read_treatment`).

    Returns:
        (n,) floats; a text column becomes 0 and 1.

    Raises:
        DataError: Text with other than two levels, or infinite values.

    Example:
        >>> amount(bi.Table.read({"arm": ["drug", "placebo"]}), "arm")
        array([1., 0.])
    """
    values = table.columns[column]
    if column in table.levels or values.dtype == object:
        return read_treatment(table, column, control).received(table).astype(float)
    refuse_infinite(table, column)
    return values.astype(float)


def outcome_amount(table: bi.Table, column: str) -> np.ndarray:
    """Reads an outcome as one number per row, as an outcome model does.

    Words such as "none" mean nothing here: of two text levels the later one of the alphabet, or of
    the declared order, counts as 1, so that every study and table shows an effect with one sign.

    Args:
        table: Rows without missing values.
        column: Numbers, False and True, or text with two levels.

    Returns:
        (n,) floats; a text column becomes 0 and 1.

    Raises:
        DataError: Text with other than two levels, or infinite values.

    Example:
        >>> outcome_amount(bi.Table.read({"state": ["active", "none"]}), "state")
        array([0., 1.])
    """
    values = table.columns[column]
    if column not in table.levels and values.dtype != object:
        return amount(table, column)
    levels = levels_of(table, column)
    refuse_text_outcome(table, column)
    if len(levels) != 2:
        told = ", ".join(repr(level) for level in levels[:5])
        counted = f"{len(levels)} level{'s' * (len(levels) != 1)}"
        raise bi.DataError(
            f"The outcome '{column}' is text with {counted} ({told}); two can be read as 0 and 1.",
            code="outcome-levels",
            column=column,
            hint="Make a column that is 1 for the levels that count and 0 for the others.",
        )
    return (values == levels[1]).astype(float)


def outcome_levels(table: bi.Table, column: str) -> tuple[object, object] | None:
    """The two levels of an outcome of text, the one that counts as 0 first.

    Args:
        table: Rows without missing values.
        column: The outcome.

    Returns:
        None where the outcome says so itself: numbers, False and True.

    Example:
        >>> outcome_levels(bi.Table.read({"state": ["dead", "alive"]}), "state")
        ('alive', 'dead')
    """
    if column not in table.levels and table.columns[column].dtype != object:
        return None
    return as_coding(tuple(levels_of(table, column)))


def as_coding(levels: tuple[object, ...]) -> tuple[object, object] | None:
    """Two levels that have to be told; None where they are 0 and 1 themselves, or not two.

    Example:
        >>> as_coding(("alive", "dead")), as_coding(("0", "1"))
        (('alive', 'dead'), None)
    """
    return None if len(levels) != 2 or levels in ((0, 1), ("0", "1")) else levels


def coding_sentence(outcome: str, levels: tuple[object, object]) -> str:
    """Says which level of an outcome counts as 1.

    Args:
        outcome: Its column.
        levels: The level that counts as 0, and the one that counts as 1.

    Example:
        >>> coding_sentence("state", ("alive", "dead"))
        "Of state, 'dead' counts as 1 and 'alive' as 0."
    """
    return f"Of {outcome}, {levels[1]!r} counts as 1 and {levels[0]!r} as 0."


def amounts(table: bi.Table, columns: Collection[str]) -> dict[str, np.ndarray]:
    """Reads columns as named numbers; a factor as an indicator of each level but the first.

    Args:
        table: Rows without missing values.
        columns: Names of columns.

    Returns:
        (n,) floats by name; what does not vary is left out.

    Raises:
        DataError: Infinite values.

    Example:
        >>> table = bi.Table.read({"x": [1, 2, 3], "g": ["a", "b", "c"]})
        >>> {name: values.tolist() for name, values in amounts(table, ["x", "g"]).items()}
        {'x': [1.0, 2.0, 3.0], 'g = b': [0.0, 1.0, 0.0], 'g = c': [0.0, 0.0, 1.0]}
    """
    found: dict[str, np.ndarray] = {}
    for column in columns:
        values = table.columns[column]
        if column in table.levels or values.dtype == object:
            levels = levels_of(table, column)
            refuse_own_levels(table, column)
            for level in levels[1:]:
                found[f"{column} = {level}"] = (values == level).astype(float)
        else:
            found[column] = amount(table, column)
    return {name: values for name, values in found.items() if np.ptp(values) > 0}


def require_amount(table: bi.Table, column: str, role: str) -> np.ndarray:
    """Reads a column that has to be numbers, not levels.

    Args:
        table: Rows without missing values.
        column: The column.
        role: What it is, for the error: "running variable".

    Raises:
        DataError: The column holds text, True and False, or infinite values.
    """
    values = table.columns[column]
    if column in table.levels or values.dtype.kind not in "fiu":
        raise bi.DataError(
            f"The {role} '{column}' does not hold numbers: it has {table.n} values such as "
            f"{values.tolist()[0]!r} in {bi.name_rows(table.as_read([0]))}.",
            code="not-numbers",
            column=column,
            hint="Make it numbers first; levels have no distance from each other.",
        )
    return amount(table, column)
