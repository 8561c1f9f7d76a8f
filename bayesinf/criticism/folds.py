"""Rows divided into folds, and the model of all rows but one fold's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import DataError, ModelError, suggest
from bayesinf.model.model import Model
from bayesinf.numerics.random import Streams

FOLDS = 10
"""Folds where nobody says how many: nine tenths of the rows say nearly as much as all."""


def divide_rows(
    model: Model, k: int | None, groups: str | Sequence[object] | None, streams: Streams
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Each row's fold and unit, and the folds' names."""
    total = len(model.design.response)
    whole = isinstance(k, int | np.integer) and not isinstance(k, bool)
    if k is not None and not whole:
        raise ModelError(f"k is a whole number of folds, not {k!r}.", code="folds")
    if groups is None:
        units, labels, what = np.arange(total), [], "rows"
    else:
        units, labels = _group_units(model, groups)
        what = "groups"
    count = int(units.max()) + 1
    if groups is not None and (k is None or k == count):
        wanted, assigned = count, np.arange(count)
    else:
        wanted = min(FOLDS, count) if k is None else int(k)
        assigned = streams.generator("folds", str(wanted)).permutation(np.arange(count) % wanted)
        labels = [str(fold + 1) for fold in range(wanted)]
    if not 2 <= wanted <= count:
        raise ModelError(
            f"{count} {what} cannot be divided into {wanted} fold{'s' * (wanted != 1)}.",
            code="folds",
            hint=f"k lies between 2 and {count}." if count > 1 else None,
        )
    return assigned[units], units, labels


def _group_units(model: Model, groups: str | Sequence[object]) -> tuple[np.ndarray, list[str]]:
    table, total = model.design.table, len(model.design.response)
    assert table is not None, "rows were required"
    if isinstance(groups, str):
        if groups not in table.columns:
            raise DataError(
                f"The model uses no column '{groups}'.{suggest(groups, table.columns)}",
                code="unknown-column",
                column=groups,
                hint="Give the groups of its rows: kfold(groups=frame['column']).",
            )
        values = table.columns[groups].tolist()
    else:
        values = _labels(groups)
    if len(values) != total:
        raise DataError(
            f"There are {len(values)} group labels for the {total} rows of the fit.",
            code="unequal-lengths",
            hint="Rows with missing values were left out: leave out their labels too.",
        )
    _refuse_other_order(groups, table)
    found = sorted({str(value) for value in values})
    place = {name: k for k, name in enumerate(found)}
    return np.array([place[str(value)] for value in values]), found


def _refuse_other_order(groups: object, table: Table) -> None:
    """Refuses a Series of labels whose index has the rows' own labels in another order."""
    index = getattr(groups, "index", None) if hasattr(groups, "iloc") else None
    if index is None or table.index is None or index.equals(table.index):
        return
    if index.is_unique and table.index.is_unique and index.isin(table.index).all():
        raise DataError(
            "The group labels have the index of the rows of the fit in another order, and are "
            "taken row by row.",
            code="other-order",
            hint="Give them in the order of the rows: kfold(groups=labels.loc[frame.index]).",
        )


def _labels(groups: object) -> list[object]:
    """One label per row, from a list, an array of one dimension, or a Series."""
    one = not isinstance(groups, Mapping) and getattr(groups, "ndim", 1) == 1
    if one and isinstance(groups, Iterable):
        return list(groups)
    whole = isinstance(groups, int | np.integer)
    raise ModelError(
        "groups= is a column of the model, or one label for each row used; this is "
        f"'{type(groups).__name__}'.",
        code="folds",
        hint=f"For {groups} folds of random rows, give kfold(k={groups})."
        if whole
        else "Give kfold(groups='column') or kfold(groups=frame['column']).",
    )


def without(model: Model, left_out: np.ndarray) -> Model:
    """The same model of the other rows; levels that lose all rows stay levels."""
    design, kept = model.design, np.flatnonzero(~left_out)
    part = replace(
        design,
        rows=design.rows.take(kept),
        response=design.response[kept],
        weights=None if design.weights is None else design.weights[kept],
        table=None,
    )
    return Model(part, model.family, model.priors)
