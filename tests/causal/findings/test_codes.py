"""Codes for missing values are told beside every effect, whatever the study and the estimator."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal.estimators import ALL
from causal.findings.codes import codes_beside

ROWS = 300
AT = [7, 20, 101]


def coded(values: np.ndarray, code: float = -999.0) -> np.ndarray:
    changed = np.array(values, dtype=float)
    changed[AT] = code
    return changed


def rows() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    age, z, m = rng.normal(size=(3, ROWS))
    t = (rng.random(ROWS) < 1 / (1 + np.exp(-age))) * 1.0
    dose = z + age + rng.normal(size=ROWS)
    y = t + dose + m + age + rng.normal(size=ROWS)
    return {"y": y, "t": t, "age": age, "z": z, "m": m + t, "dose": dose}


def panel() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(4)
    unit, time = np.repeat(np.arange(30), 10), np.tile(np.arange(2001, 2011), 30)
    since = np.where(unit < 15, 2006, 0)
    y = rng.normal(size=30)[unit] + 2.0 * ((since > 0) & (time >= since)) + rng.normal(size=ROWS)
    return {"y": y, "x": rng.normal(size=ROWS), "unit": unit, "time": time, "since": since}


def series() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {"y": rng.normal(size=120), "x": rng.normal(size=120), "time": np.arange(120)}


def told(estimate: causal.Estimate) -> list[bi.Finding]:
    return [found for found in estimate.findings if "missing-as-number" in found.code]


@pytest.mark.parametrize("estimator", [kind.name for kind in ALL if kind.available()])
def test_a_code_in_the_outcome_is_told_by_every_estimator(estimator):
    frame = rows()
    frame["y"] = coded(frame["y"])
    over = "ATO" if estimator == "partially_linear" else "ATE"
    found = causal.estimate(
        frame, "y", "t", ["age"], estimand=over, estimator=estimator, seed=1, draws=400
    )
    (finding,) = told(found)
    assert (finding.code, finding.severity) == ("missing-as-number", "warning")
    assert "Column 'y' is -999 in 3 rows (rows 7, 20, 101)" in finding.sentence
    assert finding.evidence == {"value": -999.0, "rows": 3.0}
    assert finding.sentence in repr(found) and found.headline != "No check failed."


STUDIES = {
    "instrument": (
        rows,
        causal.Instrument("y", "dose", ("z",), covariates=("age",)),
        ("y", "dose", "z", "age"),
    ),
    "discontinuity": (rows, causal.RegressionDiscontinuity("y", "z", 0.0), ("y", "z")),
    "mediation": (rows, causal.Mediation("y", "t", "m", adjust=("age",)), ("y", "m", "age")),
    "experiment": (rows, causal.Experiment("y", "t", covariates=("age",)), ("y", "age")),
    "differences": (
        panel,
        causal.DifferenceInDifferences("y", "unit", "time", "since", covariates=("x",)),
        ("y",),
    ),
    "series": (series, causal.InterruptedSeries("y", "time", 110, controls=("x",)), ("y", "x")),
    "synthetic": (panel, causal.SyntheticControl("y", "unit", "time", 3, 2008), ("y",)),
}


@pytest.mark.parametrize(
    ("name", "column"), [(name, column) for name in STUDIES for column in STUDIES[name][2]]
)
def test_a_code_in_any_column_is_told_by_every_study(name, column):
    make, study, _ = STUDIES[name]
    frame = make()
    clean = causal.estimate(frame, study, seed=1, draws=200)
    assert told(clean) == []
    frame[column] = coded(frame[column])
    (finding,) = told(causal.estimate(frame, study, seed=1, draws=200))
    assert f"Column '{column}' is -999 in 3 rows" in finding.sentence


def test_levels_and_groups_may_have_any_number():
    frame = {**rows(), "school": np.resize([1, 2, 3, 4, 999], ROWS)}
    for term in ("C(school)", "(1 | school)"):
        asked = causal.estimate(frame, "y", "t", ["age", term], draws=400, seed=1)
        assert told(asked) == []
    assert len(told(causal.estimate(frame, "y", "t", ["age", "school"], draws=400, seed=1))) == 1


def test_yes_and_no_may_have_a_code_beside_them():
    assert codes_beside(np.array([0.0, 1.0, 1.0, -9.0, np.nan])) == [-9.0]
    assert codes_beside(np.array([1.0, 2.0, 1.0, 98.0, 99.0])) == [98.0, 99.0]
    assert codes_beside(np.array([0.0, 99.0])) == codes_beside(np.array([0.0, 1.0, 2.0])) == []
