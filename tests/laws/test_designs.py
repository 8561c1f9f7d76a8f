"""Laws of research designs: constants that cancel, units of measurement, labels of units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

import causal
from causal.study import Study
from tests.laws.law import law
from tests.laws.strategies import Frame, seeds, take
from tests.laws.test_causal import near

scales = st.sampled_from([0.01, 3.0, 1000.0])


def draws(frame: Frame, study: Study, count: int = 60) -> np.ndarray:
    return causal.estimate(frame, study, draws=count, seed=1).draws


def shuffled(frame: Frame, seed: int) -> Frame:
    size = len(next(iter(frame.values())))
    return take(frame, np.random.default_rng(seed).permutation(size))


def panel(seed: int) -> Frame:
    """Thirty units at seven times, of which two thirds become treated, and units of each kind."""
    rng = np.random.default_rng(seed)
    first, times = np.repeat([3, 5, 0], 10), np.arange(1, 8)
    treated = (times >= first[:, None]) & (first[:, None] > 0)
    y = rng.normal(size=(30, 1)) + 0.3 * times + 2 * treated + rng.normal(size=(30, 7))
    return {
        "y": y.ravel(),
        "who": np.repeat([f"u{k:02d}" for k in range(30)], 7).astype(object),
        "when": np.tile(times, 30),
        "since": np.repeat(first, 7),
    }


STAGGERED = causal.DifferenceInDifferences("y", "who", "when", first_treated="since")
WAYS = st.sampled_from(
    [STAGGERED, replace(STAGGERED, method=causal.Imputation(), pooling=causal.NoPooling())]
)


@law(6, seed=seeds, study=WAYS)
def test_constants_of_units(seed: int, study: Study):
    """A constant added to each unit leaves differences in differences, draw by draw."""
    frame = panel(seed)
    level = 10 * np.random.default_rng(seed).normal(size=30)
    other = {**frame, "y": frame["y"] + np.repeat(level, 7)}
    near(draws(frame, study), draws(other, study), 10)


@law(6, seed=seeds, study=WAYS)
def test_constants_of_times(seed: int, study: Study):
    """A constant added to each time leaves differences in differences, draw by draw."""
    frame = panel(seed)
    level = 10 * np.random.default_rng(seed).normal(size=8)
    other = {**frame, "y": frame["y"] + level[frame["when"]]}
    near(draws(frame, study), draws(other, study), 10)


@law(6, seed=seeds, study=WAYS, factor=scales)
def test_differences_scaled(seed: int, study: Study, factor: float):
    """Outcomes in another unit have the difference in differences in that unit."""
    frame = panel(seed)
    near(factor * draws(frame, study), draws({**frame, "y": factor * frame["y"]}, study), factor)


@law(6, seed=seeds, study=WAYS)
def test_panel_shuffled(seed: int, study: Study):
    """The order of a panel's rows, and what never treated units are called, say nothing."""
    frame = panel(seed)
    one = draws(frame, study)
    np.testing.assert_array_equal(draws(shuffled(frame, seed), study), one)
    for never in (np.nan, np.inf):
        since = np.where(frame["since"] == 0, never, frame["since"])
        np.testing.assert_array_equal(draws({**frame, "since": since}, study), one)


@law(6, seed=seeds, study=WAYS, shift=st.integers(-3000, 3000))
def test_calendar(seed: int, study: Study, shift: int):
    """Another calendar, and other names of units in their order, leave every draw."""
    frame = panel(seed)
    shift = shift or 1
    since = np.where(frame["since"] > 0, frame["since"] + shift, np.nan)
    names = np.array([f"county {name}" for name in frame["who"]], dtype=object)
    other = {**frame, "when": frame["when"] + shift, "since": since, "who": names}
    np.testing.assert_array_equal(draws(other, study), draws(frame, study))


