"""posteriordb's reference posteriors, each fitted by the engine that Auto chooses.

    python -m benchmarks.posteriordb [--only NAME ...] [--data PATH] [--draws N] [--engine NAME]
                                     [--seed N] [--json FILE]

A posterior is matched when each mean lies within 0.05 reference standard deviations, plus four
Monte Carlo errors of both sides together, of the reference, each standard deviation within 5 %, and
the verdict on the fit does not warn against reading it.

The columns: unknowns compared; engine, with `+` where it handed over to its fallback; seconds of
the fit; the largest distance of a mean beyond its Monte Carlo errors, in reference sds; the ratio
of sds farthest from one; the smallest effective number of draws; whether the verdict was good.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import bayesinf as bi
from benchmarks.posteriordb_models import MODELS, REASONS

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ROOT.parent / "shared" / "data" / "posteriordb"

DRAWS = 16_000
"""So that the Monte Carlo error of a standard deviation is well below the 5 % that it may differ:
with half of them effective, it is 0.8 %."""

EFFECTIVE, MOST = 4000, 8
"""Where fewer draws are effective, the fit is made again with as many more as it takes, up to eight
times: with 4,000 the error of a standard deviation is 1.1 %, or 1.5 % where tails are heavier."""

MEAN_LIMIT, ERRORS, SD_LIMIT = 0.05, 4.0, 0.05

Line = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Reference:
    """Moments of a reference posterior.

    Attributes:
        names: Of the unknowns.
        mean: Their means.
        sd: Their standard deviations.
        error: Monte Carlo errors of the means.
    """

    names: list[str]
    mean: np.ndarray
    sd: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Database:
    """A folder in posteriordb's layout.

    Attributes:
        folder: The one that holds `posterior_database`.
    """

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "posterior_database"

    def posteriors(self) -> list[str]:
        """Names of the posteriors that have a reference."""
        found = (json.loads(path.read_text()) for path in sorted(self._posteriors()))
        return [one["name"] for one in found if one.get("reference_posterior_name")]

    def data(self, name: str) -> dict[str, Any]:
        """The data of a posterior, arrays as NumPy arrays."""
        path = self.root / "data" / "data" / f"{self._facts(name)['data_name']}.json.zip"
        return {
            key: np.asarray(value) if isinstance(value, list) else value
            for key, value in _unzip(path).items()
        }

    def reference(self, name: str) -> Reference:
        """The moments of a posterior: those of its draws, else those that are given as such."""
        kept = self.root / "reference_posteriors"
        other = self._facts(name)["reference_posterior_name"]
        draws = kept / "draws" / "draws" / f"{other}.json.zip"
        if draws.is_file():
            return _moments(_unzip(draws))
        place = kept / "summary_statistics"
        means, squares = (
            json.loads((place / kind / kind / f"{other}.json").read_text())
            for kind in ("mean_value", "mean_squared_value")
        )
        mean = np.array(means["mean_value"])
        variance = np.array(squares["mean_squared_value"]) - mean**2
        error = np.array(means["mcse_mean"])
        return Reference(means["names"], mean, np.sqrt(variance), error)

    def _posteriors(self) -> Iterator[Path]:
        return (self.root / "posteriors").glob("*.json")

    def _facts(self, name: str) -> dict[str, Any]:
        return json.loads((self.root / "posteriors" / f"{name}.json").read_text())


def _unzip(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        name = next(one for one in archive.namelist() if not one.startswith("__"))
        return json.loads(archive.read(name))


def _moments(chains: list[dict[str, list[float]]]) -> Reference:
    names = list(chains[0])
    draws = np.stack([np.column_stack([chain[name] for name in names]) for chain in chains])
    table = bi.summary_frame(names, draws)
    return Reference(names, *(table[column].to_numpy() for column in ("mean", "sd", "mcse")))


def _fitted(
    name: str, database: Database, reference: Reference, draws: int, **settings: Any
) -> tuple[bi.Fit, Any, float]:
    """The fit, the lines of its summary in the reference's order, and its seconds."""
    model, data = MODELS[name], database.data(name)
    began = time.perf_counter()
    fit = model.fit(data, draws=draws, **settings)
    seconds = time.perf_counter() - began
    names = model.names(reference.names, fit)
    return fit, fit.summary().loc[[names[theirs] for theirs in reference.names]], seconds


