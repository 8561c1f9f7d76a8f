"""Levels of text are looked through beside every effect, whatever the study and the estimator."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal.findings import judge_control
from causal.treatment import read_treatment
from tests.causal.findings.test_codes import panel, rows


def told(frame, code, *question, **asked) -> list[bi.Finding]:
    found = causal.estimate(frame, *question, draws=400, seed=1, **asked)
    return [finding for finding in found.findings if code in finding.code]


def named(values: np.ndarray, second: str, *first: str) -> np.ndarray:
    """Text in place of 0 and 1; zeros are spelt in each of several ways in turn."""
    turns = np.array(first)[np.arange(len(values)) % len(first)]
    return np.where(values > 0, second, turns)


def test_an_instrument_that_is_spelt_in_two_ways_is_told():
    made = rows()
    frame = {**made, "z": named(made["z"], "yes", "no", "no ")}
    (found,) = told(frame, "levels-alike", causal.Instrument("y", "dose", ("z",)))
    assert found.severity == "warning" and "Column 'z'" in found.sentence


@pytest.mark.parametrize("estimator", ["standardisation", "AIPW"])
def test_a_covariate_is_told_once_whoever_estimates(estimator):
    made = rows()
    frame = {**made, "g": named(made["z"], "old", "young", "Young")}
    asked = {"adjust": ["age", "g"], "estimator": estimator}
    assert len(told(frame, "levels-alike", "y", "t", **asked)) == 1
    frame = {**made, "g": named(made["z"], "old", "young", "unknown")}
    assert len(told(frame, "missing-as-level", "y", "t", **asked)) == 1


def test_units_that_are_spelt_in_two_ways_are_told():
    made = panel()
    unit = np.array([f"u{one:02d}" for one in made["unit"]], dtype=object)
    unit[::17] += " "
    study = causal.DifferenceInDifferences("y", "unit", "time", first_treated="since")
    imputed = causal.DifferenceInDifferences(
        "y", "unit", "time", first_treated="since", method=causal.Imputation()
    )
    (found,) = told({**made, "unit": unit}, "levels-alike", imputed)
    assert "'u00' (9 rows) and 'u00 ' (1 row)" in found.sentence
    unit[::4] += " "
    with pytest.raises(bi.DataError, match="differ only by case") as caught:
        causal.estimate({**made, "unit": unit}, study, seed=1)
    assert caught.value.code == "no-complete-units" and "in one way" in caught.value.hint


def test_a_synthetic_control_names_the_spelling_that_makes_gaps():
    made = panel()
    unit = np.array([f"u{one:02d}" for one in made["unit"]], dtype=object)
    unit[3] += " "
    study = causal.SyntheticControl("y", "unit", "time", "u00", 2009)
    with pytest.raises(bi.DataError, match="differ only by case") as caught:
        causal.estimate({**made, "unit": unit}, study, seed=1)
    assert caught.value.code == "gaps-in-treated"


def test_arms_that_are_spelt_in_two_ways_are_refused_with_the_line_that_mends_them():
    arms = bi.Table.read({"t": ["drug", "placebo", "Placebo"]})
    with pytest.raises(bi.DataError, match="3 levels") as caught:
        read_treatment(arms, "t")
    assert "spell them in one way" in caught.value.hint


@pytest.mark.parametrize("level", ["", "N/A", "unknown"])
@pytest.mark.parametrize("estimator", ["standardisation", "AIPW"])
def test_an_outcome_that_says_missing_is_told_once(level, estimator):
    made = rows()
    frame = {**made, "y": named(made["y"], "yes", level)}
    asked = {"adjust": ["age"], "estimator": estimator}
    (found,) = told(frame, "missing-as-level", "y", "t", **asked)
    assert found.severity == "warning" and f"is {level!r} in" in found.sentence


def test_an_outcome_without_a_fit_is_told_too():
    made = rows()
    frame = {**made, "y": named(made["y"], "yes", "unknown")}
    (found,) = told(frame, "missing-as-level", causal.Instrument("y", "dose", ("z",)))
    assert "counted as 0, beside 'yes' as 1" in found.sentence


@pytest.mark.parametrize(
    "levels", [("2 mg", "10 mg"), ("SOC", "active"), ("after", "before"), ("placebo", "sham")]
)
def test_a_control_that_the_alphabet_chose_is_a_warning(levels):
    (found,) = judge_control(bi.Table.read({"t": list(levels)}), "t", None)
    assert (found.severity, found.code) == ("warning", "control-by-alphabet")
    assert judge_control(bi.Table.read({"t": list(levels)}), "t", levels[0]) == ()


@pytest.mark.parametrize("arms", [2, 3])
def test_every_study_with_arms_of_text_tells_of_the_alphabet(arms):
    made = rows()
    ways = ("slow", "quick")[: arms - 1]
    frame = {**made, "t": named(made["t"], "steady", *ways)}
    assert len(told(frame, "control-by-alphabet", "y", "t", adjust=["age"])) == 1


def test_a_study_without_an_estimator_tells_of_the_alphabet():
    made = rows()
    frame = {**made, "t": named(made["dose"], "steady", "slow")}
    assert len(told(frame, "control-by-alphabet", causal.Instrument("y", "t", ("z",)))) == 1


def test_plus_and_minus_are_arms():
    made = rows()
    frame = {**made, "t": named(made["t"], "+", "-")}
    found = causal.estimate(frame, "y", "t", adjust=["age"], draws=400, seed=1)
    assert "'+' against '-'" in found.sentence()
    assert "control-by-alphabet" not in [one.code for one in found.findings]
