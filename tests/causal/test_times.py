from datetime import date

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.times import first_time, lattice


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


@pytest.mark.parametrize("begins", [1, 9, "soon", None])
def test_a_beginning_outside_is_refused(begins):
    with pytest.raises(bi.DataError) as caught:
        first_time((1, 2, 3), begins, "when")
    assert caught.value.code == "begins-outside"


def test_numpy_dates_count_too():
    times = ("2020-01-01", "2020-02-01")
    assert first_time(times, np.datetime64("2020-02-01"), "when") == 1
