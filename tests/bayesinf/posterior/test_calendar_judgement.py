"""Months and days written as numbers are told; other numbers of six or eight digits are not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.posterior.calendar_judgement import calendar_unit

MONTHS = pd.period_range("2018-03", periods=30, freq="M")
DAYS = pd.date_range("2020-01-20", periods=30, freq="D")


def told(formula: str, frame: pd.DataFrame) -> list[bi.Finding]:
    found = bi.fit(formula, frame, draws=400, seed=1).verdict.of("warning")
    return [finding for finding in found if finding.code == "dates-as-numbers"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [(MONTHS.strftime("%Y%m"), np.arange(30)), (DAYS.strftime("%Y%m%d"), np.arange(30))],
)
def test_dates_as_numbers_are_told_with_a_line_that_counts(written, expected) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=30), "t": written.astype(int), "x": expected})
    (finding,) = told("y ~ t", frame)
    exec(
        finding.remedy[finding.remedy.index("frame[") :].rstrip("."), {"frame": frame, "pandas": pd}
    )
    np.testing.assert_array_equal(frame["t"] - frame["t"].iloc[0], expected)
    assert told("y ~ x", frame) == []
    assert told("y ~ t", frame) == []


@pytest.mark.parametrize(
    "values",
    [
        np.arange(201801, 201813),
        np.arange(100_000, 300_000, 137),
        np.array([201801, 201802, 201913, 202001, 202002, 202003]),
        np.array([201801.5, 201802, 201901, 202001, 202002, 202003]),
        np.array([20200130, 20200131, 20200232, 20200301, 20200302, 20200303]),
        np.array([180001.0, 5, 7, 8, 9, 10]),
    ],
)
def test_other_numbers_are_not(values: np.ndarray) -> None:
    assert calendar_unit(values) is None


def test_a_slip_among_days_hides_none_of_them() -> None:
    assert calendar_unit([20180131, 20180228, 20180229, 20180301]) == "day"
    assert calendar_unit([20180131, 20180228, 20180301, 20181301]) is None


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_no_date(odd: float) -> None:
    assert calendar_unit([201911.0, 201912.0, 202001.0]) == "month"
    assert calendar_unit([odd, 201911.0, 201912.0, 202001.0]) is None


@pytest.mark.parametrize("values", [["2019", "2020"], [None, 201911], [date(2019, 11, 1)], []])
def test_other_values_than_numbers_are_no_dates_in_disguise(values: list[object]) -> None:
    assert calendar_unit(values) is None
