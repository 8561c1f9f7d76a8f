"""Bias, error, coverage and width of synthetic control and interrupted series, measured.

    python -m benchmarks.coverage_series [--simulations 400] [--panels FOLDER] [--json FILE]

Simulated panels have two common influences; the treated unit is drawn at random, or is one that
loads most on a growing one, as units do that are treated because of how they develop. Placebo
panels are real: a unit that was not treated is called treated, so the truth is zero. `--panels` is
the folder of `california_prop99.csv`, `penn_world_panel.csv` and `cps_state_panel.csv`; each is
left out where it is not there. `--json` writes cards for `python -m benchmarks.coverage --join`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

import bayesinf as bi
from benchmarks.coverage import table_of
from causal.answer import Computation
from causal.coverage import Card, as_json, card_of
from causal.series.structural import LocalLevel, LocalTrend, Trend
from causal.studies.interrupted_series import InterruptedSeries
from causal.studies.synthetic_control import SyntheticControl
from causal.study import Example, Study
from causal.synthetic.donors import DiD, Method, Simplex, SyntheticDiD

NOMINAL = 0.95

DRAWS = 2000
"""Draws of each estimate: the ends of a 95 % interval are then known to 0.03 sds."""

METHODS: tuple[Method, ...] = (SyntheticDiD(), Simplex(), DiD())

Maker = Callable[[np.random.Generator], Example]


def factor_panel(rng: np.random.Generator, method: Method, chosen: bool) -> Example:
    """A panel of 30 units and 40 times with autocorrelated errors; the last 10 are treated.

    Args:
        rng: Decides the panel.
        method: How donors are weighed.
        chosen: Whether the treated unit is the one that loads most on the growing influence.
    """
    units, times, begins, effect = 30, 40, 30, 2.0
    influences = np.stack([0.1 * np.arange(times), rng.normal(size=times).cumsum()])
    loadings = rng.uniform(0, 2, (units, 2))
    errors = 0.5 * autocorrelated(rng, (units, times), 0.5)
    outcome = rng.normal(size=(units, 1)) + loadings @ influences + errors
    own = int(loadings[:, 0].argmax()) if chosen else 0
    outcome[own, begins:] += effect
    frame = {
        "y": outcome.ravel(),
        "unit": np.repeat(np.arange(units), times),
        "time": np.tile(np.arange(times), units),
    }
    return Example(SyntheticControl("y", "unit", "time", own, begins, method), frame, effect)


def autocorrelated(rng: np.random.Generator, shape: tuple[int, int], memory: float) -> np.ndarray:
    """(unit, time) errors of variance one that follow each other."""
    shocks = rng.normal(size=shape)
    for time in range(1, shape[1]):
        fresh = np.sqrt(1 - memory**2) * shocks[:, time]
        shocks[:, time] = memory * shocks[:, time - 1] + fresh
    return shocks


def series(rng: np.random.Generator, level: float, memory: float, controls: int) -> Example:
    """A series of 100 times, of which the last 30 follow the intervention.

    Args:
        rng: Decides the series.
        level: Sd of the level's shocks, the noise having sd 1.
        memory: Correlation of the noise from one time to the next; the model takes it for none.
        controls: How many controls; they move as random walks, and half of them do nothing.
    """
    times, begins, effect = 100, 70, 2.0
    noise = autocorrelated(rng, (1, times), memory)[0]
    walks = 0.3 * rng.normal(size=(times, controls)).cumsum(axis=0)
    matter = np.arange(controls) < (controls + 1) // 2
    y = 10 + level * rng.normal(size=times).cumsum() + walks @ matter + noise
    y[begins:] += effect
    names = tuple(f"x{place}" for place in range(controls))
    frame = {"y": y, "time": np.arange(times)} | dict(zip(names, walks.T, strict=True))
    return Example(InterruptedSeries("y", "time", begins, names), frame, effect)


SERIES: dict[str, tuple[float, float, int]] = {
    "simulated series with a steady level and one control": (0.0, 0.0, 1),
    "simulated series with a wandering level and one control": (0.2, 0.0, 1),
    "simulated series with a wandering level and ten controls, half of them idle": (0.2, 0.0, 10),
    "simulated series with noise of correlation 0.5, which the model does not know": (0.0, 0.5, 1),
}
"""Sd of the level's shocks, memory of the noise and number of controls, by what to call them."""


