from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayesinf.data import Table, nhefs, sleepstudy

SHARED = Path(__file__).parents[4] / "shared" / "data"


def test_sleepstudy() -> None:
    frame = sleepstudy()
    assert frame.shape == (180, 3)
    assert frame["Subject"].nunique() == 18
    assert Table.read(frame).columns["Subject"][0] == "308"
    # The least-squares line of Belenky et al.'s table, as every mixed-model text prints it.
    slope, start = np.polyfit(frame["Days"], frame["Reaction"], 1)
    assert (round(start, 2), round(slope, 2)) == (251.41, 10.47)


def test_nhefs() -> None:
    frame = nhefs()
    assert frame.shape == (1566, 11)
    assert not frame.isna().any(axis=None)
    assert frame["qsmk"].value_counts().to_dict() == {0: 1163, 1: 403}
    # Hernan and Robins, What If, section 12.1: 4.5 kg against 2.0 kg.
    means = frame.groupby("qsmk")["wt82_71"].mean()
    assert means.round(1).to_dict() == {0: 2.0, 1: 4.5}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not beside the project")
def test_the_files_are_the_published_numbers() -> None:
    there = pd.read_csv(SHARED / "bayes" / "sleepstudy.csv", comment="#", dtype={"Subject": "str"})
    pd.testing.assert_frame_equal(sleepstudy(), there)
    here = nhefs()
    there = pd.read_csv(SHARED / "causal" / "nhefs_complete.csv", dtype="str")[list(here)]
    assert (here == there.astype("float64")).all(axis=None)
