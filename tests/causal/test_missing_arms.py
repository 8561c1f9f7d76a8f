"""What stands for a missing treatment is no arm, unless the caller says that it is one."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.treatment import codes_among, order_levels, read_treatment

ROWS = 120
AT = [3, 40, 77]


def rows(levels: tuple[object, object] = (0, 1), code: object = None) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    x, z = rng.normal(size=(2, ROWS))
    t = (rng.random(ROWS) < 0.5).astype(int)
    frame = pd.DataFrame({"y": t + x + rng.normal(size=ROWS), "x": x, "z": z, "m": t + x})
    frame["t"] = np.array(levels, dtype=object)[t]
    if code is not None:
        frame.loc[AT, "t"] = code
    return frame.infer_objects()


def refused(frame: pd.DataFrame, *question: object, **asked: object) -> bi.DataError:
    with (
        patch.object(bi, "fit", side_effect=AssertionError("an engine ran")),
        pytest.raises(bi.DataError) as caught,
    ):
        causal.estimate(frame, *question, **asked)
    assert caught.value.code == "missing-as-arm"
    assert caught.value.column == "t" and list(caught.value.rows) == AT
    return caught.value


@pytest.mark.parametrize("code", [-9, -999, 99, 9999])
@pytest.mark.parametrize("estimator", [None, "aipw", "tmle", "weighting"])
def test_a_number_for_missing_is_refused_with_its_rows(code, estimator):
    error = refused(rows(code=code), "y", "t", adjust=["x"], estimator=estimator)
    assert f"is {code} in 3 of 120 rows (rows 3, 40, 77)" in str(error)
    assert f"frame[frame['t'] != {code}]" in error.hint


@pytest.mark.parametrize("code", ["unknown", "n/a", "NA", "Missing", "?", " "])
def test_a_text_for_missing_is_refused(code):
    frame = rows(("no", "yes"), code)
    assert repr(code) in str(refused(frame, "y", "t", adjust=["x"]))
    two = frame[frame["t"] != "yes"]
    with pytest.raises(bi.DataError, match="sign for a missing value") as caught:
        causal.estimate(two, "y", "t", adjust=["x"])
    assert caught.value.code == "missing-as-arm" and "control='" in caught.value.hint


STUDIES = [
    causal.Experiment("y", "t"),
    causal.Mediation("y", "t", "m", adjust=("x",)),
    causal.Instrument("y", "t", ("z",)),
    causal.RegressionDiscontinuity("y", "z", 0.0, treatment="t"),
]


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_every_study_refuses_it(study):
    refused(rows(code=-9), study)


def test_the_remedy_works():
    frame = rows(code=-9)
    assert frame[frame["t"] != -9]["t"].nunique() == 2
    found = causal.estimate(frame[frame["t"] != -9], "y", "t", adjust=["x"], seed=1, draws=400)
    assert "-9" not in found.sentence()


def test_who_names_the_control_has_named_the_arms():
    table = bi.Table.read({"t": ["yes", "unknown", "yes"]})
    assert read_treatment(table, "t", "unknown").treated == "yes"
    assert order_levels(table, "t", "yes") == ("yes", "unknown")
    assert read_treatment(bi.Table.read({"t": [0, 99]}), "t", 0).treated == 99


@pytest.mark.parametrize(
    "levels",
    [[0, 1], [-1, 1], [-1, 0, 1], [50, 99], [97, 98, 99], ["none", "drug"], ["other", "own"]],
)
def test_levels_that_may_well_be_meant_are_arms(levels):
    assert codes_among(levels) == []
