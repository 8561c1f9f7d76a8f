"""A model of a whole frame, divided into models of its groups: the same priors, levels, centre.

Rows are sorted by group once, so that every group's model is a stretch of the same arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, overload

import numpy as np

from bayesinf.data.missing import Missing, drop_missing
from bayesinf.data.table import Table
from bayesinf.errors import DataError, ModelError, name_rows
from bayesinf.model.model import Model
from bayesinf.numerics.gaps import missing_rows


@dataclass(frozen=True, eq=False)
class Division(Sequence[Model]):
    """The models of the groups, by place; each is made when it is asked for.

    Attributes:
        whole: The model of all rows, which lends its priors, levels and centre.
        by: The column that divides the rows.
        groups: The groups, in the order of their levels.
        bounds: Shape (group + 1,). Where each group's rows begin among the sorted rows.
        missing: How many rows were left out of each group, and why.
    """

    whole: Model
    by: str
    groups: tuple[Any, ...]
    bounds: np.ndarray
    missing: MissingCounts

    def __len__(self) -> int:
        return len(self.groups)

    @overload
    def __getitem__(self, place: int) -> Model: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Model]: ...

    def __getitem__(self, place: int | slice) -> Model | Sequence[Model]:
        """The model of one group, without its table of rows: all that solving it needs."""
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        design, rows = self.whole.design, self.rows(place)
        part = replace(
            design,
            rows=design.rows.take(rows),
            response=design.response[rows],
            weights=None if design.weights is None else design.weights[rows],
            missing=self.missing.of(place),
            table=None,
        )
        return Model(part, self.whole.family, self.whole.priors)

    def with_table(self, place: int) -> Model:
        """The model of one group with its table of rows."""
        table = self.whole.design.table
        assert table is not None, "a frame was just divided"
        model = self[place]
        return replace(model, design=replace(model.design, table=table.take(self.rows(place))))

    def rows(self, place: int) -> slice:
        """Where a group's rows lie among the sorted rows."""
        return slice(int(self.bounds[place]), int(self.bounds[place + 1]))

    @cached_property
    def places(self) -> dict[Any, int]:
        """Each group's place."""
        return {group: place for place, group in enumerate(self.groups)}

    @property
    def sizes(self) -> np.ndarray:
        """Rows used of each group."""
        return np.diff(self.bounds)


@dataclass(frozen=True, eq=False)
class MissingCounts:
    """How many rows were left out of each group.

    Attributes:
        before: Rows of the frame, shape (group,).
        after: Rows used.
        by_column: Rows that miss each column.
        zero_weight: Complete rows of weight 0.
    """

    before: np.ndarray
    after: np.ndarray
    by_column: Mapping[str, np.ndarray]
    zero_weight: np.ndarray

    def of(self, place: int) -> Missing:
        """The counts of one group."""
        counts = {name: int(counts[place]) for name, counts in self.by_column.items()}
        return Missing(
            int(self.before[place]),
            int(self.after[place]),
            {name: count for name, count in counts.items() if count},
            int(self.zero_weight[place]),
        )


def divide(
    build: Callable[[Table], Model],
    variables: Sequence[str],
    frame: object,
    by: str,
    missing: str = "drop",
    labels: Collection[str] = (),
) -> Division:
    """Builds a model of a whole frame and divides it by a column.

    Args:
        build: Makes the model of the rows that are complete.
        variables: The columns that it needs.
        frame: A data frame or a dict of arrays.
        by: The column whose values are the groups.
        missing: `"drop"` leaves rows with missing values out and counts them, also those that miss
            the group; `"error"` refuses.
        labels: Columns that only tell groups apart, as `by` does: dates become text in them.

    Returns:
        The division.

    Raises:
        DataError: Where the frame does not hold the columns, or `by` holds measurements.
        ModelError: Where `by` is no column's name, or the formula uses it.
    """
    refuse_bad_column(by, variables)
    table = Table.read(frame, [*variables, by], [*labels, by])
    groups, codes = group_codes(table, by)
    complete, left_out = drop_missing(table, missing)
    whole = build(complete.only(variables))
    used = whole.design.table
    assert used is not None, "the model was just built from rows"
    positions = np.arange(table.n) if used.positions is None else used.positions
    counts = missing_counts(table, complete, positions, codes, len(groups))
    order = np.argsort(codes[positions], kind="stable")
    bounds = np.concatenate([[0], np.cumsum(counts.after)])
    design = whole.design
    zero = design.missing.zero_weight
    sorted_design = replace(
        design,
        rows=design.rows.take(order),
        response=design.response[order],
        weights=None if design.weights is None else design.weights[order],
        missing=replace(left_out, n_after=len(order), zero_weight=zero),
        table=used.take(order),
    )
    return Division(replace(whole, design=sorted_design), by, groups, bounds, counts)


