"""One engine on one model shape: simulated data sets, fitted, and the ranks of their truths."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

import bayesinf as bi
from bayesinf import engines
from bayesinf.criticism.calibration import Calibration, calibrate
from bayesinf.criticism.simulation import Simulations, simulate
from bayesinf.criticism.uniformity import uniformity
from benchmarks.shapes import ALL as SHAPES

REPLICATIONS = 400_000
"""Simulated uniform ranks behind a p-value: it can be as small as 2.5e-6, which a table of a
thousand tests needs to fail at all."""

APPROXIMATE = frozenset({"svi", "pathfinder"})
"""Engines that are approximate by their label: shown, and not expected to pass."""

DRAWS = 256
"""Draws of each fit: ranks are counted among 63 of them, so that dependence is thinned out."""

SETTINGS: dict[str, dict[str, Any]] = {
    "conjugate": {"draws": 64},
    "nuts": {"draws": 320, "warmup": 300, "max_tree_depth": 5},
}
"""Draws of independent engines need no thinning. NUTS runs one chain for each data set, all of them
side by side, so that all wait for the longest trajectory: shorter ones are as exact."""

FEWEST = 20
"""Data sets that are fitted whatever the budget."""


def engine_named(name: str) -> bi.Engine:
    """An engine with the settings that calibration uses."""
    return engines.named(name)(**SETTINGS.get(name, {"draws": DRAWS}))  # type: ignore[call-arg]


def names_of_engines() -> list[str]:
    """All engines but the one that only chooses."""
    return [kind.name for kind in engines.ALL if kind is not bi.Auto]


def run_cell(engine: str, shape: str, count: int, budget: float | None) -> dict[str, Any]:
    """Calibrates one engine on one shape.

    Args:
        engine: Its name.
        shape: Its name.
        count: Data sets.
        budget: Seconds; fewer data sets are fitted where they would take longer. None: all.

    Returns:
        One line: the ranks with the smallest p-value, or why the engine refuses.
    """
    solver = engine_named(engine)
    simulations = simulate(SHAPES[shape](), bi.Streams(1), count)
    if reason := solver.refuses(simulations.model):
        return {"engine": engine, "shape": shape, "refuses": reason}
    if budget is not None and not isinstance(solver, bi.NUTS):
        simulations = first_of(simulations, affordable(solver, simulations, budget))
    start = perf_counter()
    found = calibrate(solver, simulations, seed=2)
    seconds = perf_counter() - start
    p_values = uniformity(found.ranks, found.draws, REPLICATIONS)
    return {
        "engine": engine,
        "shape": shape,
        "simulations": len(found.ranks),
        "tests": len(found.names),
        "smallest_p": float(p_values.min()),
        "worst": found.names[int(p_values.argmin())],
        "seconds": round(seconds, 1),
        "approximate": engine in APPROXIMATE,
        "names": list(found.names),
        "draws": found.draws,
        "ranks": found.ranks.tolist(),
    }


def calibration_of(line: dict[str, Any]) -> Calibration:
    """The calibration that a line was written from, without its effective draws."""
    ranks = np.array(line["ranks"])
    p_values = uniformity(ranks, line["draws"])
    unknown = np.full(len(ranks), np.nan)
    return Calibration(
        line["engine"], tuple(line["names"]), ranks, line["draws"], p_values, unknown
    )


def affordable(engine: bi.Engine, simulations: Simulations, budget: float) -> int:
    """How many data sets a budget of seconds serves, from three that are tried.

    The first of them may compile, and does not count.
    """
    seconds = []
    for place in range(min(3, len(simulations))):
        start = perf_counter()
        engine.solve(simulations.model_of(place), bi.Streams(place), None)
        seconds.append(perf_counter() - start)
    each = max(float(np.mean(seconds[1:] or seconds)), 1e-6)
    return int(np.clip(budget / each, min(FEWEST, len(simulations)), len(simulations)))


def first_of(simulations: Simulations, count: int) -> Simulations:
    """The first data sets."""
    return replace(
        simulations,
        parameters=simulations.parameters.take(np.arange(count)[None]),
        responses=simulations.responses[:count],
        truths=simulations.truths[:count],
    )
