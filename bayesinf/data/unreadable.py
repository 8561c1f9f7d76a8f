"""Columns that no model can use as they are: what they hold, from which row, how to convert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from bayesinf.errors import DataError, name_rows, shortened
from bayesinf.texts import Strays, advice_on_numbers, is_number


@dataclass(frozen=True)
class Sight:
    """What of a column is shown in an error.

    Attributes:
        count: Values that are not missing.
        row: Where the first of them stands.
        example: The first of them, a Python object.
        least: The earliest of dates; else the first.
    """

    count: int
    row: int
    example: Any
    least: Any

    @staticmethod
    def of(values: np.ndarray) -> Sight:
        """The sight of Python objects, at least one of them not None."""
        present = [value for value in values.tolist() if value is not None]
        row = next(row for row, value in enumerate(values.tolist()) if value is not None)
        least = min(present) if isinstance(present[0], date) else present[0]
        return Sight(len(present), row, present[0], least)

    @staticmethod
    def of_series(series: Any, missing: np.ndarray) -> Sight:
        """The sight of a narwhals Series, without a Python object for each row."""
        row = int(np.argmin(missing))
        count = len(missing) - int(missing.sum())
        example = series[row]
        least = series.min() if isinstance(example, date) else example
        return Sight(count, row, example, least)


def unsupported(name: str, what: str) -> DataError:
    """The error for a column of a kind that no model can use as it is."""
    return DataError(
        f"Column '{name}' is {what}, which a model cannot use as it is.",
        code="unsupported-type",
        column=name,
        hint="Make it numbers or text.",
    )


def _written(example: object) -> str:
    """A value as Python writes it; of types that we do not know, only the type."""
    known = type(example).__module__.split(".")[0] in ("builtins", "numpy", "pandas", "decimal")
    return shortened(repr(example)) if known else f"a {type(example).__name__}"


def _unusable(name: str, what: str, sight: Sight, hint: str) -> DataError:
    plain = isinstance(sight.example, date | time | timedelta)
    example = str(sight.example) if plain else _written(sight.example)
    return DataError(
        f"Column '{name}' holds {sight.count} {what}, e.g. {example} in row {sight.row}, which a "
        "model cannot use as they are.",
        code="unsupported-type",
        column=name,
        hint=hint,
    )


def unusable_objects(name: str, sight: Sight) -> DataError:
    """The error for objects of one type that is neither number nor text nor boolean."""
    example = sight.example
    if isinstance(example, date | time | timedelta) or type(example).__name__ == "Period":
        return dates(name, sight, f"pandas.to_datetime(pandas.Series(frame['{name}']))")
    if isinstance(example, complex):
        return complex_numbers(name, sight)
    if isinstance(example, list | tuple | set | dict | np.ndarray):
        return several_values(name, sight)
    way = ".str.decode('utf-8')" if isinstance(example, bytes) else ".astype(str)"
    hint = f"Make it numbers or text, for example by frame['{name}']{way}."
    return _unusable(name, f"{type(example).__name__} objects", sight, hint)


def complex_numbers(name: str, sight: Sight) -> DataError:
    """The error for complex numbers."""
    hint = "Give the real and the imaginary part, or the modulus and the angle, as two columns."
    return _unusable(name, "complex numbers", sight, hint)


def several_values(name: str, sight: Sight) -> DataError:
    """The error for cells that hold several values each."""
    hint = "Split it into one column for each value, or into one row for each value."
    return _unusable(name, f"cells of several values ({type(sight.example).__name__})", sight, hint)


def dates(name: str, sight: Sight, series: str) -> DataError:
    """The error for dates, times and durations, with the line that converts them.

    Args:
        name: The column.
        sight: Of Python's dates, datetimes, times, durations, or pandas' periods.
        series: How to write the column as a pandas series of dates.
    """
    example = sight.example
    if isinstance(example, timedelta):
        series = series.replace("to_datetime", "to_timedelta")
        hint = f"Convert them to seconds, by {series}.dt.total_seconds()."
        return _unusable(name, "durations", sight, hint)
    if isinstance(example, time):
        hint = "Convert them to a number, such as hours since midnight."
        return _unusable(name, "times of day", sight, hint)
    if not isinstance(example, date):
        hint = f"Convert them to dates first, by frame['{name}'].dt.to_timestamp()."
        return _unusable(name, "periods", sight, hint)
    zone = isinstance(example, datetime) and example.tzinfo is not None
    origin = f"pandas.Timestamp('{sight.least:%Y-%m-%d}'{', tz=' + repr('UTC') if zone else ''})"
    hint = (
        f"Convert them to days since a first one, by ({series} - {origin}).dt.total_seconds() / "
        "86400; new rows by the same line, with the same first one. Where they only "
        f"tell groups apart, as in (1 | {name}), they may stay dates."
    )
    return _unusable(name, "dates", sight, hint)


def refuse_mixed_zones(name: str, values: np.ndarray) -> None:
    """Refuses times of which some have a time zone and some have none.

    Args:
        name: The column.
        values: Python objects of one type, None for missing.
    """
    present = [value for value in values.tolist() if value is not None]
    if not isinstance(present[0], datetime):
        return
    naive = sum(value.tzinfo is None for value in present)
    zoned = len(present) - naive
    if not naive or not zoned:
        return
    few = naive < zoned
    rows = [
        row
        for row, value in enumerate(values.tolist())
        if value is not None and (value.tzinfo is None) == few
    ]
    raise DataError(
        f"Column '{name}' holds {zoned} times with a time zone and {naive} without; those "
        f"{'without' if few else 'with'} one stand in {name_rows(rows)}.",
        code="mixed-types",
        column=name,
        rows=rows,
        hint="Give all of them one zone, then convert them to days since a first one; "
        f"pandas.to_datetime(frame['{name}'], utc=True) takes those without a zone for UTC.",
    )


def refuse_confusable(name: str, levels: Sequence[Any]) -> None:
    """Refuses levels that differ only in their type, as 1 and '1': their coefficients' names agree.

    Args:
        name: The column.
        levels: All different.
    """
    known: dict[str, Any] = {}
    for level in levels:
        other = known.setdefault(str(level), level)
        if other is not level:
            raise DataError(
                f"Column '{name}' has {len(levels)} levels, of which {other!r} "
                f"({type(other).__name__}) and {level!r} ({type(level).__name__}) differ only in "
                "their type.",
                code="mixed-types",
                column=name,
                hint="Make all of them numbers or all of them text.",
            )


def rarest_of(kinds: Mapping[str, int]) -> str:
    """The kind that there are fewest of; text, where there are as few of others.

    Example:
        >>> rarest_of({"whole number": 1, "text": 1})
        'text'
    """
    return min(kinds, key=lambda kind: (kinds[kind], kind != "text"))


def mixed(
    name: str, values: np.ndarray, kinds: Counter[str], rarest: Collection[type]
) -> DataError:
    """The error for a column of several types.

    Args:
        name: The column.
        values: Python objects, None for missing.
        kinds: How many there are of each kind.
        rarest: The types of the kind that there are fewest of.
    """
    rows = [row for row, value in enumerate(values.tolist()) if type(value) in rarest]
    word = rarest_of(kinds)
    texts = values[rows].tolist() if word == "text" else []
    strays = Strays.among(texts, is_number, np.array(rows))
    listed = " and ".join(
        f"{count} {kind}{'s' * (count > 1)}" for kind, count in kinds.most_common()
    )
    several = len(strays.rows) > 1
    what = f": {strays.sentence()}" if several else f", e.g. {_written(values[rows[0]])}"
    return DataError(
        f"Column '{name}' mixes {listed}; {word} in {name_rows(rows)}{what}.",
        code="mixed-types",
        column=name,
        rows=rows,
        hint=_unmixed(name, kinds, strays),
    )


def _unmixed(name: str, kinds: Mapping[str, int], strays: Strays) -> str:
    if not set(kinds) <= {"text", "number", "whole number"}:
        return "Make all of it numbers or all of it text."
    column = f"frame[{name!r}]"
    text = f"ake all of it text: {column} = {column}.astype(str)."
    if 2 * kinds["text"] > sum(kinds.values()):
        return f"M{text}"
    return f"{advice_on_numbers(name, strays)}\n  Or m{text}"
