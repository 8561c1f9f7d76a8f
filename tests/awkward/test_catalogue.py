"""Every row of the catalogue: handled with its value checked, or refused in a good sentence."""

from __future__ import annotations

import re
from time import process_time

import pytest

from tests.awkward.catalogue import NUMBERS, REFUSED, ROWS
from tests.awkward.grade import counts_in, grade
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
def test_rows_are_counted_as_they_are_listed(row: Refused) -> None:
    error = refusal(row)
    said = {int(count) for count in re.findall(r"(\d+) of \d+ rows", str(error))}
    said |= {int(count) for count in re.findall(r"\ball (\d+) rows", str(error))}
    assert not error.rows or not said or len(error.rows) in said, error


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Column 'x7' has 2 infinite values, in rows 3, 17 and 4 more.", {2}),
        ("It is below 0 in 2 of 60 rows (rows 3, 17; the first is -1).", {0, 2}),
        ("The factor 'q' has one level only, 'only', in all 60 rows used.", {1, 60}),
        ("There is no column '5'.\n    y ~ 3 * x\n        ^\n  Name one of the 4 columns: a.", {4}),
    ],
)
def test_a_count_is_of_something(text: str, counts: set[int]) -> None:
    assert counts_in(text) == counts


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
