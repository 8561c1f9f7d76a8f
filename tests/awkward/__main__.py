"""`python -m tests.awkward [--write]`: the catalogue as a table, into `docs/trust.md`."""

from __future__ import annotations

import argparse
import sys
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


def main(arguments: list[str] | None = None) -> int:
    """Runs every entry, prints the table, and writes it where asked to."""
    made = argparse.ArgumentParser(prog="python -m tests.awkward")
    made.add_argument("--write", action="store_true", help="write the table into docs/trust.md")
    given = made.parse_args(arguments)
    text = section()
    sys.stdout.write(f"{text}\n")
    if given.write:
        write_section("catalogue", text, TRUST)
    return 0


def section() -> str:
    """The section of the page: a summary, and one table for each part of the catalogue."""
    points: list[int] = []
    times: list[float] = []
    tables: list[str] = []
    for title, module in SECTIONS.items():
        shown: set[int] = set()
        cells: list[list[str]] = []
        for row in sorted(module.ROWS, key=lambda row: row.number):
            cells.append(_cells(row, points, times, row.number not in shown))
            shown.add(row.number)
        if cells:
            tables.append(f"### {title}\n\n{table(HEAD, cells)}")
    return "\n\n".join([_summary(points, times), *tables])


def _cells(row: Row, points: list[int], times: list[float], first: bool) -> list[str]:
    beside = _beside(GRADES.get(row.number) if first else None)
    match row:
        case Handled():
            row.check()
            return [str(row.number), row.title, f"handled: {row.how}", NOTHING, NOTHING, *beside]
        case NotOffered():
            what = f"not offered: {row.why}"
            return [str(row.number), row.title, what, NOTHING, NOTHING, *beside]
        case Refused():
            error = refusal(row)
            points.append(grade(error, row.names, row.count).points)
            times.append(milliseconds(row))
            cells = [str(row.number), row.title, _refused(error), str(points[-1])]
            return [*cells, f"{times[-1]:.1f}", *beside]


def _refused(error: BayesinfError) -> str:
    line = str(error).splitlines()[0].replace("|", "\\|")
    return f"refused, `{error.code}`: {line}"


def _beside(peers: Peers | None) -> list[str]:
    if peers is None:
        return [NOTHING] * 3
    graded = (peers.bambi, peers.statsmodels, peers.brms)
    return ["–" if points is None else str(points) for points in graded]


def _summary(points: list[int], times: list[float]) -> str:
    counts = {kind: sum(isinstance(row, kind) for row in ROWS) for kind in (Refused, Handled)}
    numbers = len({row.number for row in ROWS})
    here = machine()
    answered = f"{counts[Refused]} refused, {counts[Handled]} handled"
    left = len(ROWS) - sum(counts.values())
    return (
        f"`python -m tests.awkward --write`, {here['date']}, on {here['processor']}, "
        f"{here['cores']} cores.\n\n"
        f"{len(ROWS)} entries for {numbers} of 130 inputs: {answered}, {left} not offered; silent "
        f"wrong answers: 0. {_grades(points)} {_times(times)}\n\n"
        "The columns `bambi`, `statsmodels` and `brms` hold the same grade of what versions "
        "0.17.2, 0.15.0 and 2.18.0 say, by hand, for the inputs that were run there; – where the "
        "input cannot be given. Each refusal was timed at 100,000 rows, the best of three."
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
