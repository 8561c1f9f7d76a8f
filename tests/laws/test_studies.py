"""Laws of every study and of the estimators beside those of test_causal: signs, units, names.

Where the same random numbers meet the same mathematics every draw must agree; where a change of
sign or of order hands them to other rows, the means must, to Monte Carlo error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import causal
from causal.answer import Computation
from causal.estimate import run
from causal.study import Study
from tests.laws.law import law
from tests.laws.strategies import seeds, take
from tests.laws.test_causal import estimate, near, trial, within_errors

type Frame = dict[str, Any]

ESTIMATORS = {"partially_linear": causal.ATO(), "smooth_forest": causal.ATE()}
"""Estimators that test_causal leaves out, with an effect that each answers for; those by trees of
an optional library (bart, bcf) are held by their own tests."""

PANELS = {
    f"{type(method).__name__} {type(pooling).__name__}": causal.DifferenceInDifferences(
        "y", "who", "when", first_treated="since", method=method, pooling=pooling
    )
    for method in (causal.CohortTime(), causal.Imputation())
    for pooling in (causal.LearnedPooling(), causal.NoPooling())
}
MIXTURES = {
    type(method).__name__: causal.SyntheticControl(
        "y", "unit", "year", treated="u00", begins=2020, method=method
    )
    for method in (causal.SyntheticDiD(), causal.DiD(), causal.Simplex())
}
FEW = {causal.Instrument: 300, causal.RegressionDiscontinuity: 400, causal.Mediation: 200}
OTHERS = (
    causal.Experiment,
    causal.IdentifiedFunctional,
    causal.Instrument,
    causal.InterruptedSeries,
    causal.Mediation,
    causal.RegressionDiscontinuity,
)
STUDIES = {**PANELS, **MIXTURES, **{kind.__name__: kind for kind in OTHERS}}
names = st.sampled_from(list(STUDIES))


def example(name: str, seed: int) -> tuple[Study, Frame]:
    """A study with made-up data that keep its assumptions; few rows, so that it takes no time."""
    chosen = STUDIES[name]
    kind = chosen if isinstance(chosen, type) else type(chosen)
    made = kind.example(np.random.default_rng(seed))
    rows = FEW.get(kind)
    frame = made.frame if rows is None else take(made.frame, np.arange(rows))
    return (made.study if isinstance(chosen, type) else chosen), frame


def answered(study: Study, frame: Frame, draws: int = 200) -> causal.Estimate:
    return run(study, frame, Computation(seed=1, draws=draws))


def same(study: Study, frame: Frame, other: Frame, factor: float = 1.0, **said: object) -> None:
    """Asserts that every draw is the same, up to a factor; `said` is what the other study says."""
    one, two = answered(study, frame), answered(replace(study, **said), other)
    near(factor * one.draws, two.draws, size=10 * abs(factor) * one.draws.std())


def same_mean(study: Study, frame: Frame, other: Frame, factor: float, **said: object) -> None:
    """Asserts that the means agree, to Monte Carlo error."""
    one, two = answered(study, frame, 1000), answered(replace(study, **said), other, 1000)
    within_errors(one, two, factor)


def by_label(labels: np.ndarray, seed: int) -> np.ndarray:
    """A constant for each label, of any size, for each row."""
    known, places = np.unique(labels, return_inverse=True)
    return np.random.default_rng(seed).normal(0, 30, len(known))[places]


@law(9, seed=seeds, name=names, shift=st.floats(-90, 90))
def test_outcome_shifted_in_studies(seed: int, name: str, shift: float):
    """A constant added to all outcomes leaves every draw of every study's effect."""
    study, frame = example(name, seed)
    same(study, frame, {**frame, "y": frame["y"] + shift})


@law(9, seed=seeds, name=names, factor=st.sampled_from([0.125, 4.0, 1024.0]))
def test_outcome_scaled_in_studies(seed: int, name: str, factor: float):
    """Outcomes in another unit have the effect in that unit, in every study."""
    study, frame = example(name, seed)
    same_mean(study, frame, {**frame, "y": factor * frame["y"]}, factor)


