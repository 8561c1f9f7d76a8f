"""Checks that a stored recipe really turns columns into the model's coefficients."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from bayesinf.data.schema import Column, Kind, Schema
from bayesinf.data.table import Table
from bayesinf.design import Recipe, rows_at
from bayesinf.errors import ArtefactError, DataError
from bayesinf.formula.tokens import plain
from bayesinf.storage.fields import Plain, items, mapping, number, only, refuse_repeats, text
from bayesinf.term import Effects

MOST_NUMBERS = 1_000
"""Knots and other numbers that one function of a formula remembers; a formula sets up to 100."""

KINDS = ("number", "boolean", "factor")


def schema_from_plain(kept: Plain) -> Schema:
    """The schema that `Schema.to_json` wrote.

    Raises:
        ArtefactError: A field is not what it must be.
    """
    return Schema({name: _column(name, mapping(kept, name)) for name in kept})


def check_recipe(recipe: Recipe, names: tuple[str, ...], groups: tuple[Effects, ...]) -> None:
    """Builds one row of values that the fit has seen, as a prediction would.

    Args:
        recipe: As it was read.
        names: The coefficients that it must make.
        groups: The blocks of group effects that it must make.

    Raises:
        ArtefactError: `bad-model`, when they are others. What a broken recipe raises by itself is
            left to `load`, which names the folder.
    """
    _refuse_long(list(recipe.states))
    _refuse_other_levels(list(recipe.states))
    try:
        rows, made = rows_at(recipe, _seen(recipe.schema))
    except DataError as error:
        if error.code != "not-finite":
            raise
        return  # each value was seen, but together they may lie outside of a formula's log(x - z)
    if made != names or [_facts(group) for group in rows.groups] != [_facts(g) for g in groups]:
        raise ArtefactError(
            "The stored terms make other coefficients than the stored model has.", code="bad-model"
        )


def _refuse_long(states: list[Any]) -> None:
    """Refuses thousands of knots, with which a spline would take minutes."""
    pending = [(state, False) for state in states]
    while pending:
        value, transform = pending.pop()
        if isinstance(value, list) and transform and len(value) > MOST_NUMBERS:
            raise ArtefactError(
                f"A stored term remembers {len(value):,} numbers; at most {MOST_NUMBERS:,} are "
                "read.",
                code="bad-model",
            )
        if isinstance(value, dict):
            pending += [(item, transform or key == "transforms") for key, item in value.items()]
        elif isinstance(value, list):
            pending += [(item, transform) for item in value if isinstance(item, dict | list)]


def _refuse_other_levels(states: list[Any]) -> None:
    """Refuses factors whose coding has other levels than the factor: pandas would only warn."""
    for state in states:
        inner = state.get("columns", state) if isinstance(state, dict) else {}
        levels, encoders = (inner.get(key) for key in ("levels", "encoders"))
        if not isinstance(levels, dict) or not isinstance(encoders, dict):
            continue  # of another kind of term, or broken, which building a row finds
        for name, known in levels.items():
            kept = encoders.get(plain(f"`{name}`"))
            if isinstance(kept, dict) and kept.get("categories") != known:
                raise ArtefactError(
                    f"The stored coding of '{name}' has other levels than the stored factor.",
                    code="bad-model",
                )


def _facts(group: Effects) -> tuple[object, ...]:
    return group.factor, group.levels, group.names, group.correlated


def _seen(schema: Schema) -> Table:
    """One row: the first level of each factor, and the smallest value of each number."""
    columns: dict[str, Any] = {}
    for name, column in schema.columns.items():
        if column.kind == "factor":
            columns[name] = list(column.levels[:1])
        elif column.kind == "boolean":
            columns[name] = [False]
        else:
            columns[name] = [column.low]
    return Table.read({"any": np.zeros(1), **columns}, tuple(columns)) if columns else _no_columns()


def _no_columns() -> Table:
    return Table({}, {}, n=1)


def _column(name: str, kept: Plain) -> Column:
    only(kept, ("kind", "levels", "low", "high"))
    kind, levels = text(kept, "kind"), items(kept, "levels")
    if kind not in KINDS:
        raise ArtefactError(f"Column '{name}' has no kind {kind!r}.", code="bad-manifest")
    if not all(isinstance(level, str | int | float) for level in levels):
        raise ArtefactError(
            f"The levels of column '{name}' are not text, numbers or booleans.",
            code="bad-manifest",
        )
    refuse_repeats(levels, f"levels of {name}")
    if bool(levels) != (kind == "factor"):
        raise ArtefactError(f"Column '{name}' is a {kind} with other levels.", code="bad-manifest")
    return Column(cast(Kind, kind), tuple(levels), _bound(kept, "low"), _bound(kept, "high"))


def _bound(kept: Plain, name: str) -> float | None:
    return None if kept[name] is None else number(kept, name)
