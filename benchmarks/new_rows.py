"""How often an update calls right rows odd, and how often it sees what is wrong.

    python -m benchmarks.new_rows [--times 1]

The truth is fixed, so that this is a rate over repeated data and not over the posterior. Prints one
line per kind of model; nothing is written.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import bayesinf as bi
from bayesinf.updating.new_rows import judge_new_rows


@dataclass(frozen=True)
class Kind:
    """A model, the sizes of old and new sets, how many fits, and how many new sets for each."""

    formula: str
    family: str
    old: int
    new: int
    fits: int
    sets: int


KINDS = (
    Kind("y ~ x", "gaussian", 10, 10, 100, 20),
    Kind("y ~ x", "gaussian", 10, 1_000, 20, 100),
    Kind("y ~ x", "gaussian", 20, 200, 100, 20),
    Kind("y ~ x", "gaussian", 200, 1, 100, 20),
    Kind("y ~ x", "gaussian", 200, 50, 100, 20),
    Kind("y ~ x", "poisson", 60, 60, 10, 100),
    Kind("y ~ x", "bernoulli", 60, 60, 10, 100),
    Kind("y ~ x", "negative_binomial", 60, 60, 10, 100),
    Kind("y ~ x", "student_t", 60, 60, 10, 100),
    Kind("y ~ x + (1 | g)", "gaussian", 100, 50, 10, 100),
)


def simulate(kind: Kind, rng: np.random.Generator, count: int, effects: np.ndarray) -> pd.DataFrame:
    """Rows of a fixed truth."""
    x, g = rng.normal(size=count), rng.integers(0, len(effects), count)
    eta = 0.5 + 0.7 * x + (effects[g] if "|" in kind.formula else 0.0)
    outcomes: dict[str, Callable[[], np.ndarray]] = {
        "gaussian": lambda: 3.0 * eta + rng.normal(0.0, 2.0, count),
        "poisson": lambda: rng.poisson(np.exp(eta)),
        "bernoulli": lambda: (rng.random(count) < 1 / (1 + np.exp(-eta))).astype(int),
        "negative_binomial": lambda: rng.poisson(np.exp(eta) * rng.gamma(2.0, 0.5, count)),
        "student_t": lambda: 3.0 * eta + 2.0 * rng.standard_t(3.0, count),
    }
    return pd.DataFrame({"x": x, "g": [f"g{k}" for k in g], "y": outcomes[kind.family]()})


def alarms(kind: Kind, seed: int, times: int) -> tuple[int, int, int, int]:
    """Sets, false alarms, alarms of outcomes moved by half an sd, and of outcomes times 1000."""
    counts = np.zeros(4, dtype=int)
    for number in range(kind.fits * times):
        rng = np.random.default_rng([seed, number])
        effects = rng.normal(size=10)
        # Every level is in the old rows, because new ones are refused.
        old = simulate(kind, rng, kind.old, effects)
        old["g"] = [f"g{k % 10}" for k in range(kind.old)] if "|" in kind.formula else old["g"]
        if "|" in kind.formula:
            codes = np.arange(kind.old) % 10
            noise = rng.normal(0.0, 2.0, kind.old)
            old["y"] = 3.0 * (0.5 + 0.7 * old["x"] + effects[codes]) + noise
        fit = bi.fit(kind.formula, old, family=kind.family, draws=4000, seed=number)
        moved = 0.5 * float(old["y"].std())
        for _ in range(kind.sets):
            new = simulate(kind, rng, kind.new, effects)
            counts[:2] += (1, told(fit, new))
        if kind.family == "gaussian":
            counts[2] += told(fit, new.assign(y=new["y"] + moved))
        if kind.family != "bernoulli":
            counts[3] += told(fit, new.assign(y=new["y"] * 1000))
    return tuple(counts.tolist())


def told(fit: bi.Fit, rows: pd.DataFrame) -> bool:
    """Whether the outcomes are called unexpected."""
    found = judge_new_rows(fit.posterior, fit.model.on(rows))
    return any(finding.code == "unexpected-rows" for finding in found)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=1, help="so many times as many fits")
    times = parser.parse_args().times
    print("family formula old new | sets false-alarms | fits half-an-sd times-1000", flush=True)
    for place, kind in enumerate(KINDS):
        sets, false, shifted, scaled = alarms(kind, place, times)
        fits = kind.fits * times
        head = f"{kind.family} '{kind.formula}' {kind.old} {kind.new}"
        print(f"{head} | {sets} {false} | {fits} {shifted} {scaled}", flush=True)


if __name__ == "__main__":
    main()
