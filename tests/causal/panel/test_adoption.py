import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.panel import read_panel
from tests.causal.panel.test_read import error_of, rows


def first_treated(values, **changes) -> list[int]:
    frame = rows(since=values, **changes)
    return read_panel(frame, "y", "who", "when", first_treated="since").first_treated.tolist()


@pytest.mark.parametrize("never", [0, np.nan, None, np.inf])
def test_never_can_be_said_in_several_ways(never):
    assert first_treated([never] * 3 + [2003] * 3) == [3, 2]


def test_zero_is_a_time_where_times_are_not_above_zero():
    assert first_treated([np.nan] * 3 + [0] * 3, when=[-1, 0, 1] * 2) == [3, 1]


def test_times_outside_the_panel_and_between_its_times():
    assert first_treated([1990] * 3 + [2010] * 3) == [0, 3]
    assert first_treated([2002.5] * 3 + [2001] * 3) == [2, 0]
    quarters = ["2010Q4", "2011Q1", "2011Q3"] * 2
    assert first_treated(["never"] * 3 + ["2011Q2"] * 3, when=quarters) == [3, 2]


@pytest.mark.parametrize("code", [-1, -9, -999, -999.0, 99, 999])
def test_a_code_for_never_is_refused_with_its_rows(code):
    frame = rows(since=[code] * 3 + [2003] * 3)
    found = error_of(frame, first_treated="since")
    assert (found.code, found.column, list(found.rows)) == (
        "first-treated-coded",
        "since",
        [0, 1, 2],
    )
    assert f"says {code:g} in 3 of 6 rows (rows 0, 1, 2)" in str(found)
    mended = frame.assign(since=frame["since"].mask(frame["since"] == code))
    assert "mask(frame['since'] ==" in found.hint
    assert first_treated(mended["since"].tolist()) == [3, 2]


def test_a_code_after_the_last_time_says_never():
    assert first_treated([9999] * 3 + [2003] * 3) == [3, 2]


def test_negative_times_are_times_where_others_are():
    assert first_treated([-9] * 3 + [0] * 3, when=[-5, 0, 1] * 2) == [0, 1]


def test_a_first_treated_time_that_is_no_time_is_refused():
    found = error_of(rows(since=["soon"] * 6), first_treated="since")
    assert found.code == "first-treated-unreadable"
    found = error_of(rows(since=[0, 2002, 0, 2002, 2002, 2002]), first_treated="since")
    assert found.code == "first-treated-varies"
    assert "treatment" in found.hint


@pytest.mark.parametrize(("off", "on"), [(0, 1), (False, True), ("control", "drug"), (0.0, 1.0)])
def test_a_treatment_may_be_told_row_by_row(off, on):
    frame = rows(d=[off, off, off, off, on, on])
    panel = read_panel(frame, "y", "who", "when", treatment="d")
    assert panel.first_treated.tolist() == [3, 1]
    assert np.array_equal(panel.treated, [[0, 0, 0], [0, 1, 1]])
    assert panel.cohorts.tolist() == [1]


def test_the_level_without_treatment_can_be_named():
    frame = rows(d=["new", "new", "new", "new", "old", "old"])
    panel = read_panel(frame, "y", "who", "when", treatment="d", control="new")
    assert panel.first_treated.tolist() == [3, 1]


def test_a_treatment_that_is_taken_back_is_refused():
    found = error_of(rows(d=[0, 0, 0, 0, 1, 0]), treatment="d")
    assert found.code == "treatment-switches-off"
    assert found.rows == (5,)
    assert "'b' is treated since 2002 and untreated at 2003" in str(found)


def test_a_missing_treatment_is_refused():
    found = error_of(rows(d=[0, 0, 0, 0, 1, None]), treatment="d")
    assert found.code == "missing-treatment"


def test_a_treatment_with_one_level_is_refused():
    with pytest.raises(bi.DataError, match="always 0"):
        read_panel(rows(d=0), "y", "who", "when", treatment="d")


@pytest.mark.parametrize("never", [0, "0", "never", "NEVER", "Never treated", "nan", None])
@pytest.mark.parametrize("years", [[2001, 2002, 2003], ["2001", "2002", "2003"]])
@pytest.mark.parametrize("since", [2003, "2003"])
def test_years_as_text_and_as_numbers_are_the_same_years(years, since, never):
    if isinstance(since, int) and isinstance(never, str):
        since = str(since)  # a column holds either text or numbers
    if isinstance(since, str) and never == 0:
        never = "0"
    assert first_treated([never] * 3 + [since] * 3, when=years * 2) == [3, 2]


@pytest.mark.parametrize("never", [0, np.nan])
def test_years_beside_dates_are_refused_with_a_line_that_mends_them(never):
    days = pd.to_datetime(["2001-01-01", "2002-01-01", "2003-01-01"] * 2)
    frame = rows(since=[never] * 3 + [2003] * 3, when=days)
    found = error_of(frame, first_treated="since")
    assert found.code == "first-treated-unreadable" and "it is not text" in str(found)
    line = found.hint.split(": ", 1)[1].split(" makes ")[0]
    exec(line, {"pandas": pd, "frame": frame})
    assert read_panel(frame, "y", "who", "when", first_treated="since").first_treated.tolist() == [
        3,
        2,
    ]
