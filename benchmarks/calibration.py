"""Simulation-based calibration of every engine and family at 6 and 50 rows, and of planted bugs.

    python -m benchmarks.calibration [--fast | --nightly] [--part engines mutations]
                                     [--engine E ...] [--shape S ...] [--mutation M ...]
                                     [--rows 6 50] [--seed 1 2 3] [--simulations 1000]
                                     [--budget SECONDS] [--processes N]
                                     [--json FILE] [--from FILE ...]
                                     [--plots FOLDER] [--write [PAGE]]

Truths are drawn from the priors, data from the truths, and each engine's draws are asked where the
truths lie among them: their ranks are uniform if the engine is right. Programs with planted bugs
must fail the same test, in the two stages of `benchmarks/stages.py`. Each cell is a process with
one thread for matrices, and as many run at once as there are cores. Lines are added to the JSON
file as they come, and what it or `--from` holds is not run again if the code is the same and as
much was asked for: a command that was stopped goes on, and lines of several machines make one page.
`--page-only` takes lines of any code, and the page says of which.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from benchmarks import mutations
from benchmarks.calibration_page import is_good, section, summary
from benchmarks.cells import (
    APPROXIMATE,
    asked_of,
    calibration_of,
    engine_named,
    names_of_engines,
    run_cell,
    run_mutation,
    source,
)
from benchmarks.machine import cores
from benchmarks.page import TRUST, write_section
from benchmarks.processes import run
from benchmarks.shapes import ALL as SHAPES, SIZES

LONGEST = 7200.0
"""Seconds after which a cell is given up."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Matrices of small models are multiplied faster by one thread than by several that wait for each
other; the cores are busy with other cells."""

QUICK = (
    "linear",
    "grouped logistic",
    "slopes",
    "logistic",
    "weighted",
    "crossed",
    "grouped robust",
)
"""Of these, each engine runs the first two that it does not refuse when there is little time."""

SLOWEST = ("smc", "hmc", "quadrature", "marginal", "nuts", "svi", "pathfinder", "laplace")
"""They start first, so that no long cell is left over at the end."""

Job = dict[str, Any]
Line = dict[str, Any]


def jobs_of(given: argparse.Namespace) -> list[Job]:
    """All cells that were asked for, the slowest first."""
    found: list[Job] = []
    for seed in given.seed:
        if "mutations" in given.part:
            names = given.mutation or [bug.name for bug in mutations.ALL]
            found += [
                {"mutation": name, "rows": rows, "seed": seed}
                for name in names
                for rows in given.rows
            ]
        if "engines" in given.part:
            found += [
                {"engine": engine, "shape": shape, "rows": rows, "seed": seed}
                for engine in given.engine or names_of_engines()
                for shape in given.shape or shapes_for(engine, given.fast)
                for rows in given.rows
            ]
    return sorted(found, key=_turn)


def shapes_for(engine: str, few: bool) -> list[str]:
    """The shapes that an engine runs on: all, or the first two of a few."""
    if not few:
        return list(SHAPES)
    solver = engine_named(engine)
    return [shape for shape in QUICK if solver.refuses(SHAPES[shape](6)) is None][:2]


def _turn(job: Job) -> tuple[int, int]:
    engine = job.get("engine", "marginal")
    place = SLOWEST.index(engine) if engine in SLOWEST else len(SLOWEST)
    return place, -job["rows"]


def key_of(line: Job | Line) -> tuple[Any, ...]:
    """What tells the cells of a page apart."""
    named = [line["mutation"]] if "mutation" in line else [line["engine"], line["shape"]]
    return (*named, line["rows"], line["seed"])


def left_to_run(jobs: list[Job], lines: list[Line], given: argparse.Namespace) -> list[Job]:
    """The jobs of which no line tells, of the same code and asked for as much."""
    known = {(key_of(line), line.get("source"), line.get("asked")) for line in lines}
    here = source()

    def is_known(job: Job) -> bool:
        asked = asked_of(job, most_of(job, given.simulations), given.budget)
        return (key_of(job), here, asked) in known

    return [job for job in jobs if not is_known(job)]


def most_of(job: Job, simulations: int) -> int:
    """The most data sets of a cell: fewer for engines that are not expected to pass."""
    return simulations // 5 if job.get("engine") in APPROXIMATE else simulations


def run_jobs(jobs: list[Job], given: argparse.Namespace) -> Iterator[Line]:
    """Runs jobs, each in its own process, and yields their lines."""
    with ThreadPoolExecutor(given.processes) as pool:
        running = {pool.submit(_in_process, job, given): job for job in jobs}
        for done in as_completed(running):
            found = done.result()
            if isinstance(found, str) or "timed_out" in found:
                yield {**running[done], "error": str(found)}
            else:
                yield found


def _in_process(job: Job, given: argparse.Namespace) -> Line | str:
    command = [sys.executable, "-m", "benchmarks.calibration", "--one", json.dumps(job)]
    command += ["--simulations", str(given.simulations)]
    command += [] if given.budget is None else ["--budget", str(given.budget)]
    return run(command, ONE_THREAD, LONGEST)


def run_one(job: Job, simulations: int, budget: float | None) -> Line:
    """Runs one job in this process."""
    if "mutation" in job:
        return run_mutation(**job)
    return run_cell(**job, count=most_of(job, simulations), budget=budget)


def read_lines(files: Iterable[Path]) -> list[Line]:
    """The lines of JSON files, each cell once; the last counts, and errors are run again."""
    found: dict[tuple[Any, ...], Line] = {}
    for file in files:
        if file.is_file():
            for text in file.read_text(encoding="utf-8").splitlines():
                line = json.loads(text)
                found[key_of(line)] = line
    return [line for line in found.values() if "error" not in line]


def draw(lines: list[Line], folder: Path) -> None:
    """Writes one picture for each engine and number of rows, of the first seed."""
    from benchmarks.rank_plots import draw_ranks

    folder.mkdir(parents=True, exist_ok=True)
    ranked = [line for line in lines if "ranks" in line]
    seed = min((line["seed"] for line in ranked), default=0)
    ranked = [line for line in ranked if line["seed"] == seed]
    for engine, rows in dict.fromkeys((line["engine"], line["rows"]) for line in ranked):
        own = {
            line["shape"]: calibration_of(line)
            for line in ranked
            if (line["engine"], line["rows"]) == (engine, rows)
        }
        path = folder / f"{engine}_{rows}.png"
        draw_ranks(f"{engine}, {rows} rows", own, path)
        say(str(path))


def say(sentence: str) -> None:
    """Tells the person at the terminal, beside the lines."""
    print(sentence, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.calibration",
        description=__doc__.split("\n\n")[0] if __doc__ else None,
    )
    add = made.add_argument
    how = made.add_mutually_exclusive_group()
    how.add_argument("--fast", action="store_true", help="6 rows, two shapes for each engine")
    how.add_argument("--nightly", action="store_true", help="everything (as without either)")
    add("--part", nargs="+", choices=["engines", "mutations"], default=["engines", "mutations"])
    add("--engine", nargs="+", choices=names_of_engines(), help="these only")
    add("--shape", nargs="+", choices=list(SHAPES), help="these only")
    add("--mutation", nargs="+", choices=[bug.name for bug in mutations.ALL], help="these only")
    add("--rows", nargs="+", type=int, help="sizes of the data sets (default: 6 50, fast: 6)")
    add("--seed", nargs="+", type=int, default=[1], help="one full run for each (default 1)")
    add("--simulations", type=int, help="data sets of a cell (default 1000, fast: 200)")
    add("--budget", type=float, metavar="SECONDS",
        help="of a cell's first stage, in which fewer data sets may have place "
        "(default 200, fast: 30)")  # fmt: skip
    add("--processes", type=int, default=cores(), help="cells at once")
    add("--plots", type=Path, metavar="FOLDER", help="draw pictures into it")
    add("--json", type=Path, help="add the lines, with all ranks, to this file")
    add("--from", dest="earlier", nargs="+", type=Path, default=[], metavar="FILE",
        help="lines of other runs; what they hold is not run again")  # fmt: skip
    add("--page-only", action="store_true", help="run nothing, only read the lines")
    add("--write", nargs="?", type=Path, const=TRUST, metavar="PAGE",
        help="write the tables into docs/trust.md")  # fmt: skip
    add("--one", type=json.loads, help=argparse.SUPPRESS)
    return made


def with_defaults(given: argparse.Namespace) -> argparse.Namespace:
    """The arguments, with what depends on how much time there is."""
    usual = {"rows": [6], "simulations": 200, "budget": 30.0}
    if not given.fast:
        usual = {"rows": list(SIZES), "simulations": 1000, "budget": 200.0}
    for name, value in usual.items():
        if getattr(given, name) is None:
            setattr(given, name, value)
    return given


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 when an engine fails, a planted bug is missed, or a cell broke."""
    given = with_defaults(parser().parse_args(arguments))
    if given.one:
        print(json.dumps(run_one(given.one, given.simulations, given.budget)))
        return 0
    lines = read_lines([*given.earlier, *([given.json] if given.json else [])])
    jobs = [] if given.page_only else left_to_run(jobs_of(given), lines, given)
    broken = False
    for line in run_jobs(jobs, given):
        broken |= "error" in line
        lines.append(line)
        say(summary(line))
        if given.json is not None:
            with given.json.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line)}\n")
    lines = [line for line in lines if "error" not in line and "refuses" not in line]
    if given.plots is not None:
        draw(lines, given.plots)
    text = section(lines)
    if given.write is not None:
        write_section("calibration", text, given.write)
    print(text)
    return int(broken or not all(is_good(line) for line in lines))


if __name__ == "__main__":
    sys.exit(main())
