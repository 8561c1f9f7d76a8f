"""Coverage cards: bias, error, coverage and width of each study and estimator, measured.

    python -m benchmarks.coverage [--study S ...] [--estimator E ...] [--simulations 400] [--write]

Every study makes up data that keep its assumptions (`Study.example`), with the true effect in these
rows; its 95 % intervals are held against it. `--write` puts the cards into `causal/cards.json`,
which `summary()` quotes, and the table into docs/benchmarks.md. What is measured on other data
(IHDP, ACIC 2016: `python -m benchmarks.coverage_observational`) joins with `--join FILE`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.page import PAGE, table, write_section
from causal import estimators, studies
from causal.answer import Computation
from causal.arms import ArmStudy
from causal.coverage import Card, all_cards, as_json, card_of
from causal.estimate import run
from causal.estimator import Estimator
from causal.study import Study

CARDS = Path(__file__).resolve().parent.parent / "causal" / "cards.json"

NOMINAL = 0.95

DRAWS = 2000
"""Draws of each estimate: the ends of a 95 % interval are then known to 0.03 sds."""

Outcome = tuple[float, float, float, float]


def procedures(
    names: list[str] | None, names_of_ways: list[str] | None
) -> Iterator[tuple[str, str | None]]:
    """Lists what there is to measure: each study, and with each estimator where it takes one."""
    for kind in studies.ALL:
        if names and kind.name not in names:
            continue
        if issubclass(kind, ArmStudy):
            yield from (
                (kind.name, way.name)
                for way in estimators.ALL
                if way.available()
                and (names_of_ways is None or way.name in names_of_ways)
                and serves(kind, way)
            )
        else:
            yield kind.name, None


def serves(kind: type[ArmStudy], way: type[Estimator]) -> bool:
    """Says whether an estimator answers for the estimand of the study's own example."""
    made = kind.example(np.random.default_rng(0))
    if not isinstance(made.study, ArmStudy):
        return False
    return way().refuses(replace(made.study, estimator=way()).comparison(made.frame)) is None


def study_of(name: str) -> type[Study]:
    """The study of that name."""
    return next(kind for kind in studies.ALL if kind.name == name)


def measure_one(name: str, estimator: str | None, seed: int) -> Outcome | str:
    """Runs a study on data that it makes up: estimate, both ends and truth, in sds of the outcome.

    Returns:
        The four numbers, or why the study gave no answer.
    """
    import bayesinf as bi

    made = study_of(name).example(np.random.default_rng([seed, 7]))
    study = made.study
    if estimator is not None and isinstance(study, ArmStudy):
        way = next(kind for kind in estimators.ALL if kind.name == estimator)
        study = replace(study, estimator=way())
    try:
        found = run(study, made.frame, Computation(draws=DRAWS, seed=seed))
    except bi.BayesinfError as error:
        return str(error)
    line = found.summary(NOMINAL).iloc[0]
    spread = float(np.nanstd(np.asarray(made.frame[study.outcome], float)))
    return (
        line["mean"] / spread,
        line["lower"] / spread,
        line["upper"] / spread,
        made.effect / spread,
    )


def measure(
    name: str, estimator: str | None, simulations: int, processes: int
) -> tuple[Card, list[str]]:
    """Measures one procedure on many data sets."""
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        running = [pool.submit(measure_one, name, estimator, seed) for seed in range(simulations)]
        found = [done.result() for done in as_completed(running)]
    told = [line for line in found if isinstance(line, str)]
    numbers = np.array([line for line in found if not isinstance(line, str)])
    procedure = procedure_name(name, estimator)
    today = datetime.now(UTC).date().isoformat()
    card = card_of(procedure, "its own made-up data", NOMINAL, *numbers.T, date=today)
    return card, told


def procedure_name(name: str, estimator: str | None) -> str:
    """The name under which a summary looks for its card."""
    study = study_of(name).example(np.random.default_rng(0)).study
    if estimator is None or not isinstance(study, ArmStudy):
        return study.procedure
    way = next(kind for kind in estimators.ALL if kind.name == estimator)
    return replace(study, estimator=way()).procedure


def joined(old: tuple[Card, ...], new: list[Card]) -> tuple[Card, ...]:
    """Cards of which newer ones take the place of older ones on the same data."""
    fresh = {(card.procedure, card.data): card for card in (*old, *new)}
    return tuple(fresh.values())


def table_of(cards: tuple[Card, ...]) -> str:
    """The cards as a Markdown table."""
    head = ["procedure", "data", "cases", "nominal", "coverage", "±", "bias", "±", "RMSE", "width"]
    rows = [
        [
            card.procedure,
            card.data,
            f"{card.simulations:,}",
            f"{card.nominal:.0%}",
            f"{card.coverage:.3f}",
            f"{card.coverage_error:.3f}",
            f"{card.bias:.4f}",
            f"{card.bias_error:.4f}",
            f"{card.rmse:.4f}",
            f"{card.width:.4f}",
        ]
        for card in sorted(cards, key=lambda card: (card.procedure, card.data))
    ]
    return table(head, rows)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    reader = argparse.ArgumentParser(
        prog="python -m benchmarks.coverage", description=(__doc__ or "").splitlines()[0]
    )
    reader.add_argument("--study", nargs="+", help="these only")
    reader.add_argument("--estimator", nargs="+", help="these only")
    reader.add_argument("--simulations", type=int, default=400, help="data sets (default 400)")
    reader.add_argument("--processes", type=int, default=2, help="data sets at once")
    reader.add_argument("--join", type=Path, help="cards from another command, as JSON")
    reader.add_argument("--write", action="store_true", help="keep the cards, and write the page")
    return reader


def main(arguments: list[str] | None = None) -> int:
    """Measures what was asked for."""
    given = parser().parse_args(arguments)
    cards: list[Card] = []
    if given.join:
        cards += [Card(**line) for line in json.loads(given.join.read_text(encoding="utf-8"))]
    for name, estimator in (
        () if given.join and not given.study else procedures(given.study, given.estimator)
    ):
        card, told = measure(name, estimator, given.simulations, given.processes)
        print(json.dumps(card.__dict__), flush=True)
        if told:
            print(f"{len(told)} gave no answer, for example: {told[0]}", flush=True)
        cards.append(card)
    every = joined(all_cards(), cards)
    print(table_of(tuple(cards)))
    if given.write:
        CARDS.write_text(as_json(every), encoding="utf-8")
        text = (
            "`python -m benchmarks.coverage --write`: bias, root mean square error and width in "
            f"sds of the outcome.\n\n{table_of(every)}"
        )
        write_section("coverage", text, PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
