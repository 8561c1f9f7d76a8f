"""Rows that repeat others to the last digit are told where outcomes are measurements."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi


def measured(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = rng.normal(size=rows)
    return pd.DataFrame({"x": x, "g": np.resize(list("abc"), rows), "y": x + rng.normal(size=rows)})


def told(frame: pd.DataFrame, formula: str = "y ~ x + g") -> list[bi.Finding]:
    found = bi.fit(formula, frame, draws=400, seed=1).verdict.of("warning")
    return [finding for finding in found if finding.code == "repeated-rows"]


@pytest.mark.parametrize("times", [2, 4])
@pytest.mark.parametrize("formula", ["y ~ x + g", "y ~ g", "y ~ x + (1 | g)"])
def test_a_frame_given_several_times_is_told(times: int, formula: str) -> None:
    (finding,) = told(pd.concat([measured()] * times), formula)
    assert f"{120 * (times - 1)} of {120 * times} rows (rows 120, 121" in finding.sentence
    assert finding.evidence == {"rows": 120.0 * times, "repeated": 120.0 * (times - 1)}
    frame = pd.concat([measured()] * times)
    assert told(frame.drop_duplicates(), formula) == []


def test_a_few_rows_given_twice_are_told_and_single_ones_are_not() -> None:
    frame = measured()
    assert len(told(pd.concat([frame, frame.iloc[:8]]))) == 1
    assert told(pd.concat([frame, frame.iloc[:2]])) == []


@pytest.mark.parametrize("digits", [0, 1])
def test_ratings_and_rounded_values_are_often_equal(digits: int) -> None:
    frame = measured(400).round({"y": digits, "x": digits})
    assert frame.duplicated().any()
    assert told(frame) == []


@pytest.mark.parametrize("values", [[0, 1], [1, 2, 3], list(range(12))])
def test_outcomes_of_few_values_are_not_looked_at(values: list[int]) -> None:
    assert told(measured().assign(y=np.resize(values, 120)), "y ~ 1") == []


def test_counts_are_not_looked_at() -> None:
    frame = measured().assign(n=np.resize([0, 1, 2, 5], 120))
    fit = bi.fit("n ~ g", pd.concat([frame] * 2), "poisson", draws=400, seed=1)
    assert "repeated-rows" not in [finding.code for finding in fit.verdict.findings]
