"""How long a refusal takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from bayesinf.errors import BayesinfError
from tests.awkward.row import Refused

ROWS = 60
"""Of the data of an ordinary test."""

MANY_ROWS = 100_000
"""Of the data of a timed one."""


def refusal(row: Refused, rows: int = ROWS) -> BayesinfError:
    """The error with which the library refuses an input.

    Raises:
        AssertionError: Where it does not.
    """
    call = row.prepare(rows)
    try:
        answer = call()
    except BayesinfError as error:
        return error
    raise AssertionError(f"row {row.number}, {row.title}: answered with {answer!r:.300}")


def milliseconds(
    row: Refused,
    rows: int = MANY_ROWS,
    times: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """The best of a few refusals of the same data, which are made before the clock starts."""
    call = row.prepare(rows)
    best = float("inf")
    for _ in range(times):
        start = clock()
        try:
            call()
        except BayesinfError:
            best = min(best, 1e3 * (clock() - start))
        else:
            raise AssertionError(f"row {row.number}, {row.title}: answered")
    return best
