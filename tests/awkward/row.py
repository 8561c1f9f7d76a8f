"""What is expected of an awkward input: refused in a sentence, handled with its value checked, or
not offered. A row of the catalogue may have several entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bayesinf.errors import BayesinfError, DataError


@dataclass(frozen=True)
class Refused:
    """An input that is refused.

    Attributes:
        number: The row of the catalogue, 1 to 130.
        title: The input, in words.
        prepare: From a number of rows to the call that is refused; making the data is not timed.
        error: The class of the error.
        code: Its code.
        names: What the message must name: the column, the level, the part of the formula.
        count: How many, which the message must say as a number: of bad rows, of levels, of columns.
            None where nothing can be counted, and then the grade has three points at most.
        fixed: Whether the input is refused whatever the number of rows (the input is one row, or
            nothing), so that it is timed as it is.
        column: The error's `.column`; None where it is not looked at.
        rows: The error's `.rows` with the number of rows of an ordinary test (60); None where they
            are not looked at.
    """

    number: int
    title: str
    prepare: Callable[[int], Callable[[], object]]
    error: type[BayesinfError]
    code: str
    names: str
    count: int | None = None
    fixed: bool = False
    column: str | None = None
    rows: tuple[int, ...] | None = None


def bad_column(
    number: int,
    title: str,
    prepare: Callable[[int], Callable[[], object]],
    code: str,
    column: str,
    count: int | None = None,
    rows: tuple[int, ...] | None = None,
) -> Refused:
    """Data that are refused because of one column, which the message names."""
    return Refused(number, title, prepare, DataError, code, column, count, column=column, rows=rows)


@dataclass(frozen=True)
class Handled:
    """An input that is answered, correctly.

    Attributes:
        number: The row of the catalogue.
        title: The input, in words.
        how: What becomes of it, a short sentence for the table.
        check: Raises AssertionError where the answer is not the right one.
    """

    number: int
    title: str
    how: str
    check: Callable[[], None]


@dataclass(frozen=True)
class NotOffered:
    """An input to something that the library does not have.

    Attributes:
        number: The row of the catalogue.
        title: The input, in words.
        why: What is not there.
    """

    number: int
    title: str
    why: str


Row = Refused | Handled | NotOffered
