"""The section of `docs/trust.md` on calibration: which bugs were caught, and what passed."""

from __future__ import annotations

from typing import Any

from benchmarks import mutations
from benchmarks.cells import names_of_engines, source
from benchmarks.machine import machine
from benchmarks.page import table
from benchmarks.shapes import ALL as SHAPES, SIZES
from benchmarks.stages import FIRST, FLOORS, MORE, SECOND, false_alarm

Line = dict[str, Any]

LIKED = ("log likelihood", "log prior", "sigma")
"""Named first where several quantities are equally suspect."""


def caught(line: Line) -> bool:
    """Whether a planted bug failed calibration, as it should."""
    return not line["passes"]


def is_good(line: Line) -> bool:
    """Whether a line is as it should be: planted bugs are caught, exact engines pass."""
    return caught(line) if "mutation" in line else line["passes"] or line["approximate"]


def summary(line: Line) -> str:
    """One line for the terminal."""
    name = line.get("mutation") or f"{line['engine']} on {line['shape']}"
    head = f"{name}, {line['rows']} rows, seed {line['seed']}"
    if "error" in line:
        return f"{head} BROKE: {line['error']}"
    if "refuses" in line:
        return f"{head} is refused: {line['refuses']}"
    word = "as it should be" if is_good(line) else "NOT as it should be"
    found = f"{line['simulations']} data sets, {smallest(line)}, {line['seconds']:.0f} s"
    return f"{head}: {word}; {'passes' if line['passes'] else 'fails'} ({found})"


def smallest(line: Line) -> str:
    """The quantities with the smallest p-value: of the second stage, where there was one."""
    stage = line["second"] or line["first"]
    lowest = min(stage.values())
    names = [name for name in LIKED if stage.get(name) == lowest]
    names += [name for name, p in stage.items() if p == lowest and name not in names]
    name, others = names[0], len(names) - 1
    both = f"{name}{f' and {others} more' if others else ''}: {shown(line['first'][name], 0)}"
    return f"{both}, then {shown(lowest, 1)}" if line["second"] else both


def shown(p: float, stage: int) -> str:
    """A p-value; the smallest that simulated uniform ranks can give are bounds."""
    floor = FLOORS[stage]
    return f"p ≤ {floor:.0e}".replace("e-0", "e-") if p <= 1.01 * floor else f"p = {p:.1g}"


def section(lines: list[Line]) -> str:
    """The section of the page."""
    here = machine()
    cells = [line for line in lines if "mutation" not in line]
    bugs = [line for line in lines if "mutation" in line]
    minutes = sum(line["seconds"] for line in lines) / 60
    head = (
        f"`python -m benchmarks.calibration --seed 1 2 3 --write`, written {here['date']}; "
        f"{len(bugs)} runs of planted bugs ({runs(bugs)}) and {len(cells)} of engines "
        f"({runs(cells)}), {minutes:.0f} minutes of one core. {whose_code(lines)}"
    )
    if not cells:
        head += " Engines themselves have not been run since the tests in `tests/calibration`."
    parts = [head, how(cells)]
    if bugs:
        parts.append(mutation_part(bugs))
    if cells:
        parts += [engine_part(cells), statistics_part(cells)]
    return "\n\n".join(parts)


def runs(lines: list[Line]) -> str:
    """Which seeds ran at which size."""
    sizes = sorted({line["rows"] for line in lines})
    seeds = {n: sorted({line["seed"] for line in lines if line["rows"] == n}) for n in sizes}
    return "; ".join(
        f"seed{'s' * (len(own) > 1)} {' '.join(map(str, own))} at {n} rows"
        for n, own in seeds.items()
    )


def whose_code(lines: list[Line]) -> str:
    """Whether today's code is what the lines come from."""
    ran, today = {line.get("source", "unknown") for line in lines}, source()
    if ran == {today}:
        return f"All lines come from today's code (fingerprint {today})."
    return (
        f"The lines come from code with the fingerprint{'s' * (len(ran) > 1)} "
        f"{', '.join(sorted(ran))}; that of the code as this page was written is {today}."
    )


def how(cells: list[Line]) -> str:
    """The rules, and how often they would fail a right program."""
    exact = [line for line in cells if not line["approximate"]]
    tests = sum(line["tests"] for line in exact)
    suspects = sum(len(line["second"]) for line in exact)
    return (
        "Ranks of simulated truths among posterior draws, of every population, family and scale "
        "parameter, the first level's effects, a prediction, a contrast, and the log prior and log "
        "likelihood, which code that shares nothing with the engines computes from SciPy's "
        "densities. Each is tested by the simultaneous band of its distribution function and by "
        f"its spread. A p-value below {FIRST:g} makes a quantity suspect; {MORE} times as many new "
        f"data sets then decide, at {SECOND:g}. There were {tests:,} tests of exact engines, of "
        "which right programs fail any with a probability of at most "
        f"{tests:,} x {FIRST:g} x {SECOND:g} = {false_alarm(tests):.1g}; {suspects} were suspect "
        f"({FIRST * tests:.1f} are expected of right programs) and "
        f"{sum(not line['passes'] for line in exact)} cells failed."
    )


