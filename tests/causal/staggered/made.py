"""Panels for the tests of this folder."""

from __future__ import annotations

import numpy as np

from causal.panel import Panel


def made(
    first: list[int], times: int, seed: int = 1, gaps: float = 0.0, covariates: tuple[str, ...] = ()
) -> Panel:
    """A panel of random outcomes; covariates called "steady..." never change within units."""
    rng = np.random.default_rng(seed)
    shape = (len(first), times)
    outcome = rng.normal(size=shape).cumsum(axis=1)
    outcome[rng.random(shape) < gaps] = np.nan
    columns = {
        name: np.repeat(rng.normal(size=(len(first), 1)), times, axis=1)
        if name.startswith("steady")
        else rng.normal(size=shape)
        for name in covariates
    }
    units, labels = tuple(range(len(first))), tuple(range(2001, 2001 + times))
    return Panel(outcome, units, labels, np.array(first), columns)


STAGGERED = [2] * 12 + [4] * 15 + [6] * 20
"""First treated times of 47 units over six times: two cohorts, and 20 units never treated."""
