"""Calibration in two stages, so that a job that fails is rarely a false alarm.

Stage one ranks the truths of some simulated data sets. A quantity whose p-value is below `FIRST` is
suspect; then new data sets are simulated from other seeds, five times as many, and only suspects
are looked at again. The job fails where a suspect's second p-value is below `SECOND`. The stages
are independent, so that a right program fails with a probability of at most tests x FIRST x SECOND.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from bayesinf.criticism.calibration import KEPT, fit_all, judge, ranks
from bayesinf.criticism.simulation import Simulations, simulate
from bayesinf.criticism.uniformity import REPLICATIONS, p_values_of
from bayesinf.engine import Answer, Engine
from bayesinf.model.model import Model
from bayesinf.numerics.random import Streams

FIRST = 1e-3
"""A p-value below it makes a quantity suspect."""

SECOND = 1e-4
"""A p-value of a suspect below it, on new data sets, fails the job."""

MORE = 5
"""Times as many data sets in the second stage."""

SHARPER = 200_000
"""Simulated sets of uniform ranks behind a p-value of the second stage."""

FLOORS = (2 / (REPLICATIONS + 1), 2 / (SHARPER + 1))
"""The smallest p-values of the two stages: of two tests, whose smaller p-value is doubled."""


@dataclass(frozen=True)
class Program:
    """What is calibrated: data simulated from one model, and a program that fits them.

    Attributes:
        model: That data come from.
        engine: That fits them.
        asked: The model that the engine gets for a model of simulated data: the same, unless a bug
            is planted.
        spoilt: What becomes of its answer.
    """

    model: Model
    engine: Engine
    asked: Callable[[Model], Model] = lambda model: model
    spoilt: Callable[[Answer], Answer] = lambda answer: answer

    def fitted(self, simulations: Simulations, streams: Streams) -> list[Answer]:
        """The answers for all data sets."""
        models = [self.asked(simulations.model_of(place)) for place in range(len(simulations))]
        return [self.spoilt(answer) for answer in fit_all(self.engine, models, streams)]


def false_alarm(tests: int) -> float:
    """The most that the probability can be that a right program fails one of so many tests."""
    return tests * FIRST * SECOND


def in_two_stages(program: Program, count: int, seed: int, again: bool = True) -> dict[str, Any]:
    """Calibrates a program.

    Args:
        program: What is calibrated.
        count: Data sets of the first stage.
        seed: A whole number; other seeds give other data and other draws.
        again: Whether suspects are looked at a second time.

    Returns:
        A line of numbers, texts and lists: both stages' p-values, and what they say.
    """
    streams = Streams(seed)
    start = perf_counter()
    simulations = simulate(program.model, Streams(streams.integer("first")), count)
    answers = program.fitted(simulations, Streams(streams.integer("first", "fits")))
    found = judge(program.engine.name, simulations, answers, KEPT)
    fitted = perf_counter() - start
    first = dict(zip(found.names, found.p_values.tolist(), strict=True))
    suspects = [name for name, p in first.items() if p < FIRST]
    second = {}
    if suspects and again:
        second = second_stage(program, count, streams, found.draws, suspects)
    return {
        "simulations": count,
        "draws": found.draws,
        "names": list(found.names),
        "tests": len(found.names),
        "first": first,
        "second": second,
        "passes": not any(p < SECOND for p in second.values()) if again else not suspects,
        "few_draws": float((found.ess < found.draws).mean()),
        "divergent": float(found.divergent.mean()),
        "seconds_of_fits": round(fitted, 1),
        "seconds": round(perf_counter() - start, 1),
        "ranks": found.ranks.tolist(),
    }


def second_stage(
    program: Program, count: int, streams: Streams, kept: int, suspects: Sequence[str]
) -> dict[str, float]:
    """The p-values of suspects on new data sets, fitted in batches of the first stage's size."""
    counted: list[np.ndarray] = []
    names: tuple[str, ...] = ()
    for batch in range(MORE):
        own = Streams(streams.integer("second", str(batch)))
        simulations = simulate(program.model, own, count)
        answers = program.fitted(simulations, Streams(own.integer("fits")))
        counted.append(ranks(simulations, [answer.draws for answer in answers], kept))
        names = simulations.names
    places = [names.index(name) for name in suspects]
    p_values = p_values_of(np.concatenate(counted)[:, places], kept, SHARPER)
    return dict(zip(suspects, p_values.tolist(), strict=True))
