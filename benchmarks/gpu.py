"""The large workloads on a GPU and on the CPU of the same machine.

    python -m benchmarks.gpu [--device cpu gpu ...] [--task T ...] [--share S] [--timeout S]
                             [--json FILE] [--write [PAGE]]

Each task runs twice in a fresh process: the first run compiles, the second does not. The engines
are named, not chosen, so that both devices do the same work; rows of both are equal.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bayesinf as bi
from bayesinf.options import devices_of
from bayesinf.posterior.summary import scalar_draws
from benchmarks import simulate
from benchmarks.machine import machine
from benchmarks.page import PAGE, table, write_section
from benchmarks.processes import run
from benchmarks.workloads import BESIDE, workloads

Task = Callable[[float, Path], tuple[float, float]]
"""Fits once, at a share of the rows: wall seconds, and the fewest effective draws."""

CHAINS = 64
"""Chains side by side: what makes a GPU worth its price on a model of this size."""


def logistic(share: float, data: Path) -> tuple[float, float]:
    """A million rows of logistic regression, by importance sampling around the mode."""
    del data
    frame = simulate.logistic(max(1000, int(1_000_000 * share)), 20, 4)
    formula = workloads()["logistic1m"].formula
    return _timed(formula, frame, bi.Laplace())


def grouped(share: float, data: Path) -> tuple[float, float]:
    """A mixed logistic model of 100,000 rows and 5,000 groups, by NUTS on every unknown."""
    del data
    groups = max(10, int(5000 * share))
    frame = simulate.glmm(20 * groups, groups, 5, 1)
    engine = bi.NUTS(draws=16 * 60, chains=16, warmup=200, max_tree_depth=6)
    return _timed(workloads()["glmm10k"].formula, frame, engine)


def crossed(share: float, data: Path) -> tuple[float, float]:
    """VerbAgg's persons and items, by NUTS with many chains."""
    workload = workloads()["verbagg"]
    frame = workload.frame(data).sample(frac=share, random_state=1)
    engine = bi.NUTS(draws=CHAINS * 40, chains=CHAINS, warmup=200, max_tree_depth=6)
    return _timed(workload.formula, frame, engine)


def fleet(share: float, data: Path) -> tuple[float, float]:
    """10,000 logistic models of 100 rows and 4 columns each."""
    del data
    from benchmarks.fleet import simulate as simulate_fleet

    frame = simulate_fleet(max(10, int(10_000 * share)), 100, 3)
    start = time.perf_counter()
    fits = bi.fit_many("bought ~ x0 + x1 + x2", frame, by="store", family="bernoulli", seed=1)
    return time.perf_counter() - start, float(fits.summary()["ess"].min())


TASKS: dict[str, Task] = {
    "logistic1m": logistic,
    "glmm100k": grouped,
    "verbagg": crossed,
    "fleet": fleet,
}


def _timed(formula: str, frame: object, engine: bi.Engine) -> tuple[float, float]:
    from bayesinf.numerics.diagnostics import ess_bulk

    start = time.perf_counter()
    fit = bi.fit(formula, frame, family="bernoulli", engine=engine, seed=1)
    seconds = time.perf_counter() - start
    _, draws = scalar_draws(fit.model, fit.posterior.values)
    return seconds, float(ess_bulk(draws).min())


def measure(task: str, device: str, share: float, data: Path) -> dict[str, Any]:
    """Runs a task twice on a device: with compilation, and without."""
    bi.options.device = device
    first, _ = TASKS[task](share, data)
    second, least = TASKS[task](share, data)
    return {
        "task": task,
        "device": device,
        "name": devices_of(device)[0].device_kind,
        "share": share,
        "first": round(first, 2),
        "second": round(second, 2),
        "min_ess": round(least),
        "seconds_per_1000": round(second * max(1.0, 1000.0 / least), 2),
    }


def missing(task: str, data: Path) -> str | None:
    """Says in a sentence why a task cannot run; None when it can."""
    return workloads()["verbagg"].missing(data) if task == "verbagg" else None


def run_tasks(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Runs all tasks on all devices that are there, each in a fresh process."""
    for device in given.device:
        if not devices_of(device):
            say(f"There is no {device} on this machine, so only other devices are measured.")
            continue
        for task in given.task or TASKS:
            if sentence := missing(task, given.data):
                say(sentence)
                continue
            say(f"{task} on {device}")
            command = [sys.executable, "-m", "benchmarks.gpu", "--one", task, device]
            command += ["--share", str(given.share), "--data", str(given.data)]
            found = run(command, {}, given.timeout)
            if isinstance(found, str):
                say(f"{task} on {device} gave nothing: {found}")
                found = {"error": found}
            yield {"task": task, "device": device, **found}


def section(lines: list[dict[str, Any]]) -> str:
    """The section of the page."""
    here = machine()
    names = {line["device"]: line["name"] for line in lines if "name" in line}
    absent = "" if "gpu" in names else " No accelerator was found on it."
    return (
        f"`python -m benchmarks.gpu --write`, {here['date']}, on {here['processor']}, "
        f"{here['cores']} cores; "
        f"{', '.join(f'{device}: {name}' for device, name in names.items())}.{absent}\n\n"
        f"{table_of(lines)}"
    )


def table_of(lines: list[dict[str, Any]]) -> str:
    """One row per task and device."""
    rows = [
        [
            line["task"],
            line["device"],
            _shown(line, "first"),
            _shown(line, "second"),
            _shown(line, "min_ess"),
            _shown(line, "seconds_per_1000"),
        ]
        for line in lines
    ]
    head = ["task", "device", "with compilation, s", "compiled, s", "min ESS", "to 1,000 ESS, s"]
    return table(head, rows)


def _shown(line: dict[str, Any], name: str) -> str:
    if "timed_out" in line:
        return f"> {line['timed_out']:.0f}" if name != "min_ess" else "–"
    return f"{line[name]:,}" if name in line else "–"


def say(sentence: str) -> None:
    """Tells the person at the terminal, beside the lines."""
    print(sentence, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description=__doc__.split("\n\n")[0] if __doc__ else None
    )
    made.add_argument("--device", nargs="+", choices=("cpu", "gpu", "tpu"), default=["cpu", "gpu"])
    made.add_argument("--task", nargs="+", choices=list(TASKS), help="these only")
    made.add_argument("--share", type=float, default=1.0, help="of the rows (default 1: all)")
    made.add_argument("--timeout", type=float, default=900.0, help="seconds for one task")
    made.add_argument("--data", type=Path, default=BESIDE, help="the folder of the data sets")
    made.add_argument("--json", type=Path, help="write the lines to this file")
    made.add_argument("--write", nargs="?", type=Path, const=PAGE, metavar="PAGE",
                      help="write the table into docs/benchmarks.md")  # fmt: skip
    made.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    return made


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 when a task failed."""
    given = parser().parse_args(arguments)
    if given.one:
        print(json.dumps(measure(*given.one, given.share, given.data)))
        return 0
    lines = []
    for line in run_tasks(given):
        lines.append(line)
        print(json.dumps(line), flush=True)
    if given.json is not None:
        given.json.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    if given.write is not None:
        write_section("gpu", section(lines), given.write)
    print(table_of(lines))
    return int(any("error" in line for line in lines))


if __name__ == "__main__":
    sys.exit(main())
