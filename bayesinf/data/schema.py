"""What each column was when the model was fitted, and whether new rows are the same kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np

from bayesinf.data.missing import refuse_infinite, refuse_missing
from bayesinf.data.table import Table, unknown_column
from bayesinf.errors import DataError, all_or_some, name_rows, suggest
from bayesinf.texts import advice_on

Kind = Literal["number", "boolean", "factor"]


@dataclass(frozen=True)
class Column:
    """What one column was at the fit.

    Attributes:
        kind: `number`, `boolean` or `factor` (text, a categorical, or numbers coded by C(...)).
        levels: Of a factor, those among the rows used, in declared or sorted order; else empty.
        low: Smallest number; None for others.
        high: Largest number; None for others.
    """

    kind: Kind
    levels: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Schema:
    """What the columns were at the fit; the training rows are not kept.

    Attributes:
        columns: One entry per column.
    """

    columns: Mapping[str, Column]

    @staticmethod
    def learn(table: Table, factors: Collection[str] = frozenset()) -> Schema:
        """Takes note of the rows that a model was fitted to.

        Args:
            table: Complete rows, only the columns that prediction needs.
            factors: Number columns that the formula codes as factors, C(x): their values are levels
                too, so that a number never seen is refused.
        """
        return Schema(
            {
                name: _learn(values, table.levels.get(name), name in factors)
                for name, values in table.columns.items()
            }
        )

    def check(self, table: Table, allow_unseen: Collection[str] = frozenset()) -> None:
        """Refuses new rows that are not of the kind that the model was fitted to.

        Args:
            table: The new rows; columns that the model does not use are ignored.
            allow_unseen: Columns whose levels may be new: grouping factors.

        Raises:
            DataError: `unknown-column`, `missing-values`, `infinite-values`, `type-changed` or
                `unseen-level`, with column and rows.
        """
        for name in self.columns:
            if name not in table.columns:
                raise unknown_column(name, tuple(table.columns))
        used = table.only(tuple(self.columns))
        refuse_missing(used)
        refuse_infinite(used)
        for name, column in self.columns.items():
            values = table.columns[name]
            _check_type(name, column, values, table)
            if column.kind == "factor" and name not in allow_unseen:
                _check_levels(name, column.levels, values, table)

    def example(self) -> dict[str, Any]:
        """One row of the kind that the model was fitted to: lowest numbers and first levels."""
        found: dict[str, Any] = {}
        for name, column in self.columns.items():
            low = False if column.kind == "boolean" else column.low
            found[name] = column.levels[0] if column.kind == "factor" else low
        return found

    def to_json(self) -> dict[str, Any]:
        """The schema as values that JSON can hold."""
        return {
            name: {
                "kind": column.kind,
                "levels": list(column.levels),
                "low": column.low,
                "high": column.high,
            }
            for name, column in self.columns.items()
        }

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> Schema:
        """The schema that `to_json` wrote."""
        return Schema(
            {
                name: Column(item["kind"], tuple(item["levels"]), item["low"], item["high"])
                for name, item in kept.items()
            }
        )


def suggest_level(given: object, levels: Sequence[Any], word: str = "level") -> str:
    """Says which level was meant: the same one in another type, else the nearest text.

    Args:
        given: What is no level.
        levels: Those of the fit.
        word: What a level is called there.

    Example:
        >>> suggest_level("1", (1, 2))
        " The level 1 is a number, and '1' is text."
        >>> suggest_level("blau", ("blue", "red"))
        " Did you mean 'blue'?"
    """
    if str(given) in map(str, levels):
        same = next(level for level in levels if str(level) == str(given))
        return f" The {word} {same!r} is {_type(same)}, and {given!r} is {_type(given)}."
    return suggest(str(given), [level for level in levels if isinstance(level, str)])


def _type(value: object) -> str:
    if isinstance(value, str):
        return "text"
    number = isinstance(value, Real) and not isinstance(value, bool)
    return "a number" if number else f"of type '{type(value).__name__}'"


def _learn(values: np.ndarray, levels: Sequence[Any] | None, as_factor: bool) -> Column:
    if levels is not None:
        return Column("factor", tuple(levels))
    if values.dtype == object or as_factor:
        return Column("factor", tuple(sorted(set(values.tolist()))))
    if values.dtype == bool:
        return Column("boolean")
    if not len(values):
        return Column("number")
    return Column("number", low=float(values.min()), high=float(values.max()))


def _word(values: np.ndarray) -> str:
    if values.dtype == object:
        return "text" if any(isinstance(value, str) for value in values) else "a factor"
    return "boolean" if values.dtype == bool else "numeric"


def _check_type(name: str, column: Column, values: np.ndarray, table: Table) -> None:
    """Refuses text for numbers, numbers for text, and numbers other than 0 and 1 for booleans."""
    kinds = set(map(type, values.tolist())) if values.dtype == object else set()
    is_object = not all(issubclass(kind, int | float) for kind in kinds)
    if column.kind == "factor":
        text = any(isinstance(level, str) for level in column.levels)
        wrong = np.ones(len(values), dtype=bool) if text != is_object else np.zeros(0, dtype=bool)
        before = "text" if text else "numeric"
    elif is_object:
        wrong = np.ones(len(values), dtype=bool)
        before = "boolean" if column.kind == "boolean" else "numeric"
    elif column.kind == "boolean":
        wrong, before = ~np.isin(values.astype(np.float64), (0.0, 1.0)), "boolean"
    else:
        return
    found = np.flatnonzero(wrong)
    if found.size:
        example, rows = values[found[:1]].tolist()[0], table.as_read(found)
        raise DataError(
            f"Column '{name}' was {before} at the fit and is {_word(values)} now, "
            f"e.g. {example!r} in row {rows[0]} ({all_or_some(len(rows), table.n)}).",
            code="type-changed",
            column=name,
            rows=rows,
            hint=f"Give it as it was at the fit: {_examples(column)}.{_codes(column, example)}"
            f"{_numbers(name, column, values)}",
        )


def _codes(column: Column, example: object) -> str:
    is_code = column.kind == "factor" and isinstance(example, int)
    return " If the numbers are codes, give the levels that they stand for." if is_code else ""


def _numbers(name: str, column: Column, values: np.ndarray) -> str:
    """How to make numbers of text, where it is numbers."""
    advice = None if column.kind == "factor" else advice_on(name, values.tolist())
    return f"\n  {advice}" if advice else ""


def _examples(column: Column) -> str:
    if column.kind == "factor":
        return _list(column.levels, 3)
    return "True or False" if column.kind == "boolean" else f"{column.low:g} to {column.high:g}"


def _list(levels: Sequence[Any], shown: int = 10) -> str:
    more = f" and {len(levels) - shown} more" if len(levels) > shown else ""
    return ", ".join(repr(level) for level in levels[:shown]) + more


def _check_levels(name: str, levels: Sequence[Any], values: np.ndarray, table: Table) -> None:
    known = set(levels)
    if set(values.tolist()) <= known:
        return
    found = [row for row, value in enumerate(values.tolist()) if value not in known]
    unseen, rows = list(dict.fromkeys(values[found].tolist())), table.as_read(found)
    were = "value that is not a level" if len(unseen) == 1 else "values that are not levels"
    raise DataError(
        f"Column '{name}' has {len(unseen)} {were} of the fit: {_list(unseen)} in "
        f"{name_rows(rows)} ({all_or_some(len(rows), table.n)}).{_meant(unseen, levels)}",
        code="unseen-level",
        column=name,
        rows=rows,
        hint=f"Give one of the known levels: {_list(levels)}; or fit again with rows of the new "
        f"{'one' if len(unseen) == 1 else 'ones'}.",
    )


def _meant(unseen: Sequence[Any], levels: Sequence[Any]) -> str:
    """The level that one was probably meant to be, above all where case or blanks differ."""
    if len(unseen) > 1 or not isinstance(unseen[0], str):
        return ""
    plain = unseen[0].strip().casefold()
    same = [level for level in levels if str(level).strip().casefold() == plain]
    return f" Did you mean {same[0]!r}?" if same else suggest(unseen[0], levels)
