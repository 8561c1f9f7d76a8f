"""The ladder: seconds from a formula to 1,000 effective draws, beside the peers, on one machine.

    python -m benchmarks.ladder [--workload W ...] [--cold | --warm] [--peers] [--check]
                                [--data PATH] [--json FILE] [--write [PAGE]]

Each measurement is a fresh process, and one JSON line on standard output; what is skipped, and why,
is a sentence on standard error. `cold` begins with an empty folder of compiled programs, `warm`
with the folder that an earlier process of the same workload has filled.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.machine import load
from benchmarks.page import PAGE, write_section
from benchmarks.peers import ALL, PYTHON, Peer
from benchmarks.processes import cache_environment, run
from benchmarks.workloads import BESIDE, Workload, workloads

CACHES = ("cold", "warm")

Line = dict[str, Any]


def say(sentence: str) -> None:
    """Tells the person at the terminal, beside the lines."""
    print(sentence, file=sys.stderr, flush=True)


def measure_ours(
    workload: Workload, given: argparse.Namespace, caches: tuple[str, ...]
) -> Iterator[Line]:
    """Times bayesinf: cold in an empty cache, warm in the one that a run before has filled."""
    command = [sys.executable, "-m", "benchmarks.ladder", "--one", workload.name]
    command += ["--data", str(given.data), "--engine", given.engine]
    with tempfile.TemporaryDirectory() as folder:
        environment = cache_environment(folder)
        if "cold" not in caches:
            run([*command, "--label", "filling"], environment, given.timeout)
        for label in caches:
            say(f"{workload.name}: bayesinf, {label}")
            times = given.repeats if label == "warm" else 1
            found = [
                run([*command, "--label", label], environment, given.timeout) for _ in range(times)
            ]
            yield line_of(workload, "bayesinf", middle(found), cache=label)


def middle(found: list[Line | str]) -> Line | str:
    """The measurement of median seconds, with the seconds of all; a failure where there is one."""
    good = [one for one in found if isinstance(one, dict) and "seconds" in one]
    if len(good) < len(found) or len(found) == 1:
        return next(one for one in found if one not in good or len(found) == 1)
    ordered = sorted(good, key=lambda one: one["seconds"])
    return {**ordered[len(ordered) // 2], "all_seconds": [one["seconds"] for one in found]}


def measure_peers(workload: Workload, given: argparse.Namespace) -> Iterator[Line]:
    """Times every peer that has the workload's model and that this machine has."""
    chosen = [peer for peer in ALL if peer.serves(workload) and _asked_for(peer, given)]
    present = [peer for peer in chosen if peer.absent() is None]
    for peer in chosen:
        if sentence := peer.absent():
            say(sentence)
    if not present:
        return
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch) / "rows.csv"
        workload.frame(given.data).to_csv(rows, index=False)
        for peer in present:
            say(f"{workload.name}: {peer.title}")
            found = peer.time(workload, rows, Path(scratch), given.timeout)
            yield line_of(workload, peer.name, found)


def line_of(workload: Workload, peer: str, found: Line | str, **more: str) -> Line:
    """One line: what was measured, by whom, when, and how busy the machine was."""
    when = {"when": datetime.now().isoformat(timespec="seconds"), "load": load()}
    measured = {"error": found} if isinstance(found, str) else found
    if isinstance(found, str):
        say(f"{workload.name}: {peer} gave nothing: {found}")
    return {"workload": workload.name, "peer": peer, **more, **measured, **when}


def run_ladder(given: argparse.Namespace) -> tuple[list[Line], list[Line]]:
    """Runs what was asked for, line by line; returns the lines, and the comparisons."""
    from benchmarks.references import compare

    lines: list[Line] = []
    checks: list[Line] = []

    def keep(line: Line, where: list[Line]) -> None:
        where.append(line)
        print(json.dumps(line), flush=True)
        if given.json is not None:
            with given.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    for workload in _chosen(given):
        caches = tuple(label for label in CACHES if given.cache in (None, label))
        own = None
        for line in measure_ours(workload, given, caches):
            keep(line, lines)
            own = line if "summary" in line else own
        if given.peers:
            for line in measure_peers(workload, given):
                keep(line, lines)
        if given.check and own is not None:
            comparison = compare(own)
            say(comparison.sentence)
            keep(comparison.line(), checks)
    return lines, checks


