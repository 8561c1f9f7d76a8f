"""One column of a frame as a NumPy array of one of few kinds, or a sentence on why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from types import NoneType
from typing import Any

import numpy as np

from bayesinf.data.unreadable import (
    Sight,
    complex_numbers,
    dates,
    mixed,
    rarest_of,
    refuse_confusable,
    refuse_mixed_zones,
    several_values,
    unsupported,
    unusable_objects,
)
from bayesinf.errors import DataError, name_rows
from bayesinf.numerics.gaps import EXACT


@dataclass(frozen=True, eq=False)
class Reading:
    """A column as it was read.

    Attributes:
        values: float64, int64 (uint64 where larger), bool, or object with None for missing.
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
        return _read_factor(name, series, missing)
    if isinstance(kind, nw.Boolean):
        return Reading(
            _objects(series.to_list(), missing) if missing.any() else series.to_numpy().astype(bool)
        )
    if isinstance(kind, nw.String):
        return Reading(_texts(series.to_list(), missing))
    if missing.all() and len(missing):
        return Reading(np.full(len(missing), np.nan))
    if kind.is_decimal() or isinstance(kind, nw.Object):
        return Reading(_from_objects(name, _objects(series.to_list(), missing)))
    if kind.is_temporal():
        pandas = series.implementation.is_pandas()
        written = f"frame['{name}']" if pandas else f"frame['{name}'].to_pandas()"
        raise dates(name, Sight.of_series(series, missing), written)
    if kind.is_nested():
        raise several_values(name, Sight.of_series(series, missing))
    if kind.is_integer() and missing.any() and max(series.max(), -series.min()) > EXACT:
        return Reading(_from_objects(name, _objects(series.to_list(), missing)))
    # Pandas makes an object of each period or interval, so the first alone tells.
    if isinstance(kind, nw.Unknown) and series.head(1).to_numpy().dtype.kind == "O":
        raise unusable_objects(name, Sight.of_series(series, missing))
    if isinstance(kind, nw.Int128 | nw.UInt128):
        return Reading(_from_objects(name, _objects(series.to_list(), missing)))
    values = np.asarray(series.to_numpy())
    if values.dtype.kind == "O":
        raise unusable_objects(name, Sight.of_series(series, missing))
    return Reading(_from_numpy(name, values))


def _read_factor(name: str, series: Any, missing: np.ndarray) -> Reading:
    """Reads a factor: levels in declared order, or sorted where no order was declared."""
    values = _levels(series.to_list(), missing)
    if _declares_order(series):
        declared = series.cat.get_categories().to_list()
        levels = tuple(dict.fromkeys(_level(level) for level in declared))
    else:
        levels = tuple(sorted(set(values.tolist()) - {None}))
    refuse_confusable(name, levels)
    return Reading(values, levels)


def _declares_order(series: Any) -> bool:
    """Whether somebody chose the order: a polars Categorical's follows the order of the rows."""
    import narwhals.stable.v2 as nw

    if series.implementation.is_polars():
        return isinstance(series.dtype, nw.Enum)
    native = series.to_native()
    kind = getattr(native, "dtype", None)  # None of arrow's own arrays
    if hasattr(kind, "categories"):
        return True
    of_arrow = native.type if kind is None else getattr(kind, "pyarrow_dtype", None)
    return bool(getattr(of_arrow, "ordered", False))


def _levels(values: list[Any], missing: np.ndarray) -> np.ndarray:
    """Each level is looked at once, however many rows have it."""
    known = {value: _level(value) for value in set(values)}
    array = _object_array([known[value] for value in values])
    array[missing] = None
    return array


