"""Every row of the catalogue: handled with its value checked, or refused in a good sentence."""

from __future__ import annotations

from time import process_time

import pytest

from tests.awkward.catalogue import NUMBERS, REFUSED, ROWS
from tests.awkward.grade import grade
from tests.awkward.row import Handled, Refused, Row
from tests.awkward.timing import MANY_ROWS, milliseconds, refusal
from tests.journeys.test_compilations import counting

LEAST_POINTS = 3
LEAST_MEAN = 3.5
MOST_MILLISECONDS = 250.0
"""Of the processor: a compilation or a pass over all rows in Python takes longer. How long each
refusal takes by the clock, against the goal of 50 ms, `python -m tests.awkward` measures: a test
would fail for what else the machine does."""


def label(row: Row) -> str:
    return f"{row.number}: {row.title}"


@pytest.mark.parametrize("row", [r for r in ROWS if isinstance(r, Handled)], ids=label)
def test_the_answer_is_the_right_one(row: Handled) -> None:
    row.check()


@pytest.mark.parametrize("row", REFUSED, ids=label)
def test_it_is_refused_in_a_sentence(row: Refused) -> None:
    error = refusal(row)
    assert type(error) is row.error
    assert error.code == row.code
    points = grade(error, row.names, row.count)
    assert points.points >= LEAST_POINTS, f"{points}\n{error}"
    assert error.hint and str(error).endswith(error.hint)
    if row.column is not None:
        assert error.column == row.column
    if row.rows is not None:
        assert error.rows == row.rows


@pytest.mark.parametrize("row", REFUSED, ids=label)
def test_it_is_refused_before_anything_is_compiled(row: Refused) -> None:
    call = row.prepare(60)
    with counting() as compiled, pytest.raises(row.error):
        call()
    assert compiled == []


def test_each_number_has_an_entry() -> None:
    missing = sorted(set(NUMBERS) - {row.number for row in ROWS})
    assert missing == []


def test_titles_tell_the_entries_apart() -> None:
    assert len({label(row) for row in ROWS}) == len(ROWS)


def test_the_grades_on_average() -> None:
    points = [grade(refusal(row), row.names, row.count).points for row in REFUSED]
    assert sum(points) >= LEAST_MEAN * len(points)


@pytest.mark.timing
@pytest.mark.parametrize("row", REFUSED, ids=label)
def test_a_refusal_is_quick_at_many_rows(row: Refused) -> None:
    refusal(row)  # What is imported at the first use is not timed.
    assert milliseconds(row, MANY_ROWS, clock=process_time) < MOST_MILLISECONDS