@law(9, seed=seeds, name=names)
def test_outcome_turned_in_studies(seed: int, name: str):
    """Outcomes with the other sign have the effect with the other sign, in every study."""
    study, frame = example(name, seed)
    same_mean(study, frame, {**frame, "y": -frame["y"]}, -1.0)


@law(9, seed=seeds, name=names)
def test_rows_shuffled_in_studies(seed: int, name: str):
    """The order of the rows leaves every study's effect."""
    study, frame = example(name, seed)
    order = np.random.default_rng(seed).permutation(len(frame["y"]))
    same_mean(study, frame, take(frame, order), 1.0)


@law(8, seed=seeds, name=st.sampled_from([*PANELS, "SyntheticDiD", "DiD"]))
def test_constants_of_units(seed: int, name: str):
    """A constant added to all outcomes of a unit leaves every draw where units have intercepts."""
    study, frame = example(name, seed)
    unit = study.unit  # pyright: ignore[reportAttributeAccessIssue]
    same(study, frame, {**frame, "y": frame["y"] + by_label(frame[unit], seed)})


@law(8, seed=seeds, name=st.sampled_from([*PANELS, "DiD", "Simplex"]))
def test_constants_of_times(seed: int, name: str):
    """A constant added to all outcomes of a time leaves every draw of a comparison of units.

    But for SyntheticDiD, whose penalty is by definition in units of the outcomes' changes.
    """
    study, frame = example(name, seed)
    time = study.time  # pyright: ignore[reportAttributeAccessIssue]
    same(study, frame, {**frame, "y": frame["y"] + by_label(frame[time], seed)})


@law(8, seed=seeds, name=st.sampled_from([*PANELS, *MIXTURES]))
def test_units_renamed(seed: int, name: str):
    """Other names of units, in the same order, leave every draw."""
    study, frame = example(name, seed)
    unit = study.unit  # pyright: ignore[reportAttributeAccessIssue]
    known, places = np.unique(frame[unit], return_inverse=True)
    other = np.array([f"v{place:03d}" for place in range(len(known))], dtype=object)
    said = {"treated": "v000"} if name in MIXTURES else {}
    same(study, frame, {**frame, unit: other[places]}, **said)


@law(6, seed=seeds, name=st.sampled_from([*PANELS, *MIXTURES, "InterruptedSeries"]))
def test_times_moved(seed: int, name: str):
    """Times counted from another day leave every draw."""
    study, frame = example(name, seed)
    time = study.time  # pyright: ignore[reportAttributeAccessIssue]
    other = {**frame, time: frame[time] + 100}
    if name in PANELS:
        other["since"] = np.where(frame["since"] > 0, frame["since"] + 100, frame["since"])
        same(study, frame, other)
    else:
        begins = study.begins + 100  # pyright: ignore[reportAttributeAccessIssue]
        same(study, frame, other, begins=begins)


TURNED: dict[str, Callable[[Frame], Frame]] = {
    "Experiment": lambda frame: {**frame, "t": 1 - frame["t"]},
    "IdentifiedFunctional": lambda frame: {**frame, "x": 1 - frame["x"]},
    "Instrument": lambda frame: {**frame, "dose": 9 - frame["dose"]},
}


@law(9, seed=seeds, name=st.sampled_from([*TURNED, "RegressionDiscontinuity"]))
def test_treatment_turned_in_studies(seed: int, name: str):
    """Treatment and control exchanged, the effect has the other sign."""
    study, frame = example(name, seed)
    if name in TURNED:
        same_mean(study, frame, TURNED[name](frame), -1.0)
    else:
        same_mean(study, frame, frame, -1.0, treated="below")


@law(6, seed=seeds)
def test_a_score_counted_backwards(seed: int):
    """A running variable with the other sign, treated below, is the same discontinuity."""
    study, frame = example("RegressionDiscontinuity", seed)
    cutoff = study.cutoff  # pyright: ignore[reportAttributeAccessIssue]
    same(study, frame, {**frame, "score": -frame["score"]}, cutoff=-cutoff, treated="below")


@law(6, seed=seeds, factor=st.sampled_from([-4.0, 0.5, 100.0]))
def test_instruments_in_other_units(seed: int, factor: float):
    """A dose in another unit has its effect per that unit; an instrument's own unit is nothing."""
    study, frame = example("Instrument", seed)
    same_mean(study, frame, {**frame, "dose": 3 + factor * frame["dose"]}, 1 / factor)
    same_mean(study, frame, {**frame, "lottery": 3 + factor * frame["lottery"]}, 1.0)