def _chosen(given: argparse.Namespace) -> Iterator[Workload]:
    for name, workload in workloads().items():
        if given.workload and name not in given.workload:
            continue
        if sentence := workload.missing(given.data):
            say(sentence)
        else:
            yield workload


def _asked_for(peer: Peer, given: argparse.Namespace) -> bool:
    return not given.peer or peer.name in given.peer


def earlier_lines(path: Path | None) -> list[Line]:
    """The lines that earlier runs have left in the file."""
    if path is None or not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    known = list(workloads())
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.ladder",
        description=__doc__.split("\n\n")[0] if __doc__ else None,
        epilog=f"Bambi is run by the Python that the environment variable {PYTHON} names (one with "
        "bambi, nutpie and numpyro; scikit-learn and statsmodels are found there too), lme4, "
        "glmmTMB, glm and MASS by the Rscript on PATH. What is not installed is skipped with a "
        "sentence.",
    )
    made.add_argument("--workload", nargs="+", choices=known, help="these only")
    only = made.add_mutually_exclusive_group()
    only.add_argument("--cold", dest="cache", action="store_const", const="cold",
                      help="with an empty folder of compiled programs only")  # fmt: skip
    only.add_argument("--warm", dest="cache", action="store_const", const="warm",
                      help="with a filled one only")  # fmt: skip
    made.add_argument(
        "--repeats", type=int, default=1, help="warm runs, of which the median counts (default 1)"
    )
    made.add_argument("--engine", default="auto", help="bayesinf's engine (default auto)")
    made.add_argument("--peers", action="store_true", help="time the peers right beside")
    made.add_argument("--peer", nargs="+", choices=[peer.name for peer in ALL],
                      help="with --peers: these only")  # fmt: skip
    made.add_argument("--timeout", type=float, default=900.0,
                      help="seconds that one measurement may take (default 900)")  # fmt: skip
    made.add_argument("--check", action="store_true",
                      help="compare means and sds with benchmarks/references")  # fmt: skip
    made.add_argument("--reference", nargs="+", choices=known, metavar="W",
                      help="make these references, and measure nothing")  # fmt: skip
    made.add_argument("--data", type=Path, default=BESIDE,
                      help="the folder of the data sets (default ../shared/data)")  # fmt: skip
    made.add_argument("--json", type=Path, help="add the lines to this file")
    made.add_argument("--write", nargs="?", type=Path, const=PAGE, metavar="PAGE",
                      help="write the tables into docs/benchmarks.md, from this run's lines "
                      "and those that --json's file held before")  # fmt: skip
    made.add_argument("--one", choices=known, help=argparse.SUPPRESS)
    made.add_argument("--label", default="as it is", help=argparse.SUPPRESS)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 when a measurement failed or moments differ from a reference."""
    given = parser().parse_args(arguments)
    if given.one:
        from benchmarks.measure import measure

        workload = workloads()[given.one]
        print(json.dumps(measure(workload, given.data, given.label, given.engine)))
        return 0
    if given.reference:
        return make_references(given)
    before = earlier_lines(given.json)
    lines, checks = run_ladder(given)
    if given.write is not None:
        from benchmarks.tables import ladder_section

        write_section("ladder", ladder_section([*before, *lines, *checks]), given.write)
        say(f"The tables are in {given.write}.")
    failed = [line for line in lines if "error" in line and line["peer"] == "bayesinf"]
    return int(bool(failed) or any(check["check"] == "fail" for check in checks))


def make_references(given: argparse.Namespace) -> int:
    """Makes the references that were asked for."""
    from benchmarks.references import keep_reference, make_reference

    for name in given.reference:
        workload = workloads()[name]
        if sentence := workload.missing(given.data):
            say(sentence)
            continue
        say(f"{name}: {workload.reference['method']} makes the reference")
        found = make_reference(workload, given.data)
        place = keep_reference(found)
        say(f"{name}: {found['seconds']} s; kept in {place.name}. {found['verdict']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
