"""Since when each unit of a panel is treated."""

from __future__ import annotations

import re

import numpy as np

import bayesinf as bi
from causal.panel.columns import missing_in, positions_in, spread
from causal.treatment import read_treatment

DATED = re.compile(r"\d{4}(-?[QqMmWw]?\d{1,2}(-\d{1,2})?)?([T ][\d:.]+)?")
"""Text whose alphabetical order is that of time: 2004, 2004-03, 2004Q1, 2004-03-01."""

NEVER = frozenset({"", "never", "none", "never treated", "nan", "nat", "<na>"})
"""What text in a column of first treated times may say of units that are never treated."""

DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
YEAR = re.compile(r"\d{4}")
NUMBER = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*")
"""Text that is a day, a year, or a number."""

FAR = 3.0
"""Lengths of the panel before its first time from which on a code is no time."""


def read_first_treated(
    table: bi.Table,
    column: str,
    units: tuple[object, ...],
    times: tuple[object, ...],
    at: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, tuple[object, ...]]:
    """(unit,) positions of first treated times, from a column that tells them, and these times."""
    labels, codes = read_labels(table.columns[column], times)
    _, first = np.unique(at[0], return_index=True)
    told = codes[first]
    varying = np.flatnonzero(codes != told[at[0]])
    if varying.size:
        row, who = int(varying[0]), int(at[0][varying[0]])
        raise bi.DataError(
            f"'{column}' says 2 things of the unit {units[who]!r}, {labels[told[who]]!r} and, in "
            f"{bi.name_rows(table.as_read([row]))}, {labels[codes[row]]!r}; a unit has one first "
            "treated time, told in all of its rows.",
            code="first-treated-varies",
            column=column,
            rows=table.as_read([row]),
            hint="Correct it; or, if the column tells of each row whether it is treated, give it "
            "as treatment.",
        )
    positions = np.full(len(labels), len(times))
    for code in np.unique(told).tolist():
        row = int(np.argmax(codes == code))
        positions[code] = first_position(table, column, row, labels[code], times)
    return positions[told], tuple(labels[code] for code in told)


def read_labels(values: np.ndarray, times: tuple[object, ...]) -> tuple[list[object], np.ndarray]:
    """The distinct first treated times, None for never, and which of them each row tells."""
    zero_is_never = all(
        DATED.fullmatch(label)
        if isinstance(label, str)
        else isinstance(label, int | float) and label > 0
        for label in times
    )
    if values.dtype == object:
        distinct: list[object] = list(dict.fromkeys(values.tolist()))
        codes = positions_in(values, tuple(distinct))
    else:
        found, codes = np.unique(values, return_inverse=True)
        distinct = found.tolist()
    written = [as_times_are(value, times) for value in distinct]
    labels = [None if is_never(value, zero_is_never) else value for value in written]
    return labels, np.array([labels.index(label) for label in labels])[codes]


def as_times_are(value: object, times: tuple[object, ...]) -> object:
    """A first treated year as the times are written: '2004' beside 2004, and the other way round.

    Example:
        >>> as_times_are("2004", (2003, 2004)), as_times_are(2004.0, ("2003", "2004"))
        (2004.0, '2004')
    """
    if isinstance(value, str) and not isinstance(times[0], str):
        return float(value) if NUMBER.fullmatch(value) else value
    if isinstance(value, int | float) and all(YEAR.fullmatch(str(time)) for time in times):
        year = f"{value:.0f}"
        return year if isinstance(times[0], str) and float(year) == value and value > 0 else value
    return value


def is_never(value: object, zero_is_never: bool) -> bool:
    """Whether a first treated time means that there is none."""
    if value is None or (isinstance(value, str) and value.strip().lower() in NEVER):
        return True
    if isinstance(value, str):
        return zero_is_never and value.strip() in ("0", "0.0")
    if isinstance(value, int | float):
        return bool(np.isnan(value) or np.isposinf(value)) or (zero_is_never and value == 0)
    return False


