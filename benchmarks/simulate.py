"""The simulated workloads: one function per kind, seeded, so that every program reads equal rows.

Columns are rounded to four decimals, so that a CSV file holds exactly the numbers in memory.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def frame(description: str) -> pd.DataFrame:
    """The rows of a description such as `"sim:glmm:10000:500:5:1"`: a kind and its arguments."""
    _, kind, *arguments = description.split(":")
    made = {"glmm": glmm, "logistic": logistic, "linear": linear}[kind]
    return made(*(int(argument) for argument in arguments))


def glmm(rows: int, groups: int, columns: int, seed: int) -> pd.DataFrame:
    """Bernoulli rows in groups with normal intercepts of sd 0.8."""
    generator = np.random.default_rng(seed)
    made = _columns(generator, rows, columns)
    codes = generator.integers(0, groups, rows)
    effects = generator.normal(0, 0.8, groups)
    slopes = generator.normal(0, 0.5, columns)
    predictor = -0.5 + made.to_numpy() @ slopes + effects[codes]
    made["g"] = [f"g{code}" for code in codes]
    return made.assign(y=_successes(generator, predictor))


def logistic(rows: int, columns: int, seed: int) -> pd.DataFrame:
    """Bernoulli rows of standard normal columns, without groups."""
    generator = np.random.default_rng(seed)
    made = _columns(generator, rows, columns)
    predictor = 0.3 + made.to_numpy() @ generator.normal(0, 0.3, columns)
    return made.assign(y=_successes(generator, predictor))


def linear(rows: int, columns: int, seed: int) -> pd.DataFrame:
    """Gaussian rows of standard normal columns, with noise of sd 2."""
    generator = np.random.default_rng(seed)
    made = _columns(generator, rows, columns)
    predictor = 1 + made.to_numpy() @ generator.normal(0, 0.5, columns)
    return made.assign(y=predictor + generator.normal(0, 2, rows))


def _columns(generator: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    values = generator.normal(size=(rows, columns)).round(4)
    return pd.DataFrame(values, columns=[f"x{k + 1}" for k in range(columns)])


def _successes(generator: np.random.Generator, predictor: np.ndarray) -> np.ndarray:
    return (generator.uniform(size=len(predictor)) < 1 / (1 + np.exp(-predictor))).astype(int)
