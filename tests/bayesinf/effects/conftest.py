"""Small fits that the tests of effects share; each takes well under a second."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.posterior.posterior import Posterior


def frame(rows: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    made = pd.DataFrame(
        {
            "x": rng.uniform(0.5, 4.0, rows),
            "z": rng.normal(1.0, 1.0, rows),
            "arm": rng.choice(["a", "b", "c"], rows),
            "treated": rng.random(rows) < 0.4,
            "old": rng.integers(0, 2, rows),
            "w": rng.integers(0, 4, rows),
            "n": rng.integers(1, 9, rows),
        }
    )
    mean = 3.0 + 0.8 * made.x - 0.5 * made.z + 0.4 * made.x * made.z + 1.5 * (made.arm == "b")
    made["y"] = mean + 0.7 * made.treated + rng.normal(0.0, 1.0, rows)
    chance = 1.0 / (1.0 + np.exp(-(0.3 + 0.7 * made.z - 0.9 * made.treated)))
    made["event"] = (rng.random(rows) < chance).astype(int)
    made["k"] = rng.binomial(made.n, chance)
    made["label"] = np.where(made.old == 1, "old", "young")
    return made


@pytest.fixture(scope="session")
def data() -> pd.DataFrame:
    return frame()


@pytest.fixture(scope="session")
def linear(data: pd.DataFrame) -> Posterior:
    return bi.fit("y ~ x * z + arm + treated + old", data, seed=1, draws=1000).posterior


@pytest.fixture(scope="session")
def curved(data: pd.DataFrame) -> Posterior:
    return bi.fit("y ~ x + I(x**2) + I(x**3) + log(x):z", data, seed=2, draws=400).posterior


@pytest.fixture(scope="session")
def logistic(data: pd.DataFrame) -> Posterior:
    fit = bi.fit("event ~ z + treated", data, family="bernoulli", engine="laplace", seed=3)
    return fit.posterior


@pytest.fixture(scope="session")
def counted(data: pd.DataFrame) -> Posterior:
    fit = bi.fit(
        "k | trials(n) ~ z + treated", data, family="binomial", engine="laplace", seed=4, draws=800
    )
    return fit.posterior


@pytest.fixture(scope="session")
def sleep() -> Posterior:
    formula = "Reaction ~ Days + (Days | Subject)"
    return bi.fit(formula, bi.examples.sleepstudy(), seed=5, draws=1000).posterior
