import numpy as np
import pytest

import bayesinf as bi
from causal.discontinuity.rows import read_rows


def frame(**more):
    x = np.arange(-5.0, 5.0)
    return {"y": x**2, "score": 50 + x, "arm": ["a", "b"] * 5, "age": x + 40, **more}


def read(data, cutoff=50.0, sign=1, treatment=None, covariates=()):
    return read_rows(data, "y", "score", cutoff, sign, treatment, covariates)


def test_positions_are_distances_on_the_treated_side():
    assert read(frame()).x.tolist() == list(range(-5, 5))
    # Treated below: rows at the cutoff itself still count as treated.
    assert (read(frame(), sign=-1).x >= 0).sum() == 6


def test_treatment_and_covariates_become_numbers():
    rows = read(frame(), treatment="arm", covariates=("age",))
    assert rows.outcomes.shape == (10, 2)
    assert set(rows.outcomes[:, 1]) == {0.0, 1.0}
    assert rows.adjusters.shape == (10, 1)
    assert read(frame()).adjusters.shape == (10, 0)


def test_missing_rows_are_counted():
    data = frame()
    data["y"][0] = np.nan
    assert read(data).lost == 1
    assert read(frame()).lost == 0


@pytest.mark.parametrize(
    ("cutoff", "code"), [(99.0, "cutoff-outside"), (0.0, "cutoff-outside"), (45.0, "one-sided")]
)
def test_rows_on_one_side_only(cutoff, code):
    with pytest.raises(bi.DataError, match="from 45 to 54") as caught:
        read(frame(), cutoff)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"y": np.ones(10)}, "constant-outcome"),
        ({"score": ["low", "high"] * 5}, "not-numbers"),
        ({"y": np.full(10, np.inf)}, "infinite-values"),
        ({"arm": ["a"] * 10}, "constant-treatment"),
    ],
)
def test_columns_that_cannot_be_used(more, code):
    with pytest.raises(bi.DataError) as caught:
        read(frame(**more), treatment="arm")
    assert caught.value.code == code


def test_windows_that_hold_enough():
    rows = read({"y": np.arange(60.0), "score": np.arange(20.0, 80.0)})
    assert rows.reaches(10.0, 30.0, 2)
    assert not rows.reaches(3.0, 30.0, 2)
    assert not rows.reaches(40.0, 30.0, 2)
