from datetime import date

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.series.series import read_series
from causal.times import coded_dates, first_time, lattice


@pytest.mark.parametrize(
    ("times", "places"),
    [
        ((1.0, 1.5, 2.5), [0, 1, 3]),
        ((1970, 1971, 1972), [0, 1, 2]),
        (("2020-01-31", "2020-02-29", "2020-03-31"), [0, 1, 2]),
        (("2020-01-01", "2020-04-01", "2020-07-01"), [0, 1, 2]),
        (("2020-01-03", "2020-01-10", "2020-01-24"), [0, 1, 3]),
        (("2020-02-28", "2020-03-01"), [0, 1]),
        (("2020Q4", "2021Q1", "2021Q3"), [0, 1, 3]),
        (("2020-11", "2020-12", "2021-01"), [0, 1, 2]),
        (("1999", "2001"), [0, 1]),
        (("early", "late"), [0, 1]),
    ],
)
def test_times_are_placed_on_a_lattice(times, places):
    assert lattice(times, "when").tolist() == places


def test_irregular_times_are_refused():
    with pytest.raises(bi.DataError, match="irregular") as caught:
        lattice((0.0, 1.0, 2.7, 3.0), "when")
    assert caught.value.code == "irregular-times"


@pytest.mark.parametrize(
    "begins", ["2020-02-01", date(2020, 2, 1), pd.Timestamp("2020-02-01"), "2020-01-15"]
)
def test_the_beginning_may_be_written_in_several_ways(begins):
    times = ("2020-01-01", "2020-02-01", "2020-03-01")
    assert first_time(times, begins, "when") == 1


@pytest.mark.parametrize("begins", [1, 9, "9"])
def test_a_beginning_outside_is_refused(begins):
    with pytest.raises(bi.DataError) as caught:
        first_time((1, 2, 3), begins, "when")
    assert caught.value.code == "begins-outside"


def test_numpy_dates_count_too():
    times = ("2020-01-01", "2020-02-01")
    assert first_time(times, np.datetime64("2020-02-01"), "when") == 1


@pytest.mark.parametrize(
    "begins",
    ["2020-2-1", "2020/02/01", "February 2020", "2020-02", "1 Feb 2020", pd.Period("2020-02")],
)
def test_text_is_read_as_a_date_not_letter_by_letter(begins):
    times = tuple(str(day)[:10] for day in pd.date_range("2019-01-01", "2021-12-01", freq="MS"))
    assert first_time(times, begins, "when") == 13


@pytest.mark.parametrize(
    ("times", "begins", "place"),
    [
        ((1969, 1970, 1971), "1970", 1),
        (("1969", "1970", "1971"), 1970, 1),
        (("2019-12", "2020-01", "2020-02"), "2020-1", 1),
        (("2019-12", "2020-01", "2020-02"), "2020-01-15", 1),
        (("2019Q4", "2020Q1", "2020Q2"), date(2020, 5, 1), 2),
        (("2019-W51", "2019-W52", "2020-W01"), "2020-01-01", 2),
        (("before", "middle", "after"), "middle", 1),
    ],
)
def test_beginnings_are_read_in_the_unit_of_the_times(times, begins, place):
    assert first_time(times, begins, "when") == place


@pytest.mark.parametrize(
    ("times", "begins"),
    [
        ((1, 2, 3), "soon"),
        ((1, 2, 3), None),
        ((1969, 1970, 1971), pd.Timestamp("1970-06-01")),
        ((1969, 1970, 1971), True),
        (("2020-01-01", "2020-02-01", "2020-03-01"), "2/1/2020"),
        (("2020-01-01", "2020-02-01", "2020-03-01"), "February"),
        (("2020-01-01", "2020-02-01", "2020-03-01"), 2020),
        (("2020-01-01", "2020-02-01", "2020-03-01"), pd.NaT),
        (("before", "middle", "after"), "late"),
    ],
)
def test_what_is_no_time_is_refused_with_what_was_given(times, begins):
    with pytest.raises(bi.DataError, match="cannot be read") as caught:
        first_time(times, begins, "when")
    assert caught.value.code == "begins-unreadable"


def test_zones_do_not_move_a_day_and_instants_are_in_utc():
    days = ("2020-02-29", "2020-03-01", "2020-03-02")
    assert first_time(days, pd.Timestamp("2020-03-01", tz="America/New_York"), "when") == 1
    hours = ("2020-03-01 04:00:00", "2020-03-01 05:00:00", "2020-03-01 06:00:00")
    assert first_time(hours, pd.Timestamp("2020-03-01", tz="America/New_York"), "when") == 1


@pytest.mark.parametrize(
    ("first", "freq", "form", "periods"),
    [("2015-01", "MS", "%Y%m", 30), ("2015-01-20", "D", "%Y%m%d", 40)],
)
def test_dates_as_numbers_are_refused_with_a_line_that_makes_them_dates(first, freq, form, periods):
    days = pd.date_range(first, periods=periods, freq=freq)
    frame = pd.DataFrame({"t": days.strftime(form).astype(int), "y": np.arange(periods) % 7.0})
    with pytest.raises(bi.DataError, match="written as numbers") as caught:
        read_series(frame, "y", "t", frame["t"][20], ())
    line = caught.value.hint.split(": ", 1)[1].split("; then")[0]
    exec(line, {"pandas": pd, "frame": frame})
    series = read_series(frame, "y", "t", str(days[20].date()), ())
    assert series.before == 20 and np.diff(series.places).tolist() == [1] * (periods - 1)


@pytest.mark.parametrize("times", [(201501, 201502, 201503), (2015, 2016), (99, 188), (1.5, 2.5)])
def test_other_numbers_are_no_dates(times):
    assert coded_dates(times) is None
