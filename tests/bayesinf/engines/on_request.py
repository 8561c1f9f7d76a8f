"""What the tests of the engines on request share: small models and the counting of compilations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jax
import numpy as np
import pandas as pd

import bayesinf as bi
from bayesinf.engine import Engine
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior


def frame(rows: int = 60, seed: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, group = rng.normal(size=rows), rng.integers(0, 8, rows)
    return pd.DataFrame(
        {
            "x": x,
            "y": 1 + 0.8 * x + rng.normal(size=rows),
            "b": (rng.random(rows) < 1 / (1 + np.exp(-x))).astype(int),
            "g": [f"g{k}" for k in group],
            "z": rng.normal(size=8)[group] + 0.5 * rng.normal(size=rows),
        }
    )


def run(engine: Engine, formula: str, family: str = "gaussian", seed: int = 1, **options):
    return engine.run(bi.model(formula, frame(), family, **options), Streams(seed))


def codes(posterior: Posterior, *severities) -> set[str]:
    return {finding.code for finding in posterior.verdict.of(*severities)}


def evidence(posterior: Posterior, code: str) -> dict[str, float]:
    return next(found.evidence for found in posterior.verdict.findings if found.code == code)


def stop_after(count: int) -> Callable[[Progress], None]:
    """A report that plays Ctrl-C at its call of that number."""
    calls: list[Progress] = []

    def report(progress: Progress) -> None:
        calls.append(progress)
        if len(calls) >= count:
            raise KeyboardInterrupt

    return report


@contextmanager
def counting() -> Iterator[list[str]]:
    """Collects an entry for every program that XLA compiles inside the block."""
    compiled: list[str] = []

    def listen(event: str, _: float, **__: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield compiled
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def compiles_once(engine: Engine) -> bool:
    """Whether a second fit of the same structure, with other rows, compiles nothing."""
    jax.clear_caches()
    with counting() as first:
        engine.run(bi.model("b ~ x", frame(60), "bernoulli"), Streams(1))
    assert first, "the counter counts"
    with counting() as second:
        engine.run(bi.model("b ~ x", frame(62, seed=9), "bernoulli"), Streams(2))
    return second == []
