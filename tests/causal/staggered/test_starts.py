from dataclasses import replace

import numpy as np
import pytest

import causal
from causal.panel import Panel
from causal.staggered.starts import judge_starts, judge_steps
from tests.causal.staggered.made import made


def panel(times, told) -> Panel:
    empty = made([0] * len(told), len(times))
    first = [len(times) if one is None else sum(time < one for time in times) for one in told]
    return replace(empty, times=tuple(times), first_treated=np.array(first), told=tuple(told))


def test_a_start_between_times_is_told_with_the_time_that_it_is_read_as():
    (found,) = judge_starts(panel([2001, 2003, 2005, 2007], [2004, 2004, None]), "since", "year")
    assert (found.severity, found.code) == ("warning", "treated-between-times")
    assert "2 of 3 units" in found.sentence and "2004 (2 units) is read as 2005" in found.sentence


@pytest.mark.parametrize("told", [2001, 2003, 1990, 2010, None])
def test_times_of_the_panel_and_beyond_it_are_no_starts_between(told):
    assert judge_starts(panel([2001, 2003, 2005], [told, 2003]), "since", "year") == ()


@pytest.mark.parametrize(
    ("times", "says"),
    [
        ([2001, 2003, 2005], "are 2 apart"),
        ([2001, 2002, 2004], "from 1 to 2 (2002 to 2004)"),
        (["2001", "2003", "2005"], "are 2 years apart"),
        (["2001-01-01", "2001-07-01", "2002-01-01"], "are 2 quarters apart"),
        (["2001-01", "2001-02", "2001-04"], "from 1 month to 2 months"),
        (["2001-01-01", "2001-01-02", "2001-01-05"], "from 1 day to 3 days"),
        ([201811, 201812, 201902], "from 1 month to 2 months"),
        ([0.0, 0.5, 1.0], "are 0.5 apart"),
    ],
)
def test_steps_that_are_not_one_are_told_in_their_unit(times, says):
    (found,) = judge_steps(panel(times, [None]), "when")
    assert (found.severity, found.code) == ("note", "steps-of-times")
    assert says in found.sentence


@pytest.mark.parametrize(
    "times",
    [
        [2001, 2002, 2003],
        ["2001-01-01", "2002-01-01", "2003-01-01"],
        ["2001Q4", "2002Q1", "2002Q2"],
        ["2001-01-01", "2001-01-08", "2001-01-15"],
        [201811, 201812, 201901],
        ["before", "during", "after"],
    ],
)
def test_steps_of_one_say_nothing(times):
    assert judge_steps(panel(times, [None]), "when") == ()


def test_both_stand_in_the_estimate():
    rng = np.random.default_rng(1)
    unit, year = np.repeat(np.arange(40), 4), np.tile([2001, 2003, 2005, 2007], 40)
    since = np.where(unit < 20, 2004, 0)
    frame = {"y": rng.normal(size=160), "unit": unit, "year": year, "since": since}
    study = causal.DifferenceInDifferences("y", "unit", "year", first_treated="since")
    found = causal.estimate(frame, study, draws=400, seed=1)
    codes = {finding.code: finding.severity for finding in found.findings}
    assert codes["treated-between-times"] == "warning" and codes["steps-of-times"] == "note"
