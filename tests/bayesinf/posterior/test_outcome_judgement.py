"""Outcomes that another family describes better are noted, and weights that change the rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi

SIZE = 40
RNG = np.random.default_rng(6)
FRAME = pd.DataFrame(
    {
        "y": RNG.normal(size=SIZE),
        "x": RNG.normal(size=SIZE),
        "low": np.arange(SIZE) % 3 == 0,
        "share": RNG.uniform(0.1, 0.9, SIZE),
        "w": RNG.uniform(0.5, 1.5, SIZE),
    }
).astype(float)


def told(formula: str, code: str, family: str = "gaussian", **columns: object) -> list[bi.Finding]:
    fit = bi.fit(formula, FRAME.assign(**columns), family, draws=400, seed=1)
    return [finding for finding in fit.verdict.findings if finding.code == code]


@pytest.mark.parametrize("family", ["gaussian", "student_t"])
def test_yes_or_no_as_a_measurement_is_noted(family: str) -> None:
    # As many of each, for more of one would leave Student's t no posterior.
    (finding,) = told("half ~ x", "two-values", family, half=np.arange(SIZE) % 2.0)
    assert finding.severity == "note"
    assert "'half' is 0 or 1 in all 40 rows" in finding.sentence
    assert "family='bernoulli'" in finding.remedy


def test_other_outcomes_and_families_are_not() -> None:
    assert told("y ~ x", "two-values") == [] and told("y ~ x", "shares") == []
    assert told("low ~ x", "two-values", "bernoulli") == []
    assert told("low ~ x", "two-values", low=FRAME["low"] + 1) == []


def test_shares_as_measurements_are_noted() -> None:
    (finding,) = told("share ~ x", "shares")
    assert finding.severity == "note" and "between 0 and 1 in all 40 rows" in finding.sentence
    (finding,) = told("percent ~ x", "shares", percent=100 * FRAME["share"])
    assert "between 0 and 100" in finding.sentence


def test_scores_up_to_100_are_no_shares() -> None:
    assert told("score ~ x", "shares", score=100 * FRAME["share"]) == []


def test_weights_of_mean_1_are_in_order() -> None:
    assert told("y | weights(w) ~ x", "weights") == []


def test_weights_that_multiply_the_rows_are_told() -> None:
    (finding,) = told("y | weights(w) ~ x", "weights", w=100 * FRAME["w"] / FRAME["w"].mean())
    assert finding.severity == "warning"
    assert "mean 100, so 40 rows count as 4e+03" in finding.sentence
    assert "about 10 times narrower" in finding.sentence
    assert "weights(w / 100)" in finding.remedy


def test_the_advice_on_weights_works() -> None:
    weights = 100 * FRAME["w"]
    (finding,) = told("y | weights(w) ~ x", "weights", w=weights)
    advised = finding.remedy[finding.remedy.index("weights(") :].rstrip(".")
    assert told(f"y | {advised} ~ x", "weights", w=weights) == []
    fit = bi.fit(f"y | {advised} ~ x", FRAME.assign(w=weights), draws=400, seed=1)
    assert fit.model.design.weights.mean() == pytest.approx(1.0, rel=1e-5)


def test_weights_that_sum_to_1_are_told() -> None:
    (finding,) = told("y | weights(w) ~ x", "weights", w=FRAME["w"] / FRAME["w"].sum())
    assert "40 rows count as 1," in finding.sentence and "wider" in finding.sentence


def test_counts_of_equal_rows_are_a_note() -> None:
    (finding,) = told("y | weights(w) ~ x", "weights", w=1.0 + np.arange(SIZE) % 9)
    assert finding.severity == "note" and "right for counts" in finding.remedy