def donors(seed: int) -> Frame:
    """One treated and nine untreated units over sixteen times."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(2, 16)).cumsum(axis=1)
    y = 20 + rng.dirichlet([2.0, 2.0], size=10) @ shared * 2 + rng.normal(size=(10, 16)) * 0.5
    y[0, 11:] += 5
    return {
        "y": y.ravel(),
        "unit": np.repeat([f"u{k}" for k in range(10)], 16).astype(object),
        "year": np.tile(np.arange(2000, 2016), 10),
    }


METHODS = (causal.SyntheticDiD(), causal.Simplex(), causal.DiD())
methods = st.sampled_from(METHODS)


def synthetic(method: object) -> causal.SyntheticControl:
    return causal.SyntheticControl("y", "unit", "year", "u0", 2011, method=method)


@law(6, seed=seeds, method=methods, level=st.floats(-100, 100), factor=scales)
def test_synthetic_units(seed: int, method: object, level: float, factor: float):
    """A constant added to all outcomes leaves a synthetic control, another unit scales it."""
    frame, study = donors(seed), synthetic(method)
    one = draws(frame, study)
    near(one, draws({**frame, "y": frame["y"] + level}, study), 100)
    near(factor * one, draws({**frame, "y": factor * frame["y"]}, study), factor)


@law(6, seed=seeds, method=st.sampled_from(METHODS[1:]))
def test_synthetic_times(seed: int, method: object):
    """What happens to all units alike leaves a synthetic control and a difference in differences.

    Not so synthetic difference in differences: its penalty grows with the changes of the donors,
    shared ones included, as in the paper (Arkhangelsky et al. 2021, section 2).
    """
    frame, study = donors(seed), synthetic(method)
    shared = 10 * np.random.default_rng(seed).normal(size=16)
    other = {**frame, "y": frame["y"] + shared[frame["year"] - 2000]}
    near(draws(frame, study), draws(other, study), 1000)


@law(6, seed=seeds, method=st.sampled_from((METHODS[0], METHODS[2])))
def test_synthetic_levels(seed: int, method: object):
    """Where only changes are compared, a constant added to each unit leaves the effect.

    Not so the classical synthetic control, which meets levels.
    """
    frame, study = donors(seed), synthetic(method)
    level = 10 * np.random.default_rng(seed).normal(size=10)
    near(draws(frame, study), draws({**frame, "y": frame["y"] + np.repeat(level, 16)}, study), 100)


@law(6, seed=seeds, method=methods)
def test_donors_shuffled(seed: int, method: object):
    """The order of rows and other names of donors, in their order, leave a synthetic control."""
    frame, study = donors(seed), synthetic(method)
    one = draws(frame, study)
    np.testing.assert_array_equal(draws(shuffled(frame, seed), study), one)
    names = np.array([f"{name} & sons" for name in frame["unit"]], dtype=object)
    renamed = replace(study, treated="u0 & sons")
    np.testing.assert_array_equal(draws({**frame, "unit": names}, renamed), one)


def scores(seed: int) -> Frame:
    """Three hundred scores around a cutoff at 50, with a jump there."""
    rng = np.random.default_rng(seed)
    score = rng.uniform(0, 100, 300)
    far = (score - 50) / 50
    return {"y": (score >= 50) + far + far**2 + 0.5 * rng.normal(size=300), "score": score}


JUMP = causal.RegressionDiscontinuity("y", "score", 50.0)


@law(4, seed=seeds, shift=st.sampled_from([-500.0, 0.25, 1024.0]))
def test_cutoff_moved(seed: int, shift: float):
    """Scores and cutoff moved together leave the jump, draw by draw."""
    frame = scores(seed)
    other = {**frame, "score": frame["score"] + shift}
    # The window's edge must not fall between a score and its rounded self.
    study = replace(JUMP, bandwidth=30.0)
    near(draws(frame, study), draws(other, replace(study, cutoff=50.0 + shift)), 10)


@law(4, seed=seeds)
def test_cutoff_from_the_other_side(seed: int):
    """Scores turned round, with the treated below the cutoff, leave the jump."""
    frame = scores(seed)
    turned = replace(JUMP, cutoff=-50.0, treated="below")
    near(draws(frame, JUMP), draws({**frame, "score": -frame["score"]}, turned), 10)


@law(4, seed=seeds, factor=scales, shift=st.floats(-50, 50))
def test_jump_scaled(seed: int, factor: float, shift: float):
    """Outcomes in another unit jump in that unit; the order of the rows says nothing."""
    frame = scores(seed)
    one = draws(frame, JUMP)
    other = draws({**frame, "y": shift + factor * frame["y"]}, JUMP)
    near(factor * one, other, factor * (1 + abs(shift) / factor))
    near(one, draws(shuffled(frame, seed), JUMP), 10)


@law(3, seed=seeds, factor=st.sampled_from([0.001, 10.0]))
def test_scores_in_other_units(seed: int, factor: float):
    """Scores in another unit, cutoff included, leave the jump, to Monte Carlo error."""
    frame = scores(seed)
    other = {**frame, "score": factor * frame["score"]}
    one = causal.estimate(frame, JUMP, draws=1000, seed=1).summary().iloc[0]
    two = causal.estimate(other, replace(JUMP, cutoff=50.0 * factor), draws=1000, seed=1)
    two = two.summary().iloc[0]
    assert abs(one["mean"] - two["mean"]) <= 4.5 * np.hypot(one["mcse"], two["mcse"])


def lottery(seed: int) -> Frame:
    """An instrument that moves a dose, and something that nobody measured."""
    rng = np.random.default_rng(seed)
    z, hidden, x = (rng.normal(size=200) for _ in range(3))
    dose = z + 0.5 * hidden + 0.3 * x + rng.normal(size=200)
    return {"y": dose + hidden + x + rng.normal(size=200), "dose": dose, "z": z, "x": x}


IV = causal.Instrument("y", "dose", ("z",), covariates=("x",))


@law(6, seed=seeds, factor=scales, shift=st.floats(-50, 50))
def test_instrument_units(seed: int, factor: float, shift: float):
    """In other units of outcome, dose, instrument and covariate the effect is the same one."""
    frame = lottery(seed)
    one = draws(frame, IV)
    near(factor * one, draws({**frame, "y": shift + factor * frame["y"]}, IV), factor)
    near(one / factor, draws({**frame, "dose": shift + factor * frame["dose"]}, IV), 1 / factor)
    near(one, draws({**frame, "z": shift + factor * frame["z"]}, IV))
    near(one, draws({**frame, "x": shift + factor * frame["x"]}, IV))


@law(6, seed=seeds)
def test_instrument_rows(seed: int):
    """The order of the rows leaves an instrument's effect."""
    frame = lottery(seed)
    near(draws(frame, IV), draws(shuffled(frame, seed), IV))


def series(seed: int) -> Frame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=60).cumsum()
    y = 10 + x + rng.normal(size=60)
    y[45:] += 3
    return {"y": y, "x": x, "day": np.arange(60)}


INTERRUPTED = causal.InterruptedSeries("y", "day", 45, controls=("x",))


@law(4, seed=seeds, factor=scales, shift=st.floats(-50, 50))
def test_series_units(seed: int, factor: float, shift: float):
    """An interrupted series in other units, or on another calendar, has the same effect in them."""
    frame = series(seed)
    one = draws(frame, INTERRUPTED)
    other = draws({**frame, "y": shift + factor * frame["y"]}, INTERRUPTED)
    near(factor * one, other, factor + abs(shift))
    later = {**shuffled(frame, seed)}
    later["day"] = later["day"] + 1000
    near(one, draws(later, replace(INTERRUPTED, begins=1045)))
