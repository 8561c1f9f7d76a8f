"""Old and new rows as one design, where the old rows are still at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bayesinf.data.missing import Missing
from bayesinf.data.schema import Column, Schema
from bayesinf.data.table import Table
from bayesinf.design import Design, Rows
from bayesinf.family import Known
from bayesinf.posterior.provenance import fingerprint


def join_designs(old: Design, new: Design) -> Design:
    """The design of both sets of rows, with the recipe and centre of the first.

    Args:
        old: Of the posterior.
        new: Of the new rows, made by the same recipe, without unseen levels.

    Returns:
        All rows, old ones first, and the range of both for each column. Where the old rows are not
        at hand (loaded from disk) or a column changed its kind between the two, the table is None
        and the rows have length zero.
    """
    missing = _join_missing(old.missing, new.missing)
    recipe = replace(old.recipe, schema=_widened(old.recipe.schema, new.table))
    table = _placed(join_tables(old.table, new.table), old, new)
    if table is None:
        nothing = slice(0, 0)
        return replace(
            old,
            recipe=recipe,
            rows=old.rows.take(nothing),
            response=old.response[nothing],
            weights=None if old.weights is None else old.weights[nothing],
            missing=missing,
            table=None,
        )
    return replace(
        old,
        recipe=recipe,
        rows=_join_rows(old.rows, new.rows),
        response=np.concatenate([old.response, new.response]),
        weights=_join(old.weights, new.weights),
        missing=missing,
        table=table,
    )


def first_new_row(old: Design) -> int:
    """The number of the first new row, where rows are counted on from the old ones, as read."""
    table, count = old.table, old.missing.n_before
    if table is None or table.positions is None or not table.n:
        return count
    return max(count, int(table.positions.max()) + 1)  # of one group of a fleet, rows of the frame


def _placed(joined: Table | None, old: Design, new: Design) -> Table | None:
    """The joined table, its rows numbered as they were read: those left out count too."""
    if joined is None or old.table is None or new.table is None:
        return None
    before, after = (
        np.arange(table.n) if table.positions is None else table.positions
        for table in (old.table, new.table)
    )
    places = np.concatenate([before, after + first_new_row(old)])
    return joined if (places == np.arange(joined.n)).all() else replace(joined, positions=places)


def _widened(schema: Schema, new: Table | None) -> Schema:
    """The range of old and new rows together; all else stays what it was at the fit."""
    if new is None:
        return schema

    def widened(name: str, column: Column) -> Column:
        values = new.columns[name]
        if column.low is None or column.high is None or not len(values) or values.dtype == object:
            return column
        low, high = float(values.min()), float(values.max())
        return replace(column, low=min(column.low, low), high=max(column.high, high))

    return Schema({name: widened(name, column) for name, column in schema.columns.items()})


def join_fingerprints(before: str, joined: Design, new: Design) -> str:
    """The fingerprint of all rows: that of a fit to all of them where they are at hand.

    Otherwise SHA-256 of the old fingerprint followed by that of the new rows.
    """
    if joined.table is not None:
        return fingerprint(joined)
    return hashlib.sha256(f"{before}+{fingerprint(new)}".encode()).hexdigest()


def join_tables(old: Table | None, new: Table | None) -> Table | None:
    """Both tables under each other, with the first one's levels; None where they do not fit."""
    if old is None or new is None:
        return None
    columns: dict[str, np.ndarray] = {}
    for name, values in old.columns.items():
        joined = _join_column(values, new.columns[name], old.levels.get(name))
        if joined is None:
            return None
        columns[name] = joined
    index = None if old.index is None or new.index is None else old.index.append(new.index)
    return Table(columns, old.levels, index, old.n + new.n)


def _join_column(
    old: np.ndarray, new: np.ndarray, levels: tuple[Any, ...] | None
) -> np.ndarray | None:
    if (old.dtype == object) != (new.dtype == object):
        return None
    if levels is not None and not set(new.tolist()) <= set(levels):
        return None
    if old.dtype == bool and new.dtype != bool:
        return np.concatenate([old, new.astype(bool)]) if np.isin(new, (0, 1)).all() else None
    return np.concatenate([old, new])


def _join_rows(old: Rows, new: Rows) -> Rows:
    groups = tuple(
        replace(
            a,
            codes=np.concatenate([a.codes, b.codes]),
            matrix=np.concatenate([a.matrix, b.matrix]),
        )
        for a, b in zip(old.groups, new.groups, strict=True)
    )
    known = Known(
        _join(old.known.trials, new.known.trials),
        _join(old.known.standard_error, new.known.standard_error),
    )
    return Rows(
        np.concatenate([old.population, new.population]),
        groups,
        np.concatenate([old.offset, new.offset]),
        known,
    )


def _join(old: Any, new: Any) -> Any:
    """Both arrays under each other; None where the model has none."""
    return None if old is None or new is None else np.concatenate([old, new])


def _join_missing(old: Missing, new: Missing) -> Missing:
    by_column: Mapping[str, int] = {
        name: old.by_column.get(name, 0) + new.by_column.get(name, 0)
        for name in dict.fromkeys([*old.by_column, *new.by_column])
    }
    return Missing(
        old.n_before + new.n_before,
        old.n_after + new.n_after,
        by_column,
        old.zero_weight + new.zero_weight,
    )
