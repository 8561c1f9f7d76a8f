"""`python -m tests.awkward [--write]`: the catalogue as a table, into `docs/trust.md`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from statistics import fmean

from bayesinf.errors import BayesinfError
from benchmarks.machine import machine
from benchmarks.page import TRUST, table, write_section
from tests.awkward.catalogue import ROWS, SECTIONS
from tests.awkward.grade import grade
from tests.awkward.peers import GRADES, Peers
from tests.awkward.row import Handled, NotOffered, Refused, Row
from tests.awkward.timing import milliseconds, refusal

HEAD = ["#", "input", "what happens here", "points", "ms", "bambi", "statsmodels", "brms"]
NOTHING = ""


@dataclass
class Count:
    """What was found of all entries so far."""

    points: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    wrong: int = 0


def main(arguments: list[str] | None = None) -> int:
    """Runs every entry, prints the table, and writes it where asked to; 1 where one is wrong."""
    made = argparse.ArgumentParser(prog="python -m tests.awkward")
    made.add_argument("--write", action="store_true", help="write the table into docs/trust.md")
    given = made.parse_args(arguments)
    count = Count()
    text = section(count)
    sys.stdout.write(f"{text}\n")
    if given.write:
        write_section("catalogue", text, TRUST)
    return int(count.wrong > 0)


def section(count: Count) -> str:
    """The section of the page: a summary, and one table for each part of the catalogue."""
    tables: list[str] = []
    for title, module in SECTIONS.items():
        shown: set[int] = set()
        cells: list[list[str]] = []
        for row in sorted(module.ROWS, key=lambda row: row.number):
            beside = _beside(GRADES.get(row.number) if row.number not in shown else None)
            texts = [str(row.number), row.title, *_outcome(row, count), *beside]
            cells.append([text.replace("|", "\\|") for text in texts])
            shown.add(row.number)
        if cells:
            tables.append(f"### {title}\n\n{table(HEAD, cells)}")
    return "\n\n".join([_summary(count), *tables])


def _outcome(row: Row, count: Count) -> list[str]:
    """What happens, in words; the points and the milliseconds of a refusal."""
    try:
        match row:
            case Handled():
                row.check()
                return [f"handled: {row.how}", NOTHING, NOTHING]
            case NotOffered():
                return [f"not offered: {row.why}", NOTHING, NOTHING]
            case Refused():
                error = refusal(row)
                assert (type(error), error.code) == (row.error, row.code), str(error)
                count.points.append(grade(error, row.names, row.count).points)
                count.times.append(milliseconds(row))
                return [_refused(error), str(count.points[-1]), f"{count.times[-1]:.1f}"]
    except (
        AssertionError,
        ArithmeticError,
        BayesinfError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        sys.stderr.write(f"{row.number} {row.title}: {error}\n")
        count.wrong += 1
        return ["**not as expected**", NOTHING, NOTHING]


def _refused(error: BayesinfError) -> str:
    return f"refused, `{error.code}`: {str(error).splitlines()[0]}"


def _beside(peers: Peers | None) -> list[str]:
    if peers is None:
        return [NOTHING] * 3
    graded = (peers.bambi, peers.statsmodels, peers.brms)
    return ["–" if points is None else str(points) for points in graded]


def _summary(count: Count) -> str:
    kinds = {kind: sum(isinstance(row, kind) for row in ROWS) for kind in (Refused, Handled)}
    numbers = len({row.number for row in ROWS})
    here = machine()
    answered = f"{kinds[Refused]} refused, {kinds[Handled]} handled with the value checked"
    left = len(ROWS) - sum(kinds.values())
    return (
        f"`python -m tests.awkward --write`, {here['date']}, on {here['processor']}, "
        f"{here['cores']} cores.\n\n"
        f"{len(ROWS)} entries for {numbers} of 130 inputs: {answered}, {left} not offered; wrong "
        f"answers among these: {count.wrong}. {_grades(count.points)} {_times(count.times)}\n\n"
        "The columns `bambi`, `statsmodels` and `brms` hold grades that one person gave by hand to "
        "what versions 0.17.2, 0.15.0 and 2.18.0 say (the column, a count or rows, the cause, the "
        "remedy), for the inputs that were run there; – where the input cannot be given. "
        "Each refusal was timed at 100,000 rows, the best of three."
    )


def _grades(points: list[int]) -> str:
    if not points:
        return ""
    full = sum(point == 4 for point in points)
    return (
        f"Grades: mean {fmean(points):.2f} of 4, lowest {min(points)}, "
        f"all four points {full} of {len(points)}."
    )


def _times(times: list[float]) -> str:
    return f"Slowest refusal: {max(times):.0f} ms." if times else ""


if __name__ == "__main__":
    raise SystemExit(main())