def refuse_bad_column(by: object, variables: Sequence[str]) -> None:
    """Refuses what is no column's name, and columns that the formula uses.

    Raises:
        ModelError: With the reason.
    """
    if not isinstance(by, str):
        raise ModelError(
            f"by is the name of one column, not {by!r}.",
            code="by-column",
            hint="For groups made of several columns, join these into one column of text.",
        )
    if by in variables:
        raise ModelError(
            f"The column '{by}' divides the rows, so it is the same in all rows of a group and "
            "cannot explain anything there.",
            code="by-in-formula",
            column=by,
            hint=f"Leave '{by}' out of the formula; or fit all rows at once with (1 | {by}).",
        )


def group_codes(table: Table, by: str) -> tuple[tuple[Any, ...], np.ndarray]:
    """The groups in the order of their levels, and each row's group; -1 where it is missing.

    Raises:
        DataError: `by-measurements`, for numbers that are not whole; `all-missing`.
    """
    values = table.columns[by]
    absent = missing_rows(values)
    if values.dtype.kind == "f" and not absent.all():
        fractions = np.flatnonzero(~absent & (values != np.floor(values)))
        if len(fractions):
            raise DataError(
                f"The column '{by}' holds measurements, not groups: {values[fractions[0]]:g} in "
                f"{name_rows(table.as_read(fractions))}.",
                code="by-measurements",
                column=by,
                rows=table.as_read(fractions),
                hint="Groups are text, whole numbers or True and False.",
            )
        present = np.unique(values[~absent])
        found = np.where(absent, -1, np.searchsorted(present, np.where(absent, 0.0, values)))
        return tuple(int(value) for value in present), found
    if absent.all():
        raise DataError(
            f"The column '{by}' is missing in all {table.n} rows, so no row belongs to a group.",
            code="all-missing",
            column=by,
        )
    if values.dtype != object:
        present, found = np.unique(values, return_inverse=True)
        return tuple(present.tolist()), found
    listed = values.tolist()
    groups = table.levels.get(by) or tuple(sorted({value for value in listed if value is not None}))
    place = {group: k for k, group in enumerate(groups)}
    return groups, np.array([place.get(value, -1) for value in listed])


def missing_counts(
    table: Table, complete: Table, positions: np.ndarray, codes: np.ndarray, groups: int
) -> MissingCounts:
    """Counts, group by group, the rows that were left out.

    Args:
        table: All rows.
        complete: Those that miss nothing.
        positions: Where the rows that are used stand among all.
        codes: Shape (row,). Each row's group, -1 where it is missing.
        groups: How many groups there are.
    """

    def count(rows: np.ndarray) -> np.ndarray:
        inside = codes[rows]
        return np.bincount(inside[inside >= 0], minlength=groups)

    everything = np.arange(table.n)
    whole = everything if complete.positions is None else complete.positions
    masks = {name: missing_rows(values) for name, values in table.columns.items()}
    by_column = {name: count(np.flatnonzero(mask)) for name, mask in masks.items() if mask.any()}
    after = count(positions)
    return MissingCounts(count(everything), after, by_column, count(whole) - after)
