"""Targets that deceive: every engine is right about them, or says that it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

import bayesinf as bi
from tests.conftest import within

ENGINES = ("laplace", "hmc", "nuts", "smc", "pathfinder", "svi")


def funnel() -> None:
    """Neal's funnel: the sd of ten unknowns spans six orders of magnitude."""
    v = numpyro.sample("v", dist.Normal(0.0, 3.0))
    numpyro.sample("x", dist.Normal(0.0, np.e ** (0.5 * v)).expand([10]).to_event(1))
    numpyro.sample("y", dist.Normal(0.0, 1.0), obs=0.0)


def two_roots() -> None:
    """A square is known, its root's sign is not."""
    v = numpyro.sample("v", dist.Normal(0.0, 3.0))
    numpyro.sample("y", dist.Normal(v**2, 0.3), obs=4.0)


def spike() -> None:
    """The highest mode holds one part in twenty of the probability."""
    weights = dist.Categorical(np.array([0.05, 0.95]))
    parts = dist.Normal(np.array([0.0, 5.0]), np.array([0.02, 1.0]))
    numpyro.sample("v", dist.MixtureSameFamily(weights, parts))
    numpyro.sample("y", dist.Normal(0.0, 1.0), obs=0.0)


TARGETS: dict[str, tuple[Callable[[], None], float, float]] = {
    "funnel": (funnel, 0.0, 3.0),
    "two roots": (two_roots, 0.0, 1.996),
    "spike": (spike, 4.75, np.sqrt(0.95 * (1.0 + 25.0) - 4.75**2)),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", TARGETS)
def test_an_engine_is_right_or_says_that_it_is_not(name: str, engine: str) -> None:
    model, mean, sd = TARGETS[name]
    fit = bi.fit(model, data={}, engine=engine, seed=3)
    if not fit.verdict.ok:
        return
    row = fit.summary().loc["v"]
    size = min(row["ess_bulk"], row["ess_tail"])
    within(row["mean"], mean, sd / np.sqrt(size))
    assert abs(row["sd"] / sd - 1.0) < 0.15