def first_position(
    table: bi.Table, column: str, row: int, label: object, times: tuple[object, ...]
) -> int:
    """The position of the first time that is not before a label; `len(times)` for never."""
    if label is None:
        return len(times)
    if label in times:
        return times.index(label)
    comparable = isinstance(label, str) == isinstance(times[0], str)
    if comparable and not isinstance(label, str):
        refuse_coded(table, column, float(label), times)  # pyright: ignore[reportArgumentType]
        return int(np.searchsorted(np.asarray(times, dtype=float), float(label)))  # pyright: ignore[reportArgumentType]
    dated = comparable and DATED.fullmatch(str(label)) and len(str(label)) == len(str(times[0]))
    if dated and list(times) == sorted(times, key=str):
        return sum(str(known) < str(label) for known in times)
    kinds = {True: "text", False: "numbers"}
    mixed = (
        "" if comparable else f": it is not {kinds[isinstance(times[0], str)]}, as these times are"
    )
    years = YEAR.fullmatch(str(label).removesuffix(".0")) and isinstance(times[0], str)
    way = (
        f"frame[{column!r}] = pandas.to_datetime(frame[{column!r}].astype(str).str[:4], "
        "format='%Y', errors='coerce') makes years dates, and never missing"
        if years and DAY.fullmatch(str(times[0]))
        else f"for example {times[len(times) // 2]!r}, and leave never empty or say 'never'"
    )
    raise bi.DataError(
        f"'{column}' says {label!r} in {bi.name_rows(table.as_read([row]))}, which is none of the "
        f"{len(times)} times ({times[0]!r} to {times[-1]!r}){mixed}.",
        code="first-treated-unreadable",
        column=column,
        rows=table.as_read([row]),
        hint=f"Write first treated times as the times are written: {way}.",
    )


def refuse_coded(table: bi.Table, column: str, label: float, times: tuple[object, ...]) -> None:
    """Refuses what stands for never, such as -1 or -999, and would be read as "always treated".

    A code after the last time does no harm: who is treated after it, is not treated within it.

    Raises:
        DataError: `first-treated-coded`.
    """
    known = np.asarray(times, dtype=float)
    first, span = float(known.min()), float(np.ptp(known))
    coded = bi.is_missing_code(label) and label < first - FAR * span
    if not coded and not label < 0 <= first:
        return
    rows = table.as_read(np.flatnonzero(table.columns[column] == label))
    raise bi.DataError(
        f"'{column}' says {label:g} in {len(rows)} of {table.n} rows ({bi.name_rows(rows)}), "
        f"before the first of the {len(times)} times ({times[0]!r} to {times[-1]!r}): it looks "
        "like a sign for units that were never treated, and would be read as treated always.",
        code="first-treated-coded",
        column=column,
        rows=rows,
        hint=f"Leave never empty or infinite: frame[{column!r}] = frame[{column!r}].mask("
        f"frame[{column!r}] == {label:g}). Leave out units that were treated from the start.",
    )


def read_switches(
    table: bi.Table,
    column: str,
    control: object,
    units: tuple[object, ...],
    times: tuple[object, ...],
    at: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """(unit,) positions of first treated times, from a column that marks treated rows."""
    gone = np.flatnonzero(missing_in(table.columns[column]))
    if gone.size:
        raise bi.DataError(
            f"'{column}' is missing in {gone.size} of {table.n} rows "
            f"({bi.name_rows(table.as_read(gone))}), so nobody knows whether these were treated.",
            code="missing-treatment",
            column=column,
            rows=table.as_read(gone),
            hint="Fill it in, or drop these rows.",
        )
    received = read_treatment(table, column, control).received(table)
    seen = spread(received.astype(float), at, (len(units), len(times)))
    under = np.nan_to_num(seen, nan=0.0) > 0
    since = np.where(under.any(axis=1), under.argmax(axis=1), len(times))
    after = np.arange(len(times)) > since[:, None]
    back = np.argwhere(after & (seen == 0))
    if back.size:
        who, when = back[0]
        rows = table.as_read(np.flatnonzero((at[0] == who) & (at[1] == when)))
        raise bi.DataError(
            f"'{column}' goes back: the unit {units[who]!r} is treated since "
            f"{times[since[who]]!r} and untreated at {times[when]!r} ({bi.name_rows(rows)}), and "
            f"so with {len(np.unique(back[:, 0]))} of {len(units)} units. Effects are defined here "
            "for treatments that stay.",
            code="treatment-switches-off",
            column=column,
            rows=rows,
            hint="Give first_treated=..., the time at which treatment began, if what counts is "
            "having been treated once; else leave out the rows after it ended.",
        )
    return since
