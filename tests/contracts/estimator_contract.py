"""What every estimator promises, on rows that a study makes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

import bayesinf as bi
from causal import ATE, ATO, ATT
from causal.answer import Answer, Computation
from causal.arms import ArmStudy
from causal.comparison import Comparison
from causal.estimand import Estimand
from causal.estimate import run
from causal.estimator import Estimator
from causal.studies import Adjustment
from causal.study import Example


@cache
def example() -> Example:
    return Adjustment.example(np.random.default_rng(31))


def asked(kind: type[Estimator], estimand: Estimand) -> ArmStudy:
    study = example().study
    assert isinstance(study, ArmStudy)
    return replace(study, estimand=estimand, estimator=kind())


def comparison(kind: type[Estimator], estimand: Estimand) -> Comparison:
    return asked(kind, estimand).comparison(example().frame)


@cache
def answer(kind: type[Estimator], estimand: Estimand) -> Answer:
    return kind().answer(comparison(kind, estimand), Computation(seed=17, draws=2000))


def served(kind: type[Estimator]) -> list[Estimand]:
    return [e for e in (ATE(), ATT(), ATO()) if kind().refuses(comparison(kind, e)) is None]


def check_it_serves_an_average_effect(kind: type[Estimator]) -> None:
    assert served(kind)


def check_effects_are_recovered(kind: type[Estimator]) -> None:
    frame = example().frame
    truth = 2 + 0.5 * frame["z"]
    chance = 1 / (1 + np.exp(-frame["z"]))
    counted = {"ATE": np.ones(len(truth)), "ATT": frame["t"], "ATO": chance * (1 - chance)}
    for estimand in served(kind):
        found = answer(kind, estimand)
        aim = np.average(truth, weights=counted[estimand.name])
        assert abs(found.draws.mean() - aim) < 4 * found.draws.std(), estimand
        assert found.draws.std() < 0.5


def check_the_effect_is_the_difference_of_its_parts(kind: type[Estimator]) -> None:
    for estimand in served(kind):
        found = answer(kind, estimand)
        if {"E[Y(1)]", "E[Y(0)]"} <= set(found.parts):
            difference = found.parts["E[Y(1)]"] - found.parts["E[Y(0)]"]
            assert np.allclose(difference, found.draws)


def check_draws_are_those_of_the_seed(kind: type[Estimator]) -> None:
    first = answer(kind, served(kind)[0])
    where = comparison(kind, served(kind)[0])
    again = kind().answer(where, Computation(seed=17, draws=2000))
    other = kind().answer(where, Computation(seed=18, draws=2000))
    assert first.draws.shape == (4, 500)
    assert np.array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws, other.draws)


def check_it_says_what_it_did(kind: type[Estimator]) -> None:
    found = answer(kind, served(kind)[0])
    assert found.method[0].isupper() and found.method.endswith(".")
    assert found.contrast is not None and found.findings
    if found.basis == "quasi-posterior":
        assert "quasi-posterior" in found.method


def check_refusals_are_sentences(kind: type[Estimator]) -> None:
    frame = {**example().frame, "y": np.where(example().frame["y"] > 0, "yes", "no")}
    where = asked(kind, served(kind)[0]).comparison(frame)
    refusal = kind().refuses(where)
    if refusal is None:
        found = kind().answer(where, Computation(seed=17, draws=400))
        assert np.abs(found.draws).max() <= 1.5
    else:
        assert refusal[0].isupper() and refusal.endswith(".")


def check_it_works_in_a_study(kind: type[Estimator]) -> None:
    found = run(asked(kind, served(kind)[0]), example().frame, Computation(seed=3, draws=2000))
    assert found.verdict.ok
    assert isinstance(found.findings[0], bi.Finding)


CHECKS: tuple[Callable[[type[Estimator]], None], ...] = (
    check_it_serves_an_average_effect,
    check_effects_are_recovered,
    check_the_effect_is_the_difference_of_its_parts,
    check_draws_are_those_of_the_seed,
    check_it_says_what_it_did,
    check_refusals_are_sentences,
    check_it_works_in_a_study,
)
