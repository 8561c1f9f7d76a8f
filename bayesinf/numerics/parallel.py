"""Work spread over the machine's cores by threads, for NumPy code that lets go of Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from bayesinf.numerics.blas import single_threaded


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_pieces[Result](task: Callable[[slice], Result], count: int, piece: int) -> list[Result]:
    """Runs a task on stretches of `count` things, on all cores.

    Args:
        task: From a stretch to its result; called from several threads, so it must change nothing.
            Overflow, division by zero and invalid operations pass silently: far proposals cause
            them, and their density is zero.
        count: How many things there are.
        piece: How many make a stretch. It does not depend on the cores, so neither do results.

    Returns:
        The results, in order.
    """

    def quiet(stretch: slice) -> Result:
        # A thread does not inherit its parent's error state.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return task(stretch)

    stretches = [slice(start, min(start + piece, count)) for start in range(0, count, piece)]
    workers = min(cores(), len(stretches))
    if workers < 2:
        return [quiet(stretch) for stretch in stretches]
    with single_threaded(), ThreadPoolExecutor(workers) as pool:
        return list(pool.map(quiet, stretches))
