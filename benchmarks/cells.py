"""One cell of calibration: an engine on a model shape of some size, or a planted bug."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

import bayesinf as bi
from bayesinf import engines
from bayesinf.criticism.calibration import Calibration
from bayesinf.criticism.simulation import Simulations, simulate
from bayesinf.criticism.uniformity import p_values_of
from bayesinf.engine import Engine
from bayesinf.engines.nuts import NUTS
from bayesinf.fleet.engine import Fleet
from benchmarks import mutations
from benchmarks.mutation import Mutation
from benchmarks.shapes import ALL as SHAPES
from benchmarks.stages import Program, in_two_stages

APPROXIMATE = frozenset({"svi", "pathfinder"})
"""Engines that are approximate by their label: shown, and not expected to pass."""

DRAWS = 512
"""Draws of each fit: ranks are counted among 63 of them, so that dependence is thinned out."""

SETTINGS: dict[str, dict[str, Any]] = {
    "conjugate": {"draws": 64},
    "nuts": {"draws": 640, "warmup": 400, "max_tree_depth": 6, "target_accept": 0.9},
    "smc": {"draws": DRAWS, "particles": 200},
}
"""Draws of independent engines need no thinning. NUTS runs one chain for each data set, all of them
side by side, so that all wait for the longest trajectory: shorter ones are as exact. Fewer
particles than usual leave time for more data sets."""

FEWEST = 50
"""Data sets that are fitted whatever the budget."""

CALIBRATING = tuple(
    f"{name}.py"
    for name in (
        "cells",
        "mutation",
        "mutations",
        "sampler_bugs",
        "shapes",
        "stages",
        "wrong_densities",
    )
)
"""The modules of benchmarks that decide what a line says."""

SIDE_BY_SIDE = 300
"""The most data sets of NUTS in a first stage: what they cost is only known when all have run."""


def engine_named(name: str) -> Engine:
    """An engine with the settings that calibration uses."""
    if name == Fleet.name:
        return Fleet(draws=DRAWS)
    return engines.named(name)(**SETTINGS.get(name, {"draws": DRAWS}))  # type: ignore[call-arg]


def names_of_engines() -> list[str]:
    """All engines but the one that only chooses, and the fleet."""
    return [*(kind.name for kind in engines.ALL if kind is not bi.Auto), Fleet.name]


def run_cell(
    engine: str, shape: str, rows: int, count: int, budget: float | None, seed: int
) -> dict[str, Any]:
    """Calibrates one engine on one shape.

    Args:
        engine: Its name.
        shape: Its name.
        rows: How many rows it has.
        count: Data sets.
        budget: Processor seconds of the first stage; fewer data sets are fitted where they would
            take longer. None: all.
        seed: Of truths, data and draws.

    Returns:
        One line: p-values and ranks, or why the engine refuses.
    """
    named = {"engine": engine, "shape": shape, "rows": rows, "seed": seed, "source": source()}
    named["asked"] = asked_of(named, count, budget)
    solver, model = engine_named(engine), SHAPES[shape](rows)
    if reason := solver.refuses(model):
        return {**named, "refuses": reason}
    if isinstance(solver, NUTS):
        count = min(count, SIDE_BY_SIDE)
    elif budget is not None and not isinstance(solver, Fleet):
        count = affordable(solver, simulate(model, bi.Streams(seed), 3), budget, count)
    approximate = engine in APPROXIMATE
    found = in_two_stages(Program(model, solver), count, seed, again=not approximate)
    return {**named, "approximate": approximate, **found}


def run_mutation(mutation: str, rows: int, seed: int) -> dict[str, Any]:
    """Calibrates a program with a planted bug, which must fail.

    Args:
        mutation: Its name.
        rows: How many rows the shape has.
        seed: Of truths, data and draws.

    Returns:
        One line, as of `run_cell`.
    """
    bug = mutation_named(mutation)
    model = SHAPES[bug.shape](rows)
    program = Program(model, engine_named(bug.engine), bug.model, bug.answer)
    with bug.planted():
        found = in_two_stages(program, bug.simulations, seed)
    del found["ranks"]
    named = {
        "mutation": mutation,
        "engine": bug.engine,
        "shape": bug.shape,
        "source": source(),
        "asked": asked_of({"mutation": mutation}, bug.simulations, None),
    }
    return {**named, "rows": rows, "seed": seed, **found}


def asked_of(job: dict[str, Any], count: int, budget: float | None) -> str:
    """How much a cell was asked to do: more of it is another line."""
    if "mutation" in job:
        return f"{mutation_named(job['mutation']).simulations} data sets"
    return f"{count} data sets in {'any time' if budget is None else f'{budget:g} s'}"


def source() -> str:
    """What the code is that a line comes from: a hash of the library and of what calibrates it."""
    here = Path(__file__).parent
    found = [*(here.parent / "bayesinf").rglob("*.py"), *(here / name for name in CALIBRATING)]
    digest = sha256()
    for file in sorted(found):
        digest.update(str(file.relative_to(here.parent)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def mutation_named(name: str) -> Mutation:
    """The planted bug of that name."""
    return next(bug for bug in mutations.ALL if bug.name == name)


def calibration_of(line: dict[str, Any]) -> Calibration:
    """The calibration that a cell's line was written from, without its effective draws."""
    ranks = np.array(line["ranks"])
    unknown = np.full(len(ranks), np.nan)
    p_values = p_values_of(ranks, line["draws"])
    names, clean = tuple(line["names"]), np.zeros(len(ranks), dtype=bool)
    return Calibration(line["engine"], names, ranks, line["draws"], p_values, unknown, clean)


def affordable(engine: Engine, tried: Simulations, budget: float, most: int) -> int:
    """How many data sets a budget of processor seconds serves, from a few that are tried.

    The first of them may compile, and does not count.
    """
    seconds = []
    for place in range(len(tried)):
        start = process_time()
        engine.solve(tried.model_of(place), bi.Streams(place), None)
        seconds.append(process_time() - start)
    each = max(float(np.mean(seconds[1:] or seconds)), 1e-6)
    return int(np.clip(budget / each, min(FEWEST, most), most))