def mutation_part(bugs: list[Line]) -> str:
    """The score, and which quantity caught which bug at each size."""
    scores = []
    for rows in SIZES:
        own = [line for line in bugs if line["rows"] == rows]
        names = {line["mutation"] for line in own}
        always = sum(all(caught(o) for o in own if o["mutation"] == name) for name in names)
        if own:
            count = len({line["seed"] for line in own})
            each = f" in each of {count} runs" if count > 1 else ""
            scores.append(f"{always} of {len(names)} at {rows} rows{each}")
    head = ["planted bug", "shape, engine", "data sets", *(f"caught at {n} by" for n in SIZES)]
    rows_of = [
        [
            bug.name,
            f"{bug.shape}, {bug.engine}",
            f"{bug.simulations:,}",
            *(_caught_by([o for o in bugs if (o["mutation"], o["rows"]) == (bug.name, n)])
              for n in SIZES),
        ]
        for bug in mutations.ALL
    ]  # fmt: skip
    return f"**Planted bugs caught: {'; '.join(scores)}.**\n\n{table(head, rows_of)}"


def _caught_by(lines: list[Line]) -> str:
    """What caught a bug at one size: of the first seed, and in how many runs."""
    if not lines:
        return "–"
    first = min(lines, key=lambda line: line["seed"])
    times = sum(caught(line) for line in lines)
    share = "" if len(lines) == 1 else f" ({times} of {len(lines)} runs)"
    return f"{smallest(first)}{share}" if times else f"not caught ({smallest(first)})"


def engine_part(cells: list[Line]) -> str:
    """Shapes by engines: data sets of a run at each size, where they passed."""
    engines = [name for name in names_of_engines() if any(o["engine"] == name for o in cells)]
    rows = [
        [shape, _family(shape), *(_entry(cells, engine, shape) for engine in engines)]
        for shape in SHAPES
    ]
    return (
        f"Data sets at {' + '.join(map(str, SIZES))} rows in each run, the fewest of all runs; a "
        "number stands where all runs passed, a dash where the engine refuses the model. A cell "
        "sees bugs of the size that as many data sets show in the table above, no smaller ones. "
        "Approximate engines (svi, pathfinder) are shown and not expected to pass.\n\n"
        + table(["shape", "family", *engines], rows)
    )


def _family(shape: str) -> str:
    model = SHAPES[shape](SIZES[0])
    return model.family.name + (", groups" if model.design.rows.groups else "")


def _entry(cells: list[Line], engine: str, shape: str) -> str:
    own = [line for line in cells if (line["engine"], line["shape"]) == (engine, shape)]
    found = []
    for rows in SIZES:
        here = [line for line in own if line["rows"] == rows]
        if not here:
            continue
        count = str(min(line["simulations"] for line in here))
        found.append(count if all(line["passes"] for line in here) else f"{count} FAILS")
    return " + ".join(found) or "–"


def statistics_part(cells: list[Line]) -> str:
    """What each engine's fits took, and how often they diverged or mixed poorly."""
    rows = []
    for engine in names_of_engines():
        own = [line for line in cells if line["engine"] == engine]
        fits = sum(line["simulations"] for line in own)
        if not fits:
            continue
        thousand = 1000 * sum(line["seconds_of_fits"] for line in own) / fits
        worst = min(own, key=lambda line: min(line["first"].values()))
        rows.append(
            [
                engine,
                str(len(own)),
                f"{fits:,}",
                f"{thousand:.0f}",
                f"{_share(own, 'divergent'):.2%}",
                f"{_share(own, 'few_draws'):.2%}",
                str(sum(len(line["second"]) for line in own)),
                f"{smallest(worst)} ({worst['shape']}, {worst['rows']})",
            ]
        )
    head = [
        "engine", "cells", "fits", "s per 1,000 fits", "diverged", "short of draws", "suspects",
        "smallest p",
    ]  # fmt: skip
    return (
        "Fits in which a trajectory diverged, and fits with fewer effective draws than ranks are "
        "counted among (63, or half, a quarter, an eighth where over 5 % would be short):\n\n"
        + table(head, rows)
    )


def _share(lines: list[Line], name: str) -> float:
    fits = sum(line["simulations"] for line in lines)
    return sum(line[name] * line["simulations"] for line in lines) / fits
