"""One measurement of bayesinf on one workload, in this process: what `--one` runs.

The clock runs from `bi.fit` to the last draw: reading the formula, building the design, compiling
and sampling count. Imports do not, as they do not for the peers: what bayesinf loads late, its
peers load with their own names. `python -m benchmarks.first_fit` counts them. ArviZ judges the
draws, so that the figures do not rest on our own diagnostics; ours stand beside.
"""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import bayesinf as bi
from bayesinf.posterior.summary import scalar_draws
from benchmarks.workloads import Workload, digest

LOADED_LATE = ("formulaic", "scipy.linalg", "scipy.optimize", "scipy.sparse.linalg")
"""Libraries that bayesinf imports on its first fit."""


def fit_workload(
    workload: Workload, folder: Path, engine: str | bi.Engine = "auto"
) -> tuple[bi.Fit, float, str]:
    """Fits a workload: the fit, the seconds from call to last draw, and the rows' digest."""
    frame = workload.frame(folder)
    for name in LOADED_LATE:
        import_module(name)
    start = time.perf_counter()
    fit = bi.fit(workload.formula, frame, family=workload.family, engine=engine, seed=1)
    seconds = time.perf_counter() - start
    return fit, seconds, digest(frame)


def measure(workload: Workload, folder: Path, cache: str, engine: str = "auto") -> dict[str, Any]:
    """Times one fit and lets ArviZ judge its draws.

    Returns:
        Plain values: `seconds`, `min_ess` (bulk), `min_ess_tail`, `max_rhat`, `seconds_per_1000`
        (never less than the seconds of the run), `summary` with mean and sd of every population
        and scale parameter, and `errors` with the Monte Carlo errors of both.
    """
    fit, seconds, rows = fit_workload(workload, folder, engine)
    names, draws = scalar_draws(fit.model, fit.posterior.values)
    judged = judge(names, draws)
    own = fit.summary()
    least = judged["min_ess"]
    return {
        "workload": workload.name,
        "peer": "bayesinf",
        "cache": cache,
        "engine": fit.posterior.provenance.engine,
        "seconds": round(seconds, 3),
        "seconds_per_1000": round(seconds * max(1.0, 1000.0 / least), 3),
        **judged,
        "min_ess_own": round(float(own["ess_bulk"].min())),
        "draws": fit.posterior.values.count,
        "certified": fit.verdict.ok,
        "verdict": fit.verdict.headline,
        "rows": fit.posterior.provenance.rows,
        "digest": rows,
        "priors": {name: prior.describe() for name, prior in fit.priors.items()},
        "versions": fit.posterior.provenance.versions,
    }


def judge(names: list[str], draws: np.ndarray) -> dict[str, Any]:
    """Effective draws, R-hat, moments and their errors of named quantities, by ArviZ.

    Args:
        names: One per quantity.
        draws: Shape (chain, draw, quantity).
    """
    from arviz_stats.base import array_stats

    columns = [draws[..., k] for k in range(draws.shape[-1])]
    bulk = [float(array_stats.ess(column, method="bulk")) for column in columns]
    tail = [float(array_stats.ess(column, method="tail", prob=(0.05, 0.95))) for column in columns]
    r_hats = [float(array_stats.rhat(column)) for column in columns]
    errors = {
        name: [
            float(array_stats.mcse(column, method="mean")),
            float(array_stats.mcse(column, method="sd")),
        ]
        for name, column in zip(names, columns, strict=True)
    }
    return {
        "min_ess": round(min(bulk)),
        "min_ess_tail": round(min(tail)),
        "max_rhat": round(max(r_hats), 4),
        "summary": {
            name: [float(column.mean()), float(column.std(ddof=1))]
            for name, column in zip(names, columns, strict=True)
        },
        "errors": errors,
    }
