"""What every check promises. `check_check` runs every part on one check, in or out of the
catalogue, on made-up rows for which nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache

import numpy as np

import bayesinf as bi
import causal
from causal.check import Check, Checked

COLUMNS = {
    "placebo_outcome": "before",
    "negative_control": "other",
    "leave_one_group_out": "site",
}
"""The column that a check is about, where it needs one."""


def member(kind: type[Check]) -> Check:
    """One check of a kind, with the column that it needs."""
    named = {field.name for field in fields(kind)}
    return kind(column=COLUMNS[kind.name]) if "column" in named else kind()


@cache
def estimate() -> causal.Estimate:
    rng = np.random.default_rng(9)
    size = 500
    x = rng.normal(size=size)
    t, other = (rng.random(size) < 1 / (1 + np.exp(-0.5 * x)) for _ in range(2))
    frame = {
        "y": 2 * t + x + rng.normal(size=size),
        "t": t.astype(float),
        "x": x,
        "before": x + rng.normal(size=size),
        "other": other.astype(float),
        "site": rng.choice(["east", "west", "north"], size),
    }
    return causal.estimate(frame, "y", "t", adjust=["x"], seed=4)


def checked(kind: type[Check], seed: int = 1) -> Checked:
    return member(kind).run(estimate(), bi.Streams(seed))


def check_it_applies(kind: type[Check]) -> None:
    assert member(kind).refuses(estimate()) is None


def check_estimates_without_arms_are_refused_in_a_sentence(kind: type[Check]) -> None:
    found = estimate()
    bare = replace(found, answer=replace(found.answer, contrast=None))
    refusal = member(kind).refuses(bare)
    assert refusal is not None and refusal[0].isupper() and refusal.endswith(".")


def check_draws_follow_the_streams(kind: type[Check]) -> None:
    one, same, other = checked(kind), checked(kind), checked(kind, 2)
    assert np.array_equal(one.refits.means, same.refits.means)
    assert one.findings == same.findings
    assert one.refits.labels == other.refits.labels


def check_refits_are_finite_and_told_apart(kind: type[Check]) -> None:
    refits = checked(kind).refits
    assert len(refits) == len(set(refits.labels)) == len(refits.means) == len(refits.sds) > 0
    assert np.isfinite(refits.means).all() and (refits.sds > 0).all()
    assert refits.method.endswith(".")
    assert not refits.failed


def check_it_says_what_it_cannot_detect(kind: type[Check]) -> None:
    found = checked(kind)
    assert found.check == kind.name
    assert found.findings
    for finding in found.findings:
        assert "cannot detect" in finding.sentence and finding.sentence.endswith(".")
        assert finding.sentence[0].isupper() or finding.sentence[0].isdigit()
        assert "p-value" not in finding.sentence and "nan" not in finding.sentence.split()
        assert finding.evidence and all(np.isfinite(list(finding.evidence.values())))
        assert finding.remedy or finding.severity in ("good", "note")


def check_nothing_is_found_where_nothing_is_wrong(kind: type[Check]) -> None:
    assert {finding.severity for finding in checked(kind).findings} <= {"good", "note"}


def check_the_estimate_is_left_alone(kind: type[Check]) -> None:
    found = estimate()
    before = {name: np.array(values) for name, values in found.frame.items()}
    checked(kind)
    assert all(np.array_equal(found.frame[name], values) for name, values in before.items())


CHECKS: tuple[Callable[[type[Check]], None], ...] = (
    check_it_applies,
    check_estimates_without_arms_are_refused_in_a_sentence,
    check_draws_follow_the_streams,
    check_refits_are_finite_and_told_apart,
    check_it_says_what_it_cannot_detect,
    check_nothing_is_found_where_nothing_is_wrong,
    check_the_estimate_is_left_alone,
)


def check_check(kind: type[Check]) -> None:
    for check in CHECKS:
        check(kind)
