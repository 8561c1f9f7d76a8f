import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.panel import read_panel


def rows(**changes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "y": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "who": ["a", "a", "a", "b", "b", "b"],
            "when": [2001, 2002, 2003, 2001, 2002, 2003],
            "since": [0, 0, 0, 2002, 2002, 2002],
        }
    )
    return frame.assign(**changes)


def error_of(frame, **arguments) -> bi.DataError:
    with pytest.raises(bi.DataError) as caught:
        read_panel(frame, "y", "who", "when", **arguments)
    return caught.value


def test_rows_in_any_order_make_the_same_panel():
    straight = read_panel(rows(), "y", "who", "when", first_treated="since")
    mixed = read_panel(
        rows().sample(frac=1, random_state=1), "y", "who", "when", first_treated="since"
    )
    assert straight.units == mixed.units == ("a", "b")
    assert straight.times == (2001, 2002, 2003)
    assert np.array_equal(straight.outcome, [[1, 2, 3], [4, 5, 6]])
    assert np.array_equal(straight.outcome, mixed.outcome)
    assert straight.first_treated.tolist() == mixed.first_treated.tolist() == [3, 1]


def test_a_row_that_is_not_there_and_an_outcome_that_is_missing_are_both_gaps():
    frame = rows(y=[1.0, np.nan, 3.0, 4.0, 5.0, 6.0]).iloc[:-1]
    panel = read_panel(frame, "y", "who", "when", first_treated="since")
    assert np.array_equal(np.isnan(panel.outcome), [[0, 1, 0], [0, 0, 1]])
    assert np.array_equal(panel.known, ~np.isnan(panel.outcome))


def test_two_rows_of_one_unit_at_one_time_are_refused():
    found = error_of(rows(when=[2001, 2001, 2003, 2001, 2002, 2003]))
    assert found.code == "duplicate-unit-times"
    assert found.rows == (0, 1)
    assert "'a' at 2001" in str(found)


def test_text_that_may_not_sort_as_time_is_refused():
    text = ["Q42010", "Q12011", "Q22011"] * 2
    assert error_of(rows(when=text)).code == "unsortable-times"
    ordered = pd.Categorical(text, categories=text[:3], ordered=True)
    panel = read_panel(rows(when=ordered), "y", "who", "when")
    assert panel.times == ("Q42010", "Q12011", "Q22011")
    assert np.array_equal(panel.outcome, [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    "times",
    [
        ["2010Q4", "2011Q1", "2011Q2"],
        pd.to_datetime(["2010-12-01", "2011-01-01", "2011-02-01"]),
        pd.period_range("2010-12", periods=3, freq="M"),
    ],
)
def test_dates_are_times(times):
    doubled = list(times) * 2
    since = [None, None, None, times[1], times[1], times[1]]
    panel = read_panel(rows(when=doubled, since=since), "y", "who", "when", first_treated="since")
    assert np.array_equal(panel.outcome, [[1, 2, 3], [4, 5, 6]])
    assert panel.first_treated.tolist() == [3, 1]


def test_dates_of_a_dict_are_times():
    when = np.array(["2011-01", "2010-12", "2011-02"] * 2, dtype="datetime64[M]")
    panel = read_panel({**rows().to_dict("list"), "when": when}, "y", "who", "when")
    assert panel.times == ("2010-12", "2011-01", "2011-02")
    assert np.array_equal(panel.outcome, [[2, 1, 3], [5, 4, 6]])


def test_covariates_are_numbers_or_indicators():
    panel = read_panel(
        rows(x=np.arange(6.0), g=["u", "u", "u", "v", "v", "v"]),
        "y",
        "who",
        "when",
        covariates=["x", "g"],
    )
    assert list(panel.covariates) == ["x", "g = v"]
    assert np.array_equal(panel.covariates["g = v"], [[0, 0, 0], [1, 1, 1]])


def test_taking_units_keeps_them_together():
    panel = read_panel(rows(x=np.arange(6.0)), "y", "who", "when", covariates=["x"])
    one = panel.take(np.array([False, True]))
    assert one.units == ("b",)
    assert one.covariates["x"].tolist() == [[3, 4, 5]]


def test_what_cannot_be_read_is_named():
    assert error_of(rows(when=2001).iloc[[0, 3]]).code == "one-time"
    assert error_of(rows(who=["a", None, "a", "b", "b", "b"])).code == "missing-labels"
    assert error_of(rows(y=list("abcdef"))).code == "outcome-not-numbers"
    assert error_of(rows(y=[-np.inf, 1, 2, 3, 4, 5])).code == "infinite-values"
    with pytest.raises(bi.ModelError, match="not both"):
        read_panel(rows(), "y", "who", "when", first_treated="since", treatment="since")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_days_with_a_time_zone_stay_days(zone):
    when = pd.to_datetime(["2020-03-01", "2020-04-01"] * 2).tz_localize(zone)
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4], "who": ["a", "a", "b", "b"], "when": when})
    assert read_panel(frame, "y", "who", "when").times == ("2020-03-01", "2020-04-01")


def test_instants_with_a_time_zone_are_read_in_utc():
    when = pd.to_datetime(["2020-03-01 10:00", "2020-03-01 11:00"]).tz_localize("Europe/Berlin")
    frame = pd.DataFrame({"y": [1.0, 2], "who": ["a", "a"], "when": when})
    assert read_panel(frame, "y", "who", "when").times[0] == "2020-03-01 09:00:00"


@pytest.mark.parametrize("text", ["{},29", "${}"])
def test_an_outcome_of_numbers_as_text_is_refused_with_the_line_of_a_fit(text):
    found = error_of(rows(y=[text.format(one) for one in range(6)]))
    assert (found.code, found.column) == ("numbers-as-text", "y")
    assert "frame['y'] = " in found.hint
