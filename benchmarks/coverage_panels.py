"""Bias, error, coverage and width of difference in differences on simulated panels.

    python -m benchmarks.coverage_panels [--simulations 400] [--units 30 60 150] [--json FILE]

Errors follow each other within units (an AR(1) process), which is where intervals that take rows
for independent are far too narrow; such an interval, of the two-way regression, stands beside.
`--json` writes cards for `python -m benchmarks.coverage --join FILE`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.page import table
from causal.answer import Computation
from causal.coverage import Card, as_json, card_of
from causal.staggered import CohortTime, Imputation, LearnedPooling, NoPooling
from causal.studies.difference_in_differences import DifferenceInDifferences

NOMINAL = 0.95

DRAWS = 1000
"""Draws of each estimate: the ends of a 95 % interval are then known to 0.05 sds."""


@dataclass(frozen=True)
class Setting:
    """How panels are made up.

    Attributes:
        units: How many units.
        treated: Share of them that become treated, in two cohorts of equal size.
        times: How many times; the cohorts start halfway and two times later.
        memory: Correlation of a unit's errors from one time to the next.
        growth: By how much the effect grows with each time since treatment.
        gap: By how much the effect of the later cohort falls short of the earlier one's.
        spread: Standard deviation of the effect between units.
    """

    units: int = 60
    treated: float = 0.5
    times: int = 8
    memory: float = 0.8
    growth: float = 0.2
    gap: float = 0.5
    spread: float = 0.3

    def describe(self) -> str:
        """Says what the panels are like."""
        each = round(self.units * self.treated / 2)
        return (
            f"simulated panels of {self.units} units ({each} in each of two cohorts), errors with "
            f"correlation {self.memory:g} from one time to the next"
        )


def simulate(setting: Setting, rng: np.random.Generator) -> tuple[dict[str, np.ndarray], float]:
    """Makes up one panel, and the effect that units of such cohorts have on average.

    Args:
        setting: How.
        rng: Decides the numbers.
    """
    count, times = setting.units, np.arange(1, setting.times + 1)
    each = round(count * setting.treated / 2)
    early = setting.times // 2 + 1
    first = np.repeat([early, early + 2, 0], [each, each, count - 2 * each])
    errors = rng.normal(size=(count, setting.times))
    for time in range(1, setting.times):
        fresh = np.sqrt(1 - setting.memory**2) * errors[:, time]
        errors[:, time] = setting.memory * errors[:, time - 1] + fresh
    since = times - first[:, None]
    treated = (first[:, None] > 0) & (since >= 0)
    mean = 1 + setting.growth * since - setting.gap * (first[:, None] == early + 2)
    own = setting.spread * rng.normal(size=(count, 1))
    level = rng.normal(size=(count, 1)) + 0.5 * (first[:, None] > 0) + 0.2 * times
    frame = {
        "y": (level + errors + treated * (mean + own)).ravel(),
        "unit": np.repeat(np.arange(count), setting.times),
        "time": np.tile(times, count),
        "since": np.repeat(first, setting.times),
    }
    return frame, float(mean[treated].mean())


STUDY = DifferenceInDifferences("y", "unit", "time", first_treated="since")

PROCEDURES = {
    "pooled": STUDY,
    "unpooled": replace(STUDY, pooling=NoPooling()),
    "imputation, pooled": replace(STUDY, method=Imputation(), pooling=LearnedPooling()),
    "imputation, unpooled": replace(STUDY, method=Imputation(), pooling=NoPooling()),
    "not yet treated as controls": replace(STUDY, method=CohortTime(), controls="not yet"),
}

NAIVE = "two-way regression, rows taken for independent"


def naive_interval(frame: dict[str, np.ndarray], units: int) -> tuple[float, float, float]:
    """The two-way regression with the usual standard error: estimate and both ends."""
    y = frame["y"].reshape(units, -1)
    treated = ((frame["since"] > 0) & (frame["time"] >= frame["since"])).reshape(units, -1)
    centred = [
        x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()
        for x in (y, treated.astype(float))
    ]
    total = float((centred[1] ** 2).sum())
    effect = float((centred[0] * centred[1]).sum()) / total
    left = centred[0] - effect * centred[1]
    freedom = y.size - units - y.shape[1]
    error = float(np.sqrt((left**2).sum() / freedom / total))
    return effect, effect - 1.96 * error, effect + 1.96 * error


def difference_in_differences(setting: Setting, simulations: int, seed: int = 1) -> list[Card]:
    """Measures every procedure on panels of one kind.

    Args:
        setting: How panels are made up.
        simulations: How many.
        seed: Decides them.

    Returns:
        One card for each, bias, error and width in sds of the outcome.
    """
    lines: dict[str, list[tuple[float, ...]]] = {name: [] for name in (*PROCEDURES, NAIVE)}
    for number in range(simulations):
        frame, truth = simulate(setting, np.random.default_rng([seed, number]))
        spread = float(frame["y"].std())
        for name, study in PROCEDURES.items():
            draws = study.answer(frame, Computation(draws=DRAWS, seed=number)).draws
            ends = np.quantile(draws, [0.5 - NOMINAL / 2, 0.5 + NOMINAL / 2])
            lines[name].append((float(draws.mean()), *ends, truth))
        lines[NAIVE].append((*naive_interval(frame, setting.units), truth))
        for found in lines.values():
            found[-1] = tuple(value / spread for value in found[-1])
    today = datetime.now(UTC).date().isoformat()
    names = {name: study.procedure for name, study in PROCEDURES.items()}
    names["not yet treated as controls"] += ", not yet treated as controls"
    return [
        card_of(names.get(name, name), setting.describe(), NOMINAL, *np.array(found).T, date=today)
        for name, found in lines.items()
    ]


def table_of(cards: Sequence[Card]) -> str:
    """The cards as a Markdown table."""
    head = ["procedure", "cases", "coverage", "±", "bias", "±", "RMSE", "width"]
    rows = [
        [
            card.procedure,
            f"{card.simulations:,}",
            f"{card.coverage:.3f}",
            f"{card.coverage_error:.3f}",
            f"{card.bias:.4f}",
            f"{card.bias_error:.4f}",
            f"{card.rmse:.4f}",
            f"{card.width:.4f}",
        ]
        for card in cards
    ]
    return table(head, rows)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    reader = argparse.ArgumentParser(
        prog="python -m benchmarks.coverage_panels", description=(__doc__ or "").splitlines()[0]
    )
    reader.add_argument("--simulations", type=int, default=400, help="panels (default 400)")
    reader.add_argument("--units", type=int, nargs="+", default=[30, 60, 150], help="sizes")
    reader.add_argument("--memory", type=float, default=0.8, help="of the errors (default 0.8)")
    reader.add_argument("--json", type=Path, help="write the cards to this file")
    return reader


def main(arguments: list[str] | None = None) -> int:
    """Measures panels of each size."""
    given = parser().parse_args(arguments)
    cards: list[Card] = []
    for units in given.units:
        setting = Setting(units=units, memory=given.memory)
        found = difference_in_differences(setting, given.simulations)
        print(f"{setting.describe()}\n\n{table_of(found)}\n", flush=True)
        cards += [card for card in found if card.procedure != NAIVE]
    if given.json is not None:
        given.json.write_text(as_json(tuple(cards)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
