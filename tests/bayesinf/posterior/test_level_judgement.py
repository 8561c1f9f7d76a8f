"""Levels that say "missing" are told in the verdict, whichever column they are of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi

SIZE = 30


def frame(level: str) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    values = np.resize(["a", "b", level], SIZE)
    return pd.DataFrame({"y": rng.normal(size=SIZE), "x": rng.normal(size=SIZE), "g": values})


def codes(fit: bi.Fit) -> list[str]:
    return [finding.code for finding in fit.verdict.of("warning")]


@pytest.mark.parametrize("level", ["", " ", "NA", "nan", "?"])
def test_a_level_that_looks_missing_is_told_with_its_rows(level: str) -> None:
    fit = bi.fit("y ~ x + g", frame(level), draws=400, seed=1)
    assert codes(fit) == ["missing-as-level"]
    assert f"has the level '{level}' in 10 rows" in str(fit.verdict)


@pytest.mark.parametrize("level", ["none", "c", "missing data"])
def test_other_levels_are_not(level: str) -> None:
    assert codes(bi.fit("y ~ x + g", frame(level), draws=400, seed=1)) == []


def test_columns_that_the_formula_does_not_name_are_not_looked_at() -> None:
    assert codes(bi.fit("y ~ x", frame("NA"), draws=400, seed=1)) == []


def test_new_rows_do_not_lose_the_finding() -> None:
    fit = bi.fit("y ~ x + g", frame("NA"), draws=400, seed=1)
    new = frame("NA").assign(x=np.arange(SIZE) / SIZE)
    assert codes(fit.update(new)) == ["missing-as-level"]
