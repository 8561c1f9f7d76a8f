"""What every study promises. `check_study` runs every check on one study, in or out of the
catalogue, on data that the study makes up itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import bayesinf as bi
from causal.api import run, write_formula
from causal.estimate import Estimate
from causal.estimator import Computation
from causal.estimators import Standardisation
from causal.study import Example, Study


def example(kind: type[Study]) -> Example:
    return kind.example(np.random.default_rng(31))


def estimate(kind: type[Study]) -> Estimate:
    made = example(kind)
    model = bi.model(write_formula(made.study, made.frame), made.frame)
    return run(made.study, model, Standardisation(), Computation(seed=17))


def check_example_is_random_and_repeatable(kind: type[Study]) -> None:
    one, again = example(kind), example(kind)
    other = kind.example(np.random.default_rng(32))
    outcome = one.study.outcome
    assert np.array_equal(one.frame[outcome], again.frame[outcome])
    assert not np.array_equal(one.frame[outcome], other.frame[outcome])
    assert one.effect == again.effect


def check_columns_are_those_of_the_example(kind: type[Study]) -> None:
    made = example(kind)
    assert set(made.study.columns) <= set(made.frame)
    assert {made.study.outcome, made.study.treatment} <= set(made.study.columns)


def check_model_is_about_the_outcome_and_the_treatment(kind: type[Study]) -> None:
    made = example(kind)
    model = bi.model(write_formula(made.study, made.frame), made.frame)
    assert model.formula.response.expression == made.study.outcome
    assert made.study.treatment in model.formula.variables
    assert set(model.formula.variables) <= set(made.study.columns)


def check_assumptions_are_sentences(kind: type[Study]) -> None:
    made = example(kind)
    model = bi.model(write_formula(made.study, made.frame), made.frame)
    assumptions = made.study.assumptions(model)
    assert assumptions
    assert len(set(assumptions)) == len(assumptions)
    for sentence in assumptions:
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def check_checks_speak(kind: type[Study]) -> None:
    found = estimate(kind)
    assert found.verdict.ok
    assert {"effect-draws"} <= {finding.code for finding in found.findings}
    for finding in found.findings:
        assert finding.sentence.endswith(".")
        assert finding.remedy or finding.severity == "good"


def check_effect_is_recovered(kind: type[Study]) -> None:
    truth, found = example(kind).effect, estimate(kind)
    line = found.summary().iloc[0]
    assert line.name == example(kind).study.estimand.name
    assert abs(line["mean"] - truth) < 4 * line["sd"]
    # An interval that always holds the truth because it is wide would pass the line above.
    assert line["sd"] < abs(truth) / 4


def check_question_names_what_is_compared(kind: type[Study]) -> None:
    question = estimate(kind).question
    assert example(kind).study.outcome in question
    assert example(kind).study.treatment in question


CHECKS: tuple[Callable[[type[Study]], None], ...] = (
    check_example_is_random_and_repeatable,
    check_columns_are_those_of_the_example,
    check_model_is_about_the_outcome_and_the_treatment,
    check_assumptions_are_sentences,
    check_checks_speak,
    check_effect_is_recovered,
    check_question_names_what_is_compared,
)


def check_study(kind: type[Study]) -> None:
    for check in CHECKS:
        check(kind)
