"""A column that only tells groups apart: dates and times become text, anything else is read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from bayesinf.data.columns import Reading, read_array, read_series

MIDNIGHT = "T00:00:00"


def read_labels(name: str, values: Any) -> Reading:
    """Reads a column whose values are labels, as those of a grouping factor are.

    Each moment has one text, whatever kind of frame it comes from: a date `2020-03-01`, as a time
    at midnight has, other times `2020-03-01T12:30:00`, times with a zone those of UTC.

    Args:
        name: The column.
        values: A narwhals Series, an array, a list, or a Series of any library.

    Raises:
        DataError: As `read_array`, for what is no date or time.

    Example:
        >>> import pandas as pd
        >>> times = pd.to_datetime(["2020-03-01 00:00", "2020-03-02 12:30"])
        >>> read_labels("day", times).values.tolist()
        ['2020-03-01', '2020-03-02T12:30:00']
    """
    import narwhals.stable.v2 as nw

    if type(values).__module__.startswith("pandas") and values.ndim == 1:  # also an index
        import pandas as pd

        values = pd.Series(values)
    if isinstance(values, list) and set(map(type, values)) in ({np.datetime64}, {np.timedelta64}):
        return Reading(_of_moments(np.array(values), zoned=False))
    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _of_series(name, series)
    kind = values.dtype.kind if isinstance(values, np.ndarray) else "O"
    if kind in "mM":
        return Reading(_of_moments(np.asarray(values), zoned=False))
    return _of_objects(name, values, values) if kind == "O" else read_array(name, values)


def _of_series(name: str, series: Any) -> Reading:
    import narwhals.stable.v2 as nw

    if isinstance(series.dtype, nw.Time | nw.Object | nw.Unknown):
        return _of_objects(name, series.to_native(), series.to_list())
    if not isinstance(series.dtype, nw.Date | nw.Datetime | nw.Duration):
        return read_series(name, series)
    zoned = getattr(series.dtype, "time_zone", None) is not None
    if zoned:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return Reading(_of_moments(np.asarray(series.to_numpy()), zoned))


def _of_moments(values: np.ndarray, zoned: bool) -> np.ndarray:
    """Text of NumPy's dates or durations, each different one written once."""
    import pandas as pd

    codes, different = pd.factorize(values)
    if values.dtype.kind == "m":
        texts = [str(pd.Timedelta(one)) for one in different]
    else:
        texts = [_text(pd.Timestamp(one, tz=UTC if zoned else None)) for one in different]
    return np.array([*texts, None], dtype=object)[codes]  # missing ones have the code -1


def _of_objects(name: str, values: Any, listed: Iterable[Any]) -> Reading:
    """Text of Python's dates and times, or of pandas' periods; anything else is read as ever."""
    import pandas as pd

    items = list(listed)
    missing = np.asarray(pd.isna(np.fromiter(items, dtype=object, count=len(items))))
    present = [item for item, gone in zip(items, missing, strict=True) if not gone]
    if not present or not all(map(_is_moment, set(map(type, present)))):
        return read_array(name, values)
    texts = {item: _text(item) for item in set(present)}
    made = np.full(len(items), None, dtype=object)
    made[~missing] = [texts[item] for item in present]
    return Reading(made)


def _is_moment(kind: type) -> bool:
    return kind.__name__ == "Period" or issubclass(kind, date | time | timedelta)


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat().removesuffix(MIDNIGHT)
    return value.isoformat() if isinstance(value, date | time) else str(value)
