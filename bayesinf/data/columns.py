"""One column of a frame as a NumPy array of one of few kinds, or a sentence on why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from bayesinf.errors import DataError, name_rows


@dataclass(frozen=True, eq=False)
class Reading:
    """A column as it was read.

    Attributes:
        values: float64, int64, bool, or object with None for missing.
        levels: The declared levels of a factor, in order; None for other columns.
    """

    values: np.ndarray
    levels: tuple[Any, ...] | None = None


def read_series(name: str, series: Any) -> Reading:
    """Reads a narwhals Series.

    Raises:
        DataError: `mixed-types` or `unsupported-type`.
    """
    import narwhals.stable.v2 as nw

    kind = series.dtype
    missing = np.asarray(series.is_null().to_numpy(), dtype=bool)
    if isinstance(kind, nw.Categorical | nw.Enum):
        levels = tuple(_plain(level) for level in series.cat.get_categories().to_list())
        return Reading(_objects(series.to_list(), missing), levels)
    if isinstance(kind, nw.Boolean):
        return Reading(
            _objects(series.to_list(), missing) if missing.any() else series.to_numpy().astype(bool)
        )
    if isinstance(kind, nw.String):
        return Reading(_objects(series.to_list(), missing))
    if missing.all() and len(missing):
        return Reading(np.full(len(missing), np.nan))
    if kind.is_decimal() or isinstance(kind, nw.Object):
        return Reading(_from_objects(name, _objects(series.to_list(), missing)))
    if kind.is_temporal():
        raise unsupported(name, f"{kind} (a date or time)")
    if kind.is_nested():
        raise unsupported(name, f"{kind} (several values in one cell)")
    values = np.asarray(series.to_numpy())
    if values.dtype.kind == "O":
        raise unsupported(name, str(series.to_native().dtype))
    return Reading(_from_numpy(name, values))


def read_array(name: str, values: Any) -> Reading:
    """Reads an array, a list, or a Series of any library.

    Raises:
        DataError: `mixed-types` or `unsupported-type`.
    """
    import narwhals.stable.v2 as nw

    if hasattr(values, "categories") and hasattr(values, "codes"):  # a bare pandas Categorical
        import pandas as pd

        values = pd.Series(values)
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return read_series(name, series)
    if isinstance(values, list | tuple | range) and not all(np.ndim(v) == 0 for v in values):
        raise unsupported(name, "lists (several values in one cell)")
    # Through object, because NumPy would turn [1, "a"] and [1, None] into something else.
    array = values if hasattr(values, "dtype") else _object_array(list(values))
    array = np.asarray(array)
    if array.ndim != 1:
        raise unsupported(name, f"an array with {array.ndim} dimensions")
    if array.dtype.kind in "UT":
        return Reading(_objects(array.tolist(), np.zeros(len(array), dtype=bool)))
    if array.dtype == object:
        missing = np.array([_is_missing(value) for value in array], dtype=bool)
        return Reading(_from_objects(name, _objects(array.tolist(), missing)))
    return Reading(_from_numpy(name, array))


def unsupported(name: str, what: str) -> DataError:
    """The error for a column of a kind that no model can use as it is."""
    return DataError(
        f"Column '{name}' is {what}, which a model cannot use as it is.",
        code="unsupported-type",
        column=name,
        hint="Make it numbers, such as days since a first date, or text."
        if "date" in what
        else "Make it numbers or text.",
    )


def _from_numpy(name: str, values: np.ndarray) -> np.ndarray:
    kind = values.dtype.kind
    if kind == "b":
        return values.astype(bool)
    if kind in "iu":
        fits = not values.size or (values.min() >= -(2**63) and values.max() < 2**63)
        return values.astype(np.int64 if fits else np.float64)
    if kind == "f":
        return values.astype(np.float64)
    if kind in "mM":
        raise unsupported(name, f"{values.dtype} (a date or time)")
    raise unsupported(name, f"{values.dtype}{' (complex numbers)' if kind == 'c' else ''}")


def _objects(values: list[Any], missing: np.ndarray) -> np.ndarray:
    array = _object_array([_plain(value) for value in values])
    array[missing] = None
    return array


def _object_array(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's, so that levels compare, print and save as expected."""
    return value.item() if isinstance(value, np.generic) else value


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _from_objects(name: str, values: np.ndarray) -> np.ndarray:
    """Finds out what an object column holds: text, booleans, or numbers and nothing else."""
    kinds = Counter(_kind(value) for value in values if value is not None)
    if not kinds:
        return np.full(len(values), np.nan)
    if len(kinds) > 1 and set(kinds) != {"whole number", "number"}:
        raise _mixed(name, values, kinds)
    kind = next(iter(kinds)) if len(kinds) == 1 else "number"
    gaps = any(value is None for value in values)
    if kind == "text":
        return values
    if kind == "boolean":
        return values if gaps else values.astype(bool)
    if kind == "whole number" and not gaps:
        return _from_numpy(name, np.array(values.tolist()))
    if kind in ("number", "whole number"):
        return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
    example = next(value for value in values if value is not None)
    raise unsupported(name, f"{kind} objects, e.g. {example!r}{_note(kind)}")


def _note(kind: str) -> str:
    return " (a date or time)" if "date" in kind.lower() or "time" in kind.lower() else ""


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Integral):
        return "whole number"
    return "number" if isinstance(value, Real | Decimal) else type(value).__name__


def _mixed(name: str, values: np.ndarray, kinds: Counter[str]) -> DataError:
    rarest = min(kinds, key=lambda kind: kinds[kind])
    rows = [row for row, value in enumerate(values) if value is not None and _kind(value) == rarest]
    listed = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common())
    return DataError(
        f"Column '{name}' mixes types ({listed}); {rarest} in {name_rows(rows)}, "
        f"e.g. {values[rows[0]]!r}.",
        code="mixed-types",
        column=name,
        rows=rows,
        hint="Make all of it numbers or all of it text.",
    )
