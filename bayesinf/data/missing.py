"""The one place where rows with missing values are dropped or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import DataError, wrong_values
from bayesinf.numerics.gaps import missing_rows

SMALLEST, LARGEST = 1e-100, 1e100
"""Of numbers to fit, so that the sums of the squares and products of many are numbers too."""


@dataclass(frozen=True)
class Missing:
    """How many rows were left out, and why.

    Attributes:
        n_before: Rows of the frame.
        n_after: Rows used.
        by_column: Rows that miss each column, for those that any row misses. A row that misses two
            columns counts in both.
        zero_weight: Complete rows that were left out because their weight is 0.
    """

    n_before: int
    n_after: int
    by_column: Mapping[str, int] = field(default_factory=dict)
    zero_weight: int = 0

    def sentence(self) -> str:
        """Says it in words.

        Example:
            >>> Missing(240, 228, {"age": 10, "dose": 2}).sentence()
            "12 of 240 rows were dropped: 10 miss 'age', 2 miss 'dose'."
        """
        left_out = "" if not self.zero_weight else _weightless(self.zero_weight)
        dropped = self.n_before - self.n_after - self.zero_weight
        if not dropped:
            whole = "The one row was" if self.n_before == 1 else f"All {self.n_before} rows were"
            return left_out or f"{whole} used."
        reasons = ", ".join(
            f"{count} {'misses' if count == 1 else 'miss'} '{name}'"
            for name, count in self.by_column.items()
        )
        verb = "row was" if self.n_before == 1 else "rows were" if dropped > 1 else "rows was"
        return f"{dropped} of {self.n_before} {verb} dropped: {reasons}. {left_out}".rstrip()


def _weightless(count: int) -> str:
    rows, were = ("row", "was") if count == 1 else ("rows", "were")
    return f"{count} {rows} of weight 0 {were} left out."


def drop_missing(table: Table, policy: str = "drop") -> tuple[Table, Missing]:
    """Drops or refuses rows that miss a value; infinite values are always refused.

    Args:
        table: Only the columns that the model uses.
        policy: `"drop"` leaves the rows out and counts them, `"error"` refuses.

    Returns:
        The complete rows (levels that no longer occur are dropped), and the count.

    Raises:
        DataError: `infinite-values`, `too-large-values`, `too-small-values`, `missing-values` (when
            refused), or `all-missing`.
    """
    if not isinstance(policy, str) or policy not in ("drop", "error"):
        raise DataError(
            f"Missing values can be handled by 'drop' or 'error', not {policy!r}.",
            code="unknown-policy",
            hint='Give missing="drop" or missing="error".',
        )
    refuse_infinite(table)
    refuse_extreme(table)
    masks = {name: missing_rows(values) for name, values in table.columns.items()}
    counts = {name: int(mask.sum()) for name, mask in masks.items() if mask.any()}
    if not counts:
        return table, Missing(table.n, table.n)
    if policy == "error":
        refuse_missing(table, AT_A_FIT)
    complete = ~np.logical_or.reduce(list(masks.values()))
    if not complete.any():
        listed = ", ".join(f"{count} miss '{name}'" for name, count in counts.items())
        raise DataError(
            f"Every one of the {table.n} rows misses a value: {listed}.",
            code="all-missing",
            column=max(counts, key=lambda name: counts[name]),
            hint="Leave the emptiest column out of the formula, or fill it in.",
        )
    kept = table.take(complete)
    return kept, Missing(table.n, kept.n, counts)


AT_A_FIT = (
    'Fill them in, or leave the rows out, as missing="drop" does and counts them; rows without an '
    "outcome are for fit.predict."
)
AT_A_PREDICTION = "Fill them in, or leave the rows out."


def refuse_missing(table: Table, hint: str = AT_A_PREDICTION) -> None:
    """Refuses any missing value, with its column and rows, and names all columns that miss some."""
    masks = {name: missing_rows(values) for name, values in table.columns.items()}
    counts = {name: int(mask.sum()) for name, mask in masks.items() if mask.any()}
    if not counts:
        return
    name, *others = counts
    rows = table.as_read(np.flatnonzero(masks[name]))
    also = "".join(f"; column '{other}' has {counts[other]}" for other in others)
    raise wrong_values(name, "missing", rows, "missing-values", hint, also)


def refuse_infinite(table: Table) -> None:
    """Refuses infinite values, with their column and rows."""
    for name, values in table.columns.items():
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise _refused(
                table,
                name,
                np.isinf(values),
                "infinite",
                "Correct those rows, or leave them out; a division by zero or log(0) before the "
                "fit makes such values.",
            )


def refuse_extreme(table: Table) -> None:
    """Refuses numbers so large or so small that their squares cannot be told from each other."""
    for name, values in table.columns.items():
        if values.dtype.kind != "f" or not len(values):
            continue
        size = np.abs(values[~np.isnan(values)])
        largest = size.max(initial=0.0)
        if SMALLEST <= largest <= LARGEST or largest == 0.0:
            continue
        limit, word = (LARGEST, "large") if largest > LARGEST else (SMALLEST, "small")
        wrong = np.abs(values) > LARGEST if word == "large" else values != 0.0
        raise _refused(
            table,
            name,
            wrong & ~np.isnan(values),
            f"too {word}",
            f"Rescale the column, as by frame['{name}'] / {largest:.0e}: squares of numbers "
            f"{'beyond' if word == 'large' else 'below'} {limit:g} are not kept.",
        )


def _refused(table: Table, name: str, wrong: np.ndarray, what: str, hint: str) -> DataError:
    rows = table.as_read(np.flatnonzero(wrong))
    return wrong_values(name, what, rows, f"{what.replace(' ', '-')}-values", hint)
