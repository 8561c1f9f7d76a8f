"""Frames of any number of rows, with one thing in them awkward, and calls upon them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

import bayesinf as bi


def frame(n: int, **columns: object) -> pd.DataFrame:
    """Two predictors, six groups of equal size, an outcome, a count; other columns as given."""
    rng = np.random.default_rng(11)
    x, z = rng.normal(size=(2, n))
    made = {
        "y": 1.0 + 2.0 * x - 0.5 * z + rng.normal(size=n),
        "x": x,
        "z": z,
        "g": np.resize(np.array(list("abcdef"), dtype=object), n),
        "k": rng.poisson(3.0, n),
    }
    return pd.DataFrame({**made, **columns})


def changed(data: pd.DataFrame, column: str, rows: list[int], value: object) -> pd.DataFrame:
    """The same frame with another value in a few rows."""
    copy = data.copy()
    copy.loc[rows, column] = value
    return copy


def modelled(
    formula: str,
    data: Callable[[int], object],
    family: str = "gaussian",
    missing: str = "drop",
) -> Callable[[int], Callable[[], object]]:
    """Prepares the frame of a number of rows; the call builds its model."""

    def prepare(n: int) -> Callable[[], object]:
        given = data(n)
        return lambda: bi.model(formula, given, family, missing=missing)

    return prepare


def told(fit: bi.Fit, code: str) -> bi.Finding:
    """The one finding of that code in a verdict."""
    (found,) = [finding for finding in fit.verdict.findings if finding.code == code]
    return found


@cache
def fitted(formula: str, rows: int = 60) -> bi.Fit:
    """A fit to rows without anything awkward."""
    return bi.fit(formula, frame(rows, c=np.resize([1, 2, 3], rows)), draws=400, seed=3)


def predicted(
    formula: str, data: Callable[[int], object], new_groups: str = "population"
) -> Callable[[int], Callable[[], object]]:
    """Prepares new rows; the call predicts them by a fit to rows without anything awkward."""

    def prepare(n: int) -> Callable[[], object]:
        given, fit = data(n), fitted(formula)
        return lambda: fit.predict(given, new_groups=new_groups)

    return prepare
