"""Error, coverage and width of estimators that adjust for what was measured, where truth is known.

    python -m benchmarks.coverage_observational --data ihdp|acic|simulated [--first N]
        [--only 0 5 9] [--estimator smooth_forest] [--folder ../shared/data/causal]
        [--lines lines.jsonl] [--json FILE]

`ihdp`: 100 realisations of Hill's (2011) nonlinear surface; effects of rows and their average.
`acic`: 20 settings of the 2016 challenge twice; the realised effect on the treated, in standard
deviations of the outcome, as the published fits were scored. `simulated`: surfaces of our own.
Each data set's line is appended to `--lines` as soon as it is there, and a line that is there is
not computed again, so a long run may be cut off, and two processes may take halves by `--only`.
`--json` writes cards for `python -m benchmarks.coverage --join FILE`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.page import table
from causal.answer import Computation
from causal.comparison import Comparison
from causal.coverage import Card, as_json, card_of
from causal.estimand import ATE, ATT, Estimand
from causal.estimator import Estimator
from causal.estimators.bart import BART
from causal.estimators.bcf import BCF
from causal.estimators.smooth_forest import SmoothForest
from causal.formula import Adjuster

FOLDER = Path("../shared/data/causal")

NOMINAL = 0.95

DRAWS = 1000
"""Draws of each posterior: the ends of a 95 % interval are then known to 0.05 sds."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """Rows of two arms whose effects are known.

    Attributes:
        name: What it is called.
        columns: Covariates, the treatment "z" and the outcome "y".
        estimand: What is asked.
        realised: Whether the truth is about realised outcomes rather than expected ones.
        truth: The true average.
        effects: (row,) true expected effects.
        unit: What errors of the average are divided by.
    """

    name: str
    columns: dict[str, np.ndarray]
    estimand: Estimand
    realised: bool
    truth: float
    effects: np.ndarray
    unit: float

    def comparison(self) -> Comparison:
        """The question that is asked of it."""
        adjusters = tuple(
            Adjuster(name, (name,)) for name in self.columns if name not in {"z", "y"}
        )
        return Comparison(self.columns, "y", "z", self.estimand, adjusters, "y ~ z")


@dataclass(frozen=True)
class Line:
    """How an estimator did on one data set.

    Attributes:
        name: Of the data set.
        estimate: Estimate less truth of the average, in the data set's unit.
        lower: Lower end of the 95 % interval less truth.
        upper: Upper end less truth.
        pehe: Root mean square error of the rows' effects (root PEHE), in the data set's unit.
        row_coverage: Share of rows whose interval held their effect.
        row_width: Mean width of the rows' intervals.
        seconds: Processor seconds.
    """

    name: str
    estimate: float
    lower: float
    upper: float
    pehe: float
    row_coverage: float
    row_width: float
    seconds: float


def read_ihdp(folder: Path) -> Iterator[DataSet]:
    """Reads the realisations of the Infant Health and Development Program."""
    arrays = np.load(folder / "ihdp_npci_A_100.npz")
    covariates = {f"x{j + 1}": column for j, column in enumerate(arrays["x"].T)}
    for k, outcome in enumerate(arrays["yf"]):
        effects = arrays["mu1"][k] - arrays["mu0"][k]
        columns = {**covariates, "z": arrays["t"].astype(int), "y": outcome.astype(float)}
        yield DataSet(f"ihdp {k}", columns, ATE(), False, float(effects.mean()), effects, 1.0)


def read_acic(folder: Path) -> Iterator[DataSet]:
    """Reads the data sets of the Atlantic Causal Inference Conference's challenge of 2016."""
    arrays = np.load(folder / "acic2016_20x2.npz")
    with (folder / "acic2016_truth_20x4.csv").open(encoding="utf-8") as lines:
        truths = {(int(line["setting"]), int(line["rep"])): line for line in csv.DictReader(lines)}
    with (folder / "acic2016_x.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    covariates = {name: as_column([row[name] for row in rows]) for name in rows[0]}
    for k, setting in enumerate(arrays["setting"].tolist()):
        repeat = int(arrays["rep"][k])
        truth = truths[setting, repeat]
        columns = {**covariates, "z": arrays["z"][k].astype(int), "y": arrays["y"][k].astype(float)}
        effects = (arrays["mu1"][k] - arrays["mu0"][k]).astype(float)
        name, unit = f"acic {setting} {repeat}", float(truth["sdy"])
        yield DataSet(name, columns, ATT(), True, float(truth["satt"]), effects, unit)


def as_column(values: list[str]) -> np.ndarray:
    """Reads numbers as numbers and anything else as text."""
    try:
        return np.array(values, dtype=np.float64)
    except ValueError:
        return np.array(values, dtype=object)


type Surface = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From (row, covariate) numbers to (row,) expected outcomes without treatment and effects."""

SURFACES: dict[str, Surface] = {
    "lines": lambda x: (x[:, 0] + x[:, 1] - x[:, 5], 1 + 0.5 * x[:, 0]),
    "one effect": lambda x: (np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2], np.ones(len(x))),
    "steps": lambda x: (
        2.0 * (x[:, 0] > 0) - 1.5 * (x[:, 1] > 0.5) * x[:, 5],
        0.5 + 1.0 * (x[:, 2] > -0.3),
    ),
    "bent": lambda x: (np.exp(0.5 * (x[:, 0] + x[:, 1])), 1 + x[:, 0] ** 2 / 2 - x[:, 1]),
    "nothing": lambda x: (np.zeros(len(x)), np.zeros(len(x))),
    "targeted": lambda x: (3 / (1 + np.exp(-2 * (x[:, 0] + x[:, 1]))), 0.5 + 0.0 * x[:, 0]),
}
"""What the outcome follows; covariates from the sixth on are 0 and 1."""


def simulate(repeats: int = 50, rows: int = 500, covariates: int = 10) -> Iterator[DataSet]:
    """Makes up confounded data for each surface: those expected to have more are treated more."""
    for k in range(repeats):
        for position, (called, surface) in enumerate(SURFACES.items()):
            rng = np.random.default_rng([k, position])
            x = rng.normal(size=(rows, covariates))
            x[:, 5:] = x[:, 5:] > 0
            control, effects = surface(x)
            chance = 1 / (1 + np.exp(-0.8 * (x[:, 0] + x[:, 1] - x[:, 5])))
            z = (rng.random(rows) < chance).astype(int)
            y = control + z * effects + rng.normal(size=rows)
            columns = {**{f"x{j + 1}": x[:, j] for j in range(covariates)}, "z": z, "y": y}
            truth, unit = float(effects.mean()), float(y.std())
            yield DataSet(f"{called} {k}", columns, ATE(), False, truth, effects, unit)


SOURCES: dict[str, Callable[[Path], Iterator[DataSet]]] = {
    "ihdp": read_ihdp,
    "acic": read_acic,
    "simulated": lambda _: simulate(),
}

LABELS = {
    "ihdp": "100 IHDP realisations",
    "acic": "40 ACIC 2016 data sets",
    "simulated": "six simulated surfaces",
}


def estimators(realised: bool) -> dict[str, Estimator]:
    """The estimators that give effects of rows."""
    forest = SmoothForest("realised" if realised else "expected")
    return {each.name: each for each in (forest, BART(), BCF())}


def score(data: DataSet, estimator: Estimator, seed: int) -> Line:
    """Fits an estimator to a data set and compares it to the truth."""
    began = time.process_time()
    answer = estimator.answer(data.comparison(), Computation(draws=DRAWS, seed=seed))
    seconds = time.process_time() - began
    draws = (answer.draws.ravel() - data.truth) / data.unit
    lower, upper = np.quantile(draws, [(1 - NOMINAL) / 2, (1 + NOMINAL) / 2])
    rows = answer.effects["row"].draws.reshape(len(draws), -1)
    ends = np.quantile(rows, [(1 - NOMINAL) / 2, (1 + NOMINAL) / 2], axis=0)
    held = (ends[0] <= data.effects) & (data.effects <= ends[1])
    error = np.sqrt(np.mean((rows.mean(axis=0) - data.effects) ** 2)) / data.unit
    return Line(
        data.name,
        float(draws.mean()),
        float(lower),
        float(upper),
        float(error),
        float(held.mean()),
        float(np.mean(ends[1] - ends[0]) / data.unit),
        seconds,
    )


def read_lines(path: Path | None) -> dict[str, Line]:
    """Reads what was computed before."""
    if path is None or not path.exists():
        return {}
    found = [Line(**json.loads(text)) for text in path.read_text(encoding="utf-8").splitlines()]
    return {line.name: line for line in found}


def run(
    data: Iterable[DataSet], name: str, path: Path | None, only: Sequence[int], first: int | None
) -> list[Line]:
    """Scores data sets one by one, keeping what was scored before."""
    known, found = read_lines(path), []
    for position, each in enumerate(data):
        if first is not None and position >= first:
            break
        if only and position not in only:
            continue
        line = known.get(each.name)
        if line is None:
            line = score(each, estimators(each.realised)[name], seed=position)
            if path is not None:
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(line)) + "\n")
        found.append(line)
    return found


def summary(lines: list[Line]) -> str:
    """A table of averages over data sets, each with its Monte Carlo error."""
    errors = np.array([line.estimate for line in lines])
    held = np.array([line.lower <= 0 <= line.upper for line in lines], dtype=float)
    widths = np.array([line.upper - line.lower for line in lines])
    rows = [
        ("bias", *mean_and_error(errors)),
        ("RMSE", *root_and_error(errors)),
        ("coverage", *mean_and_error(held)),
        ("width", *mean_and_error(widths)),
        ("root PEHE", *mean_and_error(np.array([line.pehe for line in lines]))),
        ("median root PEHE", float(np.median([line.pehe for line in lines])), float("nan")),
        ("row coverage", *mean_and_error(np.array([line.row_coverage for line in lines]))),
        ("row width", *mean_and_error(np.array([line.row_width for line in lines]))),
        ("processor seconds", *mean_and_error(np.array([line.seconds for line in lines]))),
    ]
    told = [[called, f"{value:.4f}", f"{error:.4f}"] for called, value, error in rows]
    return table([f"{len(lines)} data sets", "mean", "Monte Carlo error"], told)


def mean_and_error(values: np.ndarray) -> tuple[float, float]:
    """The mean, and its Monte Carlo error."""
    return float(values.mean()), float(values.std() / np.sqrt(len(values)))


def root_and_error(errors: np.ndarray) -> tuple[float, float]:
    """The root mean square, and its Monte Carlo error by the delta method."""
    root = float(np.sqrt(np.mean(errors**2)))
    return root, float(np.std(errors**2) / np.sqrt(len(errors)) / (2 * root))


def card(lines: list[Line], name: str, data: str) -> Card:
    """The coverage card of the average effect."""
    estimates, lower, upper = (
        np.array([getattr(line, entry) for line in lines])
        for entry in ("estimate", "lower", "upper")
    )
    date = datetime.now(UTC).date().isoformat()
    procedure = f"adjustment by {name}"
    zero = np.zeros(len(lines))
    return card_of(procedure, LABELS[data], NOMINAL, estimates, lower, upper, zero, date)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", choices=sorted(SOURCES), default="simulated")
    parser.add_argument("--estimator", choices=sorted(estimators(False)), default="smooth_forest")
    parser.add_argument("--first", type=int)
    parser.add_argument("--only", type=int, nargs="*", default=[])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    lines = run(
        SOURCES[given.data](given.folder), given.estimator, given.lines, given.only, given.first
    )
    print(summary(lines))
    if given.json is not None:
        text = as_json((card(lines, given.estimator, given.data),))
        given.json.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
