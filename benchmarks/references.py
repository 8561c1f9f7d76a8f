"""Reference posteriors: made once with care, kept beside, and compared with every measurement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import bayesinf as bi
from bayesinf import engines
from bayesinf.posterior.provenance import installed_versions
from bayesinf.posterior.summary import scalar_draws
from benchmarks.exact import METHODS
from benchmarks.measure import fit_workload, judge
from benchmarks.workloads import HERE, Workload, digest

FOLDER = HERE / "references"

ERRORS = 4.0
"""Monte Carlo errors, of both sides together, that moments may differ by."""


@dataclass(frozen=True)
class Comparison:
    """Whether a measurement's moments are those of the reference.

    Attributes:
        workload: Its name.
        outcome: `"pass"`, `"fail"` or `"unknown"`.
        sentence: What was compared, or why nothing was.
        worst: The largest difference of a mean or sd, in Monte Carlo errors.
    """

    workload: str
    outcome: str
    sentence: str
    worst: float = float("nan")

    def line(self) -> dict[str, Any]:
        """One JSON line."""
        found = {"workload": self.workload, "check": self.outcome, "sentence": self.sentence}
        return found if np.isnan(self.worst) else {**found, "worst": round(self.worst, 2)}


def path_of(workload: str, folder: Path = FOLDER) -> Path:
    """Where the reference of a workload is kept."""
    return folder / f"{workload}.json"


def make_reference(workload: Workload, data: Path) -> dict[str, Any]:
    """Computes a reference posterior by the method that the workload names."""
    method = workload.reference["method"]
    if method in METHODS:
        start = perf_counter()
        frame = workload.frame(data)
        model = bi.model(workload.formula, frame, workload.family)
        moments, verdict = METHODS[method](model), "Computed without sampling."
        seconds, rows = perf_counter() - start, digest(frame)
        certificate: dict[str, Any] = {}
    else:
        settings = workload.reference.get("settings", {})
        engine = engines.named(method)(draws=workload.reference["draws"], **settings)
        fit, seconds, rows = fit_workload(workload, data, engine)
        model, verdict = fit.model, str(fit.verdict)
        judged = judge(*scalar_draws(model, fit.posterior.values))
        moments = {
            name: [*judged["summary"][name], *judged["errors"][name]] for name in judged["summary"]
        }
        certificate = {
            "draws": fit.posterior.values.count,
            "min_ess": judged["min_ess"],
            "max_rhat": judged["max_rhat"],
        }
    return {
        "workload": workload.name,
        "method": method,
        "formula": workload.formula,
        "family": workload.family,
        "priors": {name: prior.describe() for name, prior in model.priors.items()},
        "digest": rows,
        **certificate,
        "verdict": verdict,
        "seconds": round(seconds, 1),
        "date": date.today().isoformat(),
        "versions": installed_versions(),
        "moments": moments,
    }


def keep_reference(found: dict[str, Any], folder: Path = FOLDER) -> Path:
    """Writes a reference beside the others."""
    folder.mkdir(exist_ok=True)
    place = path_of(found["workload"], folder)
    place.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return place


def compare(line: dict[str, Any], folder: Path = FOLDER) -> Comparison:
    """Compares the moments of a measurement with the kept reference."""
    name, place = line["workload"], path_of(line["workload"], folder)
    if not place.is_file():
        return Comparison(
            name,
            "unknown",
            f"{name} has no reference; `python -m benchmarks.ladder --reference {name}` makes it.",
        )
    kept = json.loads(place.read_text(encoding="utf-8"))
    for what in ("digest", "priors"):
        if kept[what] != line[what]:
            other = "rows" if what == "digest" else "priors"
            return Comparison(
                name,
                "unknown",
                f"{name}: the reference was made with other {other}; make it again.",
            )
    return _compare_moments(name, line, kept)


def _compare_moments(name: str, line: dict[str, Any], kept: dict[str, Any]) -> Comparison:
    if set(kept["moments"]) != set(line["summary"]):
        return Comparison(name, "fail", f"{name}: the reference has other parameters.")
    distances = {}
    for parameter, (mean, sd, mean_error, sd_error) in kept["moments"].items():
        own, own_error = line["summary"][parameter], line["errors"][parameter]
        distances[f"mean of {parameter}"] = abs(own[0] - mean) / np.hypot(own_error[0], mean_error)
        distances[f"sd of {parameter}"] = abs(own[1] - sd) / np.hypot(own_error[1], sd_error)
    worst = max(distances, key=lambda key: distances[key])
    passes = distances[worst] <= ERRORS
    return Comparison(
        name,
        "pass" if passes else "fail",
        f"{name}: {'all' if passes else 'not all'} of {len(distances)} means and sds lie within "
        f"{ERRORS:g} Monte Carlo errors of the reference ({kept['method']}, {kept['date']}); the "
        f"{worst} is {distances[worst]:.1f} away.",
        float(distances[worst]),
    )
