"""A second fit of the same structure compiles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np
import pandas as pd
import pytest

import bayesinf as bi

COMPILATION = "/jax/core/compile/backend_compile_duration"


@contextmanager
def counting() -> Iterator[list[str]]:
    """Collects an entry for every program that XLA compiles inside the block."""
    compiled: list[str] = []

    def listen(event: str, _: float, **__: object) -> None:
        if event == COMPILATION:
            compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield compiled
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def frame_of(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "x": x,
            "g": rng.integers(0, 7, rows).astype(str),
            "y": x + rng.normal(size=rows),
            "k": rng.poisson(np.exp(0.3 * x)),
        }
    )


@pytest.mark.parametrize(
    ("formula", "family", "engine", "rows"),
    [
        ("y ~ x", "gaussian", "conjugate", 50),
        ("y ~ x + (x | g)", "gaussian", "marginal", 60),
        ("k ~ x", "poisson", "laplace", 60),
        ("k ~ x", "poisson", "laplace", 90_000),
        ("k ~ x + (1 | g)", "poisson", "nuts", 60),
    ],
)
def test_a_second_fit_of_the_same_structure_compiles_nothing(
    formula: str, family: str, engine: str, rows: int
) -> None:
    """Other rows, another number of them within a size bucket, other prior scales."""

    def fit(count: int, seed: int) -> bi.Fit:
        return bi.fit(formula, frame_of(count, seed), family, engine=engine, draws=400, seed=seed)

    # Another test of this process may have compiled the same programs before.
    jax.clear_caches()
    with counting() as first:
        fit(rows, 1)
    assert (len(first) > 0) == (engine == "nuts"), "the counter counts"
    with counting() as second:
        assert fit(rows + 2, 2).posterior.provenance.rows == rows + 2
    assert second == []