def _level(value: Any) -> Any:
    """Levels are text, numbers or booleans; intervals, dates and others become text."""
    value = _plain(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def read_array(name: str, values: Any) -> Reading:
    """Reads an array, a list, or a Series of any library.

    Raises:
        DataError: `mixed-types` or `unsupported-type`.
    """
    import narwhals.stable.v2 as nw

    if type(values).__module__.startswith("pandas") and values.ndim == 1:  # also a bare Categorical
        import pandas as pd

        values = pd.Series(values)
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return read_series(name, series)
    if isinstance(values, list | tuple | range) and not all(np.ndim(v) == 0 for v in values):
        raise unsupported(name, "lists (several values in one cell)")
    if hasattr(values, "toarray"):
        return Reading(_from_numpy(name, _dense(name, values)))
    # Through object, because NumPy would turn [1, "a"] and [1, None] into something else.
    array = values if hasattr(values, "dtype") else _object_array(list(values))
    array = _without_mask(array) if isinstance(array, np.ma.MaskedArray) else np.asarray(array)
    if array.ndim != 1:
        raise unsupported(name, f"an array with {array.ndim} dimensions")
    if array.dtype.kind in "UT":
        return Reading(_objects(array.tolist(), np.zeros(len(array), dtype=bool)))
    if array.dtype == object:
        missing = np.array([_is_missing(value) for value in array], dtype=bool)
        return Reading(_from_objects(name, _objects(array.tolist(), missing)))
    return Reading(_from_numpy(name, array))


def _dense(name: str, values: Any) -> np.ndarray:
    """A column of SciPy's sparse formats as an array: one row or one column of a matrix."""
    if len(values.shape) > 2 or max(values.shape) < np.prod(values.shape):
        raise unsupported(name, f"a sparse matrix of shape {tuple(values.shape)}")
    return np.asarray(values.toarray()).reshape(-1)


def _without_mask(values: np.ma.MaskedArray) -> np.ndarray:
    """Writes masked entries as missing ones."""
    mask, kind = np.ma.getmaskarray(values), values.dtype.kind
    if kind == "f":
        return np.where(mask, np.nan, values.data)
    if kind not in "biuUTSO" or not mask.any():
        return values.data
    array = values.data.astype(object)
    array[mask] = None
    return array


def _from_numpy(name: str, values: np.ndarray) -> np.ndarray:
    kind = values.dtype.kind
    if kind == "b":
        return values.astype(bool)
    if kind in "iu":
        fits = not values.size or values.max() < 2**63
        return values.astype(np.int64 if fits else np.uint64)
    if kind == "f":
        return values.astype(np.float64)
    if not values.size or (kind in "mM" and np.isnat(values).all()):
        return np.full(len(values), np.nan)
    if kind in "mM":
        series = f"pandas.to_datetime(pandas.Series(frame['{name}']))"
        raise dates(name, _sight_of_dates(values), series)
    if kind == "c":
        raise complex_numbers(name, Sight(len(values), 0, values[0].item(), values[0].item()))
    raise unsupported(name, f"{values.dtype}")


def _sight_of_dates(values: np.ndarray) -> Sight:
    present = np.flatnonzero(~np.isnat(values))
    first, least = values[present[0]], values[present].min()
    plain = f"{values.dtype.kind}8[us]"
    return Sight(
        len(present), int(present[0]), first.astype(plain).item(), least.astype(plain).item()
    )


def _objects(values: list[Any], missing: np.ndarray) -> np.ndarray:
    kinds = set(map(type, values)) - {str}
    plain = not any(issubclass(kind, np.generic | str) for kind in kinds)
    array = _object_array(values if plain else [_plain(value) for value in values])
    array[missing] = None
    return array


def _texts(values: list[Any], missing: np.ndarray) -> np.ndarray:
    """Text as it is, where all of it is Python's own already."""
    if not set(map(type, values)) <= {str, NoneType, float}:
        return _objects(values, missing)
    array = _object_array(values)
    array[missing] = None
    return array


def _object_array(values: list[Any]) -> np.ndarray:
    # Assigning a list would ask each object whether it is a sequence or an array.
    return np.fromiter(values, dtype=object, count=len(values))


def _plain(value: Any) -> Any:
    """NumPy's scalars as Python's, so that levels compare, print and save as expected."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        # Of nanoseconds NumPy makes whole numbers, which would pass for numbers.
        return value.astype(f"{value.dtype.kind}8[us]").item()
    if isinstance(value, np.generic):
        return value.item()
    return str.__str__(value) if isinstance(value, str) else value  # of a subclass, its text


def _is_missing(value: Any) -> bool:
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _from_objects(name: str, values: np.ndarray) -> np.ndarray:
    """Finds out what an object column holds: text, booleans, or numbers and nothing else."""
    types = Counter(map(type, values.tolist()))
    types.pop(NoneType, None)
    kinds: Counter[str] = Counter()
    for kind, count in types.items():
        kinds[_kind(kind)] += count
    if not kinds:
        return np.full(len(values), np.nan)
    if len(kinds) > 2 and "whole number" in kinds and "number" in kinds:
        kinds["number"] += kinds.pop("whole number")
    if len(kinds) > 1 and set(kinds) != {"whole number", "number"}:
        rarest = rarest_of(kinds)
        raise mixed(name, values, kinds, {kind for kind in types if rarest in _kind(kind)})
    kind = next(iter(kinds)) if len(kinds) == 1 else "number"
    gaps = types.total() < len(values)
    if kind == "text":
        return values
    if kind == "boolean":
        return values if gaps else values.astype(bool)
    if kind == "whole number" and (not gaps or _beyond_doubles(values)):
        return values if gaps else whole_numbers(name, values)
    if kind in ("number", "whole number"):
        return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)
    refuse_mixed_zones(name, values)
    raise unusable_objects(name, Sight.of(values))


def _beyond_doubles(values: np.ndarray) -> bool:
    return any(value is not None and abs(value) > EXACT for value in values)


def whole_numbers(name: str, values: np.ndarray) -> np.ndarray:
    """Turns an object array of whole numbers without gaps into int64, or uint64 where larger.

    Raises:
        DataError: `too-large-integer`, where neither holds them.
    """
    given = [int(value) for value in values]
    low, high = min(given), max(given)
    if low >= -(2**63) and high < 2**63:
        return np.array(given, dtype=np.int64)
    if low >= 0 and high < 2**64:
        return np.array(given, dtype=np.uint64)
    rows = [row for row, value in enumerate(given) if not -(2**63) <= value < 2**63]
    raise DataError(
        f"Column '{name}' has {len(rows)} whole number{'' if len(rows) == 1 else 's'} that 64 bits "
        f"cannot hold, in {name_rows(rows)}, "
        f"e.g. {given[rows[0]]}.",
        code="too-large-integer",
        column=name,
        rows=rows,
        hint="Make them text if they are identifiers, or floats if they are amounts.",
    )


def _kind(kind: type) -> str:
    if issubclass(kind, str):
        return "text"
    if issubclass(kind, bool):
        return "boolean"
    if issubclass(kind, Integral):
        return "whole number"
    return "number" if issubclass(kind, Real | Decimal) else kind.__name__
