"""Codes for missing values that were fitted as numbers are told; numbers far out are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.posterior.sentinel_judgement import codes_in

SIZE = 40


def frame(**columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    temp = rng.integers(56, 98, SIZE)
    return pd.DataFrame({"y": rng.normal(size=SIZE), "temp": temp, **columns})


def at(values: np.ndarray, rows: list[int], code: float) -> np.ndarray:
    changed = values.astype(float)
    changed[rows] = code
    return changed


def told(formula: str, data: pd.DataFrame) -> list[bi.Finding]:
    found = bi.fit(formula, data, draws=400, seed=1).verdict.findings
    return [finding for finding in found if finding.code == "missing-as-number"]


@pytest.mark.parametrize("code", [-999.0, -9999.0, 999.0, 9999.0, -99.0])
def test_a_code_among_predictors_is_told_with_its_rows(code: float) -> None:
    data = frame()
    (finding,) = told("y ~ temp", data.assign(temp=at(data["temp"].to_numpy(), [3, 17], code)))
    assert f"Column 'temp' is {code:g} in 2 rows (rows 3, 17)" in finding.sentence
    assert finding.evidence == {"value": code, "rows": 2.0} and finding.severity == "warning"


def test_a_code_in_the_outcome_is_told() -> None:
    (finding,) = told("y ~ temp", frame().assign(y=lambda f: at(f["y"].to_numpy(), [5], 9999.0)))
    assert "Column 'y' is 9999 in 1 row (row 5)" in finding.sentence


def test_the_advice_works() -> None:
    data = frame().assign(temp=lambda f: at(f["temp"].to_numpy(), [3, 17], -999.0))
    (finding,) = told("y ~ temp", data)
    exec(finding.remedy[finding.remedy.index("frame[") :].rstrip("."), {"frame": data})
    assert data["temp"].isna().sum() == 2 and told("y ~ temp", data) == []


def test_levels_and_groups_may_have_any_number() -> None:
    data = frame(g=np.resize([1, 2, 3, 4, 999], SIZE))
    assert told("y ~ temp + C(g)", data) == [] and told("y ~ temp + (1 | g)", data) == []
    assert len(told("y ~ g", data)) == 1


@pytest.mark.parametrize(
    "values",
    [
        np.arange(100.0),
        np.arange(60.0, 100.0),
        np.array([0.0, 99.0] * 20),
        np.array([12.0, 50.0, 31.0, 80.0, 99.0]),
        np.array([57.0, 97.0, 62.0, 71.0]),
        np.array([12.0, 8.0, 3.0, 0.0, -9.0]),
        np.array([-20.0, -9.0, -3.0, 4.0]),
        np.array([100.0, 2000.0, 9999.0, 9000.0]),
        np.array([1.0, 2.0, 3.0, 98.5]),
        np.array([]),
    ],
)
def test_numbers_that_may_well_be_meant_are_left_alone(values: np.ndarray) -> None:
    assert codes_in(values) == []


def test_minus_9_is_a_code_beside_answers_on_a_scale() -> None:
    assert codes_in(np.array([1.0, 2.0, 5.0, 4.0, -9.0, -9.0])) == [-9.0]


def test_several_codes_of_one_column_are_found_beside_each_other() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 97.0, 98.0, 99.0, 99.0])
    assert codes_in(values) == [97.0, 98.0, 99.0]


def test_no_false_alarm_in_real_data(shared_data: Path) -> None:
    """The columns of real data sets, none of which holds a code for a missing value."""
    looked_at = 0
    for path in sorted((shared_data / "bayes").glob("*.csv")):
        data = pd.read_csv(path, comment="#").select_dtypes("number")
        for name in data:
            assert codes_in(data[name].dropna().to_numpy()) == [], (path.name, name)
            looked_at += 1
    assert looked_at > 300


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ([-1, -1], [-1]),
        ([-9, -9, -8, -8], [-9, -8]),
        ([-1], []),
        ([-1, -1, -2.5], []),
        ([0, -1, -1], []),
    ],
)
def test_small_codes_beside_amounts_above_zero(codes: list[float], found: list[float]) -> None:
    ages = np.linspace(18.0, 80.0, 40)
    assert codes_in(np.concatenate([ages, codes])) == found


def test_changes_may_be_small_and_below_zero() -> None:
    assert codes_in(np.array([-1.0, -1.0, 1.0, 2.0, 2.0, 3.0])) == []
    assert codes_in(np.repeat(np.arange(-9.0, 30.0), 2)) == []
