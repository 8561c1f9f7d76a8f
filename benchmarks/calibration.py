"""Simulation-based calibration of every engine over ten model shapes.

    python -m benchmarks.calibration [--engine E ...] [--shape S ...] [--simulations 200]
                                     [--budget SECONDS] [--plots FOLDER] [--json FILE]
                                     [--write [PAGE]]

Truths are drawn from the priors, data from the truths, and each engine's draws are asked where the
truths lie among them: their ranks are uniform if the engine is right. All tests together fail an
engine without fault with a probability of 1 % (Bonferroni over every quantity of every cell).
Each cell is a process with one thread for matrices, and as many run at once as there are cores.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks.cells import calibration_of, names_of_engines, run_cell
from benchmarks.machine import cores, machine
from benchmarks.page import PAGE, table, write_section
from benchmarks.processes import run
from benchmarks.shapes import ALL as SHAPES

LEVEL = 0.01
"""Probability that the whole table fails somewhere though every engine is right."""

LONGEST = 3600.0
"""Seconds after which a cell is given up."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Matrices of small models are multiplied faster by one thread than by several that wait for each
other; the cores are busy with other cells."""

Line = dict[str, Any]


def run_cells(given: argparse.Namespace) -> Iterator[Line]:
    """Runs all cells that were asked for, each in its own process, and yields their lines."""
    cells = [
        (engine, shape)
        for engine in given.engine or names_of_engines()
        for shape in given.shape or SHAPES
    ]
    with ThreadPoolExecutor(given.processes) as pool:
        running = {pool.submit(_in_process, *cell, given): cell for cell in cells}
        for done in as_completed(running):
            engine, shape = running[done]
            found = done.result()
            if isinstance(found, str) or "timed_out" in found:
                yield {"engine": engine, "shape": shape, "error": str(found)}
            else:
                yield found


def _in_process(engine: str, shape: str, given: argparse.Namespace) -> Line | str:
    command = [sys.executable, "-m", "benchmarks.calibration", "--one", engine, shape]
    command += ["--simulations", str(given.simulations)]
    command += [] if given.budget is None else ["--budget", str(given.budget)]
    return run(command, ONE_THREAD, LONGEST)


def judged(lines: list[Line]) -> list[Line]:
    """The lines in the catalogue's order, each with its p-value after Bonferroni's correction."""
    engines, shapes = names_of_engines(), list(SHAPES)
    ordered = sorted(
        lines, key=lambda line: (engines.index(line["engine"]), shapes.index(line["shape"]))
    )
    tests = exact_tests(lines)
    return [
        {**line, "corrected_p": min(1.0, line["smallest_p"] * (tests or line["tests"]))}
        for line in ordered
    ]


def exact_tests(lines: list[Line]) -> int:
    """Tests of engines that are expected to pass."""
    return sum(line["tests"] for line in lines if not line["approximate"])


def passes(line: Line) -> bool:
    """Whether the ranks of a judged line look uniform."""
    return line["corrected_p"] > LEVEL


def table_of(lines: list[Line]) -> str:
    """The table of judged lines."""
    rows = [
        [
            line["engine"],
            line["shape"],
            str(line["simulations"]),
            f"{line['smallest_p']:.2g}",
            line["worst"],
            f"{line['corrected_p']:.2g}",
            ("yes" if passes(line) else "NO") + " (approximate)" * line["approximate"],
            f"{line['seconds']:.0f}",
        ]
        for line in lines
    ]
    head = ["engine", "shape", "data sets", "smallest p", "of", "corrected", "passes", "seconds"]
    return table(head, rows)


def section(lines: list[Line]) -> str:
    """The section of the page."""
    here = machine()
    return (
        f"`python -m benchmarks.calibration --write`, {here['date']}, on {here['processor']}, "
        f"{here['cores']} cores.\n\nRanks of simulated truths among posterior draws, of every "
        "population, family and scale parameter, the first level's effects and the log "
        f"likelihood: {exact_tests(lines)} tests of exact engines. The smallest p-value of each "
        f"cell is multiplied by their number (Bonferroni); a cell passes above {LEVEL}. The "
        f"shapes are those of `benchmarks/shapes.py`; pairs that are missing are those that the "
        f"engine refuses.\n\n{table_of(lines)}"
    )


def draw(lines: list[Line], folder: Path) -> None:
    """Writes one picture for each engine."""
    from benchmarks.rank_plots import draw_ranks

    folder.mkdir(parents=True, exist_ok=True)
    for engine in dict.fromkeys(line["engine"] for line in lines):
        own = {line["shape"]: calibration_of(line) for line in lines if line["engine"] == engine}
        draw_ranks(engine, own, folder / f"{engine}.png")
        say(f"{folder / engine}.png")


def say(sentence: str) -> None:
    """Tells the person at the terminal, beside the lines."""
    print(sentence, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    engines = names_of_engines()
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.calibration",
        description=__doc__.split("\n\n")[0] if __doc__ else None,
    )
    made.add_argument("--engine", nargs="+", choices=engines, help="these only")
    made.add_argument("--shape", nargs="+", choices=list(SHAPES), help="these only")
    made.add_argument("--simulations", type=int, default=200, help="data sets (default 200)")
    made.add_argument("--budget", type=float, metavar="SECONDS",
                      help="of each cell, in which fewer data sets may have place")  # fmt: skip
    made.add_argument("--processes", type=int, default=cores(), help="cells at once")
    made.add_argument("--plots", type=Path, metavar="FOLDER", help="draw pictures into it")
    made.add_argument("--json", type=Path, help="write the lines, with all ranks, to this file")
    made.add_argument("--write", nargs="?", type=Path, const=PAGE, metavar="PAGE",
                      help="write the table into docs/benchmarks.md")  # fmt: skip
    made.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 when an engine that should pass does not, or a cell failed."""
    given = parser().parse_args(arguments)
    if given.one:
        print(json.dumps(run_cell(*given.one, given.simulations, given.budget)))
        return 0
    lines: list[Line] = []
    failed = False
    for line in run_cells(given):
        if "refuses" in line:
            say(f"{line['engine']} refuses {line['shape']}: {line['refuses']}.")
        elif "error" in line:
            failed = True
            say(f"{line['engine']} failed on {line['shape']}: {line['error']}")
        else:
            lines.append(line)
            short = {key: value for key, value in line.items() if key not in ("ranks", "names")}
            print(json.dumps(short), flush=True)
    lines = judged(lines)
    if given.plots is not None:
        draw(lines, given.plots)
    if given.json is not None:
        given.json.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    if given.write is not None:
        write_section("calibration", section(lines), given.write)
    print(table_of(lines))
    return int(failed or any(not passes(line) and not line["approximate"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