COVARIATES = {
    "Experiment": "z",
    "Instrument": "age",
    "InterruptedSeries": "x",
    "Mediation": "x",
    "RegressionDiscontinuity": "age",
}


@law(6, seed=seeds, name=st.sampled_from(list(COVARIATES)), factor=st.sampled_from([0.01, 50.0]))
def test_covariates_in_other_units(seed: int, name: str, factor: float):
    """A covariate in another unit is held equal all the same."""
    study, frame = example(name, seed)
    column = COVARIATES[name]
    same_mean(study, frame, {**frame, column: 7 + factor * frame[column]}, 1.0)


WORDED = {"Experiment": "t", "IdentifiedFunctional": "x", "Instrument": "lottery", "Mediation": "t"}


@law(8, seed=seeds, name=st.sampled_from(list(WORDED)))
def test_words_in_studies(seed: int, name: str):
    """Arms called by 0 and 1 or by words for them are the same arms."""
    study, frame = example(name, seed)
    words = np.where(frame[WORDED[name]] == 1, "drug", "control").astype(object)
    same_mean(study, frame, {**frame, WORDED[name]: words}, 1.0)


def by(estimator: str, frame: Frame, **asked: object) -> causal.Estimate:
    asked = {"estimand": ESTIMATORS[estimator], "draws": 400, **asked}
    return estimate(frame, estimator=estimator, **asked)


others = st.sampled_from(list(ESTIMATORS))


@law(4, seed=seeds, estimator=others)
def test_treatment_turned_by_other_estimators(seed: int, estimator: str):
    """Treatment and control exchanged, the effect has the other sign."""
    frame = trial(seed, 120)
    one = by(estimator, frame)
    within_errors(one, by(estimator, {**frame, "t": 1 - frame["t"]}), -1.0)
    within_errors(one, by(estimator, frame, control=1), -1.0)


@law(4, seed=seeds, estimator=others, shift=st.floats(-90, 90))
def test_units_by_other_estimators(seed: int, estimator: str, shift: float):
    """Outcomes moved or in another unit, and confounders in other units, as in test_causal."""
    frame = trial(seed, 120)
    one = by(estimator, frame)
    size = 1e3 * float(one.draws.std())  # the surfaces' scales are found to seven digits
    near(one.draws, by(estimator, {**frame, "y": frame["y"] + shift}).draws, size=size)
    near(one.draws, by(estimator, {**frame, "x": 7 - 100 * frame["x"]}).draws, size=size)
    within_errors(one, by(estimator, {**frame, "y": -3 * frame["y"]}), -3.0)


@law(4, seed=seeds, estimator=others)
def test_names_and_order_by_other_estimators(seed: int, estimator: str):
    """Words for arms and levels, and the order of rows, leave the effect."""
    frame = trial(seed, 120)
    one = by(estimator, frame)
    size = 1e3 * float(one.draws.std())
    words = {
        **frame,
        "t": np.where(frame["t"] == 1, "drug", "placebo").astype(object),
        "a": np.where(frame["a"] == "u", "1st", "2nd").astype(object),
    }
    near(one.draws, by(estimator, words).draws, size=size)
    order = np.random.default_rng(seed).permutation(len(frame["y"]))
    within_errors(one, by(estimator, take(frame, order)))


def test_every_study_and_estimator_has_its_laws():
    """A new one is listed here, or fails."""
    from causal import estimators, studies
    from tests.laws.test_causal import WEIGHED

    kinds = {chosen if isinstance(chosen, type) else type(chosen) for chosen in STUDIES.values()}
    assert kinds | {causal.Adjustment} == set(studies.ALL)
    held = {*WEIGHED, "standardisation", *ESTIMATORS}
    assert held | {"bart", "bcf"} == {kind.name for kind in estimators.ALL}


def test_laws_of_means_can_fail():
    study, frame = example("Experiment", 1)
    with pytest.raises(AssertionError):
        same_mean(study, frame, {**frame, "y": frame["y"] + 0.2 * frame["t"]}, 1.0)
