import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.series.series import read_series
from causal.series.structural import LocalLevel
from causal.studies.interrupted_series import InterruptedSeries


@pytest.fixture
def frame(generator):
    return pd.DataFrame(InterruptedSeries.example(generator).frame)


def read(frame, begins=70, controls=("x",)):
    return read_series(frame, "y", "day", begins, controls)


def test_rows_may_stand_in_any_order(frame):
    one, other = read(frame), read(frame.sample(frac=1, random_state=3))
    np.testing.assert_array_equal(one.outcome, other.outcome)
    np.testing.assert_array_equal(one.controls, other.controls)
    assert one.before == 70 and one.after.tolist() == list(range(70, 100))


def test_left_out_times_and_missing_outcomes_are_places_without_outcome(frame):
    gaps = frame.drop(index=[10, 11, 80]).copy()
    gaps.loc[[20, 90], "y"] = np.nan
    gaps.loc[[30, 95], "x"] = np.nan
    series = read(gaps)
    structure = series.structure(LocalLevel(), None, {})
    assert len(structure.outcome) == 100
    gone = np.flatnonzero(np.isnan(structure.outcome[:70]))
    assert gone.tolist() == [10, 11, 20, 30]
    assert np.isnan(structure.outcome[70:]).all()
    assert series.places[series.after].tolist() == [
        t for t in range(70, 100) if t not in (80, 90, 95)
    ]
    assert np.isfinite(structure.controls).all()


def test_outcome_and_controls_are_scaled_by_what_came_before(frame):
    structure = read(frame).structure(LocalLevel(), None, {})
    assert np.nanmean(structure.outcome) == pytest.approx(0)
    assert np.nanstd(structure.outcome, ddof=1) == pytest.approx(1)
    assert structure.controls[:70].std(ddof=1) == pytest.approx(1)


def test_an_earlier_beginning_leaves_the_times_after_out(frame):
    earlier = read(frame).earlier(50)
    assert earlier.before == 50 and len(earlier.times) == 70
    control = read(frame).control(0)
    np.testing.assert_array_equal(control.outcome, frame["x"])
    assert control.names == ()


@pytest.mark.parametrize(
    ("change", "begins", "code"),
    [
        (lambda f: f, 500, "begins-outside"),
        (lambda f: f, 5, "few-times-before"),
        (lambda f: f.assign(y=np.where(f["day"] > 6, np.nan, f["y"])), 70, "few-times-before"),
        (lambda f: f.assign(y=np.where(f["day"] >= 70, np.nan, f["y"])), 70, "nothing-after"),
        (lambda f: pd.concat([f, f.iloc[[4]]]), 70, "duplicate-times"),
        (lambda f: f.assign(day=f["day"] ** 1.5), 70, "irregular-times"),
        (lambda f: f.assign(x=np.where(f["day"] < 70, 1.0, 2.0)), 70, "constant-series"),
        (lambda f: f.assign(y=3.0), 70, "constant-series"),
        (lambda f: f.assign(y="high"), 70, "outcome-not-numbers"),
        (lambda f: f.drop(columns="x"), 70, "unknown-column"),
        (lambda f: f.assign(y=f["y"].where(f["day"] != 4, np.inf)), 70, "infinite-values"),
    ],
)
def test_what_cannot_be_used_is_refused(frame, change, begins, code):
    with pytest.raises(bi.DataError) as caught:
        read(change(frame), begins)
    assert caught.value.code == code
