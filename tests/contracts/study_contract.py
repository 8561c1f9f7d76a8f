"""What every study promises. `check_study` runs every check on one study, in or out of the
catalogue, on data that the study makes up itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from causal.answer import Computation
from causal.estimate import Estimate, run
from causal.study import Example, Study


def example(kind: type[Study]) -> Example:
    return kind.example(np.random.default_rng(31))


def estimate(kind: type[Study]) -> Estimate:
    made = example(kind)
    return run(made.study, made.frame, Computation(seed=17))


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
    assert made.study.outcome in made.study.columns


def check_only_the_columns_are_read(kind: type[Study]) -> None:
    made = example(kind)
    only = {name: made.frame[name] for name in made.study.columns}
    found = run(made.study, only, Computation(seed=17))
    assert np.array_equal(found.draws, estimate(kind).draws)


def check_draws_are_those_of_the_seed(kind: type[Study]) -> None:
    made, found = example(kind), estimate(kind)
    assert found.draws.ndim == 2 and np.isfinite(found.draws).all()
    assert np.array_equal(found.draws, estimate(kind).draws)
    other = run(made.study, made.frame, Computation(seed=18))
    assert not np.array_equal(found.draws, other.draws)
    for effects in found.answer.effects.values():
        assert effects.draws.shape[:2] == found.draws.shape
        assert np.isfinite(effects.draws).all()
    for part in found.answer.parts.values():
        assert part.shape == found.draws.shape


def check_input_is_left_alone(kind: type[Study]) -> None:
    made, again = example(kind), example(kind)
    run(made.study, made.frame, Computation(seed=17))
    for name, values in made.frame.items():
        assert np.array_equal(values, again.frame[name]), name


def check_it_reads_well(kind: type[Study]) -> None:
    found = estimate(kind)
    assert found.question.endswith(".") and found.method.endswith(".")
    text = repr(found)
    assert "nan" not in text.split()
    assert found._repr_html_().startswith("<h4>Question")
    report = found.report().text
    assert found.question in report and found.sentence() in report


def check_assumptions_are_sentences(kind: type[Study]) -> None:
    assumptions = estimate(kind).assumptions
    assert assumptions
    sentences = [assumption.sentence for assumption in assumptions]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
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
    assert line.name == example(kind).study.effect_name
    assert abs(line["mean"] - truth) < 4 * line["sd"]
    # An interval that always holds the truth because it is wide would pass the line above.
    assert line["sd"] < abs(truth) / 4


def check_question_names_what_is_compared(kind: type[Study]) -> None:
    question = estimate(kind).question
    study = example(kind).study
    assert study.outcome in question
    assert study.effect_name in question


CHECKS: tuple[Callable[[type[Study]], None], ...] = (
    check_example_is_random_and_repeatable,
    check_columns_are_those_of_the_example,
    check_only_the_columns_are_read,
    check_draws_are_those_of_the_seed,
    check_input_is_left_alone,
    check_it_reads_well,
    check_assumptions_are_sentences,
    check_checks_speak,
    check_effect_is_recovered,
    check_question_names_what_is_compared,
)


def check_study(kind: type[Study]) -> None:
    for check in CHECKS:
        check(kind)
