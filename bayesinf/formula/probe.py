"""Does the value of a row depend on that row alone? A function is computed again, in other company.

New rows come alone, in other company and in another order; a function that looks at other rows, at
their order, or at what it was called with before would silently mean something else for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from bayesinf.errors import name_rows

PROBED = 50
"""Rows that are computed by themselves: the ends, the extremes, and others by chance."""

SEED = 20160101
"""Fixed, so that a function that passes once passes with the same rows again."""


def find_mixing(
    compute: Callable[[np.ndarray], np.ndarray], given: np.ndarray, made: np.ndarray
) -> str | None:
    """Says which row has another value in other company, or None.

    Rows alone tell centring, lags and cuts at quantiles; a part of them, functions that leave
    single rows as they are; the rows in another order, cumulative sums, random numbers, and
    functions that keep something from call to call. What a function learned once, at its first
    call, and never changes again cannot be seen.

    Args:
        compute: The function.
        given: Shape (row,). Read-only.
        made: Shape (row,). What it gave for them.
    """
    for rows, company in companies(given):
        part = given[rows]
        part.setflags(write=False)
        again = compute(part)
        if again.shape != part.shape or again.dtype.kind not in "fiub":
            return f"gives no number for {name_rows(rows)} {company}"
        with np.errstate(invalid="ignore"):
            same = np.isclose(
                again.astype(np.float64), made[rows], rtol=1e-9, atol=0, equal_nan=True
            )
        if not same.all():
            other = rows[~same]
            values = "another value" if len(other) == 1 else "other values"
            return f"gives {name_rows(other)} {values} {company}"
    return None


def companies(given: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """Rows to be computed together, and how to call that: alone, in part, turned round."""
    count = len(given)
    for row in probed(given):
        yield np.array([row]), "when it stands alone"
    if count < 2:
        return
    rng = np.random.default_rng(SEED)
    mixed = rng.permutation(count)
    for part in (mixed[: count // 2], mixed[count // 2 :]):
        yield np.sort(part), "among half of the rows"
    yield np.arange(count)[::-1], "when the rows come in another order"
    yield mixed, "when the rows come in another order"


def probed(given: np.ndarray) -> np.ndarray:
    """Rows to be computed alone, in order: the first, the last, the extremes, others by chance."""
    count = len(given)
    if count <= PROBED:
        return np.arange(count)
    ends = [0, count - 1]
    known = np.flatnonzero(~np.isnan(given))
    if known.size:
        values = given[known]
        ends += [int(known[values.argmin()]), int(known[values.argmax()])]
    some = np.random.default_rng(SEED).choice(count, PROBED - len(ends), replace=False)
    return np.unique([*ends, *some])