def simulated() -> Iterator[tuple[str, Maker]]:
    """What to call simulated data, and how they are made."""
    for method in METHODS:
        for chosen in (False, True):
            told = "by how it grows" if chosen else "at random"
            yield (
                f"simulated panels of 30 units, one treated, chosen {told}",
                lambda rng, method=method, chosen=chosen: factor_panel(rng, method, chosen),
            )
    for name, setting in SERIES.items():
        yield name, lambda rng, setting=setting: series(rng, *setting)


PANELS = {
    "california_prop99.csv": ("PacksPerCapita", "State", "Year", "cigarette sales (38 states)"),
    "penn_world_panel.csv": ("log_gdp", "country", "year", "log GDP (Penn World Table)"),
    "cps_state_panel.csv": ("log_wage", "state", "year", "log wages (CPS, states)"),
}
"""Outcome, unit and time of the placebo panels, and what to call them."""


def placebo_examples(folder: Path, method: Method | Trend) -> Iterator[tuple[str, list[Example]]]:
    """Untreated units of real panels, each called treated in the last third of the times.

    Args:
        folder: Where the panels lie; those that are not there are left out.
        method: How donors are weighed; a trend forecasts each unit by itself instead.
    """
    for file, (outcome, unit, time, told) in PANELS.items():
        if not (folder / file).exists():
            continue
        frame = pd.read_csv(folder / file)[[outcome, unit, time]].dropna()
        frame = frame[frame[unit] != "California"] if "prop99" in file else frame
        times = np.sort(frame[time].unique())
        begins = times[-(len(times) // 3)].item()
        made = []
        for label in sorted(frame[unit].unique()):
            if isinstance(method, Method):
                study: Study = SyntheticControl(outcome, unit, time, label, begins, method)
                made.append(Example(study, as_columns(frame), 0.0))
            else:
                own = frame[frame[unit] == label]
                study = InterruptedSeries(outcome, time, begins, trend=method)
                made.append(Example(study, as_columns(own), 0.0))
        yield f"placebo panel of {told}", made


def as_columns(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """A frame as a dict of arrays."""
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def score(data: str, examples: Iterator[Example]) -> Card:
    """Runs a study on many data sets, and scores its intervals in sds of the outcome."""
    rows, procedure = [], ""
    for seed, made in enumerate(examples):
        procedure = made.study.procedure
        answer = made.study.answer(made.frame, Computation(draws=DRAWS, seed=seed))
        line = bi.summary_frame(["effect"], answer.draws[..., None], NOMINAL).iloc[0]
        spread = float(np.std(np.asarray(made.frame[made.study.outcome], float)))
        ends = (line["mean"], line["lower"], line["upper"], made.effect)
        rows.append([value / spread for value in ends])
    today = datetime.now(UTC).date().isoformat()
    return card_of(procedure, data, NOMINAL, *np.array(rows).T, date=today)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    reader = argparse.ArgumentParser(
        prog="python -m benchmarks.coverage_series", description=(__doc__ or "").splitlines()[0]
    )
    reader.add_argument("--simulations", type=int, default=400, help="data sets of each kind")
    reader.add_argument("--panels", type=Path, help="the folder of the placebo panels")
    reader.add_argument("--json", type=Path, help="write cards into this file")
    return reader


def main(arguments: list[str] | None = None) -> int:
    """Measures everything."""
    given = parser().parse_args(arguments)
    cards: list[Card] = []
    for data, make in simulated():
        makes = (make(np.random.default_rng([11, seed])) for seed in range(given.simulations))
        cards.append(score(data, makes))
        print(cards[-1].sentence(), flush=True)
    if given.panels:
        for method in (*METHODS, LocalLevel(), LocalTrend()):
            for data, examples in placebo_examples(given.panels, method):
                cards.append(score(data, iter(examples)))
                print(cards[-1].sentence(), flush=True)
    print(table_of(tuple(cards)))
    if given.json:
        given.json.write_text(as_json(tuple(cards)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