def _smallest(table: Any) -> int:
    return int(table[["ess_bulk", "ess_tail"]].to_numpy().min())


def compare(name: str, database: Database, draws: int = DRAWS, **settings: Any) -> Line:
    """Fits one posterior and compares it with its reference."""
    reference = database.reference(name)
    fit, table, seconds = _fitted(name, database, reference, draws, **settings)
    smallest = _smallest(table)
    if smallest < EFFECTIVE:
        more = min(MOST, int(np.ceil(1.2 * EFFECTIVE / smallest)))
        fit, table, seconds = _fitted(name, database, reference, more * draws, **settings)
    gap = np.abs(table["mean"].to_numpy() - reference.mean)
    error = np.hypot(table["mcse"].to_numpy(), reference.error)
    beyond = (gap - ERRORS * error) / reference.sd
    ratio = table["sd"].to_numpy() / reference.sd
    worst = float(ratio[np.argmax(np.abs(ratio - 1))])
    codes = {finding.code for finding in fit.verdict.findings}
    return {
        "posterior": name,
        "d": len(reference.names),
        "engine": fit.posterior.provenance.engine + "+" * ("fallback" in codes),
        "seconds": round(seconds, 2),
        "mean_beyond_errors": round(float(beyond.max()), 4),
        "sd_ratio": round(worst, 4),
        "min_ess": _smallest(table),
        "verdict": fit.verdict.ok,
        "matched": bool(beyond.max() <= MEAN_LIMIT and abs(worst - 1) <= SD_LIMIT)
        and fit.verdict.ok,
        "headline": fit.verdict.headline,
    }


HEAD = f"{'posterior':<44}{'d':>3}  {'engine':<11}{'seconds':>8}{'mean':>8}{'sd':>7}{'ess':>7}"


def shown(line: Line) -> str:
    """One line of the table."""
    start = f"{line['posterior']:<44}"
    if "error" in line:
        return f"{start} no  {line['error']}"
    return (
        f"{start}{line['d']:>3}  {line['engine']:<11}{line['seconds']:>8.2f}"
        f"{line['mean_beyond_errors']:>8.3f}{line['sd_ratio']:>7.3f}{line['min_ess']:>7}  "
        f"{'good' if line['verdict'] else 'bad':<9}{'yes' if line['matched'] else 'no'}"
    )


def run(given: argparse.Namespace) -> Iterator[Line]:
    """The lines, one posterior after another."""
    database = Database(given.data)
    known = database.posteriors()
    asked = [name for name in known if not given.only or any(part in name for part in given.only)]
    for name in asked:
        if name not in MODELS:
            yield {"posterior": name, "matched": False, "error": "no model is written for it"}
            continue
        try:
            yield compare(name, database, engine=given.engine, draws=given.draws, seed=given.seed)
        except bi.BayesinfError as error:
            yield {"posterior": name, "matched": False, "error": str(error)}


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.posteriordb")
    made.add_argument("--only", action="append", metavar="NAME", help="or a part of it; repeatable")
    made.add_argument("--data", type=Path, default=BESIDE, help="a folder in posteriordb's layout")
    made.add_argument("--draws", type=int, default=DRAWS)
    made.add_argument("--engine", default="auto")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--json", type=Path, help="write the lines to this file, too")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 when a posterior was not matched, 2 where there are none."""
    given = parser().parse_args(arguments)
    if not (given.data / "posterior_database").is_dir():
        print(f"There is no posteriordb in {given.data}: give its folder by --data.")
        return 2
    bi.options.progress = False
    lines: list[Line] = []
    print(f"{HEAD}  {'verdict':<9}matched")
    for line in run(given):
        lines.append(line)
        print(shown(line), flush=True)
    for line in lines:
        if not line["matched"] and line["posterior"] in REASONS:
            print(f"{line['posterior']}: {REASONS[line['posterior']]}")
    matched = sum(line["matched"] for line in lines)
    print(f"{matched} of {len(lines)} reference posteriors are matched.")
    if given.json is not None:
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        given.json.write_text(text, encoding="utf-8")
    return int(matched < len(lines))


if __name__ == "__main__":
    sys.exit(main())
