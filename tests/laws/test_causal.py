"""Laws of effects between arms: labels, units, order of rows, and sums that must come out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st

import bayesinf as bi
import causal
from causal.bootstrap import bootstrap
from causal.findings import e_value
from causal.sensitivity.omitted import bias_factor, robustness_value
from tests.conftest import within
from tests.laws.law import law
from tests.laws.strategies import seeds, take

WEIGHED = ("weighting", "aipw", "tmle")
"""Estimators that are functions of weights of the rows: with equal weights they are exact."""

FLAT = {"Intercept": bi.Flat(), "coefficients": bi.Flat()}


def trial(seed: int, size: int = 60) -> dict[str, np.ndarray]:
    """Rows of two arms that overlap, an outcome, a number and a factor that confound."""
    rng = np.random.default_rng(seed)
    x, a = rng.normal(size=size), np.where(np.arange(size) % 2 == 0, "u", "v").astype(object)
    t = np.arange(size) % 3 == 0
    t = np.where(rng.random(size) < 0.3, x + rng.normal(size=size) > 0, t).astype(float)
    y = 1 + (2 + 0.5 * x) * t + x + (a == "u") + rng.normal(size=size)
    return {"y": y, "t": t, "x": x, "a": a}


def estimate(frame: object, **asked: object) -> causal.Estimate:
    asked = {"adjust": ["x", "a"], "seed": 1, "draws": 400, **asked}
    with patch.object(causal.Adjustment, "checks", lambda *_: ()):  # half the time
        return causal.estimate(frame, "y", "t", **asked)


@contextmanager
def equal_weights() -> Iterator[None]:
    """Computes each bootstrapped statistic once, with all rows weighing alike."""

    def run(statistic, rows: int, draws: int, seed: int) -> bootstrap.Bootstrap:
        del draws, seed
        point, _ = statistic(np.ones((1, rows)))
        spread = 1e-3 * np.sin(np.arange(8.0)).reshape(4, 2, *[1] * (point.ndim - 1))
        return bootstrap.Bootstrap(point[0], point[0] + spread, 1.0)

    with patch.object(bootstrap, "run_bootstrap", run):
        yield


def point(frame: object, estimator: str, **asked: object) -> float:
    """The estimate of an estimator in `WEIGHED` with all rows weighing alike."""
    with equal_weights():
        return float(estimate(frame, estimator=estimator, **asked).draws.mean())


def near(first: float | np.ndarray, second: float | np.ndarray, size: float = 1.0) -> None:
    np.testing.assert_allclose(second, first, rtol=1e-7, atol=1e-7 * size)


def within_errors(one: causal.Estimate, other: causal.Estimate, factor: float = 1.0) -> None:
    """The two effects' means are the same, up to a factor and Monte Carlo error."""
    first, second = (found.summary().iloc[0] for found in (one, other))
    error = np.hypot(factor * first["mcse"], second["mcse"])
    assert within(second["mean"], factor * first["mean"], error, times=4.5)


estimators = st.sampled_from(WEIGHED)


@law(4, seed=seeds, estimator=estimators)
def test_treatment_turned(seed: int, estimator: str):
    """Treatment and control exchanged, the effect has the other sign."""
    frame = trial(seed)
    near(-point(frame, estimator), point({**frame, "t": 1 - frame["t"]}, estimator))
    near(-point(frame, estimator), point(frame, estimator, control=1))


@law(5, seed=seeds)
def test_treatment_turned_in_a_regression(seed: int):
    """Treatment and control exchanged, a regression's effect has the other sign, under flat priors.

    Under the default priors it nearly has: those of interactions are about one arm's slopes.
    """
    frame = trial(seed)
    one = estimate(frame, priors=FLAT, draws=2000)
    other = estimate({**frame, "t": 1 - frame["t"]}, priors=FLAT, draws=2000)
    within_errors(one, other, -1.0)


@law(
    4,
    seed=seeds,
    estimator=st.sampled_from((*WEIGHED, "standardisation")),
    shift=st.floats(-99, 99),
)
def test_outcome_shifted(seed: int, estimator: str, shift: float):
    """A constant added to all outcomes leaves every draw of the effect."""
    frame = trial(seed)
    one = estimate(frame, estimator=estimator, draws=100).draws
    other = estimate({**frame, "y": frame["y"] + shift}, estimator=estimator, draws=100).draws
    near(one, other, size=1 + abs(shift))


@law(5, seed=seeds, estimator=estimators, factor=st.sampled_from([-2.0, 1e-3, 500.0]))
def test_outcome_scaled(seed: int, estimator: str, factor: float):
    """Outcomes in another unit, or turned round, have the effect in that unit, draw by draw."""
    frame = trial(seed)
    one = estimate(frame, estimator=estimator, draws=100).draws
    other = estimate({**frame, "y": factor * frame["y"]}, estimator=estimator, draws=100).draws
    near(factor * one, other, size=abs(factor))


@law(5, seed=seeds, estimator=estimators, factor=st.sampled_from([-3.0, 0.01, 100.0]))
def test_confounder_in_other_units(seed: int, estimator: str, factor: float):
    """A confounder in other units is held equal all the same."""
    frame = trial(seed)
    other = {**frame, "x": 7 + factor * frame["x"]}
    near(point(frame, estimator), point(other, estimator))


@law(5, seed=seeds, estimator=estimators)
def test_rows_shuffled(seed: int, estimator: str):
    """The order of the rows leaves the effect."""
    frame = trial(seed)
    order = np.random.default_rng(seed).permutation(len(frame["y"]))
    near(point(frame, estimator), point(take(frame, order), estimator))


@law(5, seed=seeds, estimator=estimators)
def test_rows_doubled(seed: int, estimator: str):
    """Every row given twice leaves the estimate; only its uncertainty shrinks."""
    frame = trial(seed)
    twice = take(frame, np.repeat(np.arange(len(frame["y"])), 2))
    near(point(frame, estimator), point(twice, estimator))
    if estimator == "weighting":
        return
    one, other = (estimate(rows, estimator=estimator) for rows in (frame, twice))
    assert other.draws.std() < one.draws.std()


@law(5, seed=seeds)
def test_rows_shuffled_in_a_regression(seed: int):
    """The order of the rows leaves a regression's effect, to Monte Carlo error."""
    frame = trial(seed)
    order = np.random.default_rng(seed).permutation(len(frame["y"]))
    within_errors(estimate(frame, draws=2000), estimate(take(frame, order), draws=2000))


@law(5, seed=seeds, estimator=st.sampled_from((*WEIGHED, "standardisation")))
def test_words_for_arms(seed: int, estimator: str):
    """Arms called by 0 and 1, False and True, or words for them are the same arms."""
    frame = trial(seed)
    one = estimate(frame, estimator=estimator, draws=100).draws
    flags = {**frame, "t": frame["t"] == 1}
    near(one, estimate(flags, estimator=estimator, draws=100).draws)
    if estimator != "standardisation":
        words = {**frame, "t": np.where(frame["t"] == 1, "drug", "placebo")}
        near(one, estimate(words, estimator=estimator, draws=100).draws)


@law(4, seed=seeds, estimator=st.sampled_from((*WEIGHED, "standardisation")))
def test_kinds_of_frame(seed: int, estimator: str):
    """pandas, polars and dicts, in any order of columns, give the same draws to the bit."""
    frame = trial(seed)
    one = estimate(frame, estimator=estimator, draws=60).draws
    rows = pd.DataFrame(frame)
    turned = rows[list(reversed(rows.columns))].assign(spare=np.nan)
    indexed = rows.set_index(np.arange(len(rows))[::-1])
    for other in (turned, indexed, pl.from_pandas(rows)):
        np.testing.assert_array_equal(estimate(other, estimator=estimator, draws=60).draws, one)


@law(4, seed=seeds, estimator=st.sampled_from((*WEIGHED, "standardisation")))
def test_replay(seed: int, estimator: str):
    """The same seed gives the same draws of an effect to the bit, another one gives others."""
    frame = trial(seed)
    one, two = (estimate(frame, estimator=estimator, draws=60, seed=seed) for _ in range(2))
    np.testing.assert_array_equal(one.draws, two.draws)
    other = estimate(frame, estimator=estimator, draws=60, seed=seed + 1)
    assert (one.draws != other.draws).any()


@law(5, seed=seeds, estimator=st.sampled_from((*WEIGHED, "standardisation")))
def test_parts(seed: int, estimator: str):
    """The effect is what is expected with the treatment less what is expected without."""
    found = estimate(trial(seed), estimator=estimator, draws=60)
    parts = found.answer.parts
    near(parts["E[Y(1)]"] - parts["E[Y(0)]"], found.draws)


@law(5, seed=seeds)
def test_average_of_averages(seed: int):
    """The effect on all is that on the treated and that on the others, by their shares."""
    frame = trial(seed)
    kinds = (causal.ATE(), causal.ATT(), causal.ATC())
    all_, treated, others = (estimate(frame, estimand=kind, draws=60).draws for kind in kinds)
    share = frame["t"].mean()
    near(share * treated + (1 - share) * others, all_)


@law(5, seed=seeds)
def test_effects_within_groups(seed: int):
    """The effects within groups, by the sizes of the groups, are the effect on all."""
    frame = trial(seed)
    how = {"draws": 60, "estimator": "standardisation"}
    found = estimate(frame, estimand=causal.CATE("a"), **how)
    family = found.effects("group")
    shares = np.array([np.mean(frame["a"] == label[-2]) for label in family.labels])
    assert shares.sum() == 1.0
    near(family.draws @ shares, estimate(frame, **how).draws)


@law(5, seed=seeds, estimator=estimators)
def test_three_arms(seed: int, estimator: str):
    """With three arms, c against a is c against b and b against a, draw by draw."""
    frame = trial(seed, 90)
    rng = np.random.default_rng(seed)
    frame["t"] = np.array(["a", "b", "c"], dtype=object)[rng.permutation(np.arange(90) % 3)]
    family = estimate(frame, estimator=estimator, draws=60).effects("contrast")
    draws = {label: family.draws[..., k] for k, label in enumerate(family.labels)}
    near(draws["b vs a"] + draws["c vs b"], draws["c vs a"])


@law(40, ratio=st.floats(1e-3, 1e3))
def test_e_value(ratio: float):
    """The E-value of a risk ratio is that of one over it, at least 1, and grows with it."""
    strength = e_value(ratio)
    near(strength, e_value(1 / ratio))
    assert strength >= 1.0
    further = ratio * 1.1 if ratio >= 1 else ratio / 1.1
    assert e_value(further) > strength
    assert e_value(1.0) == 1.0


@law(40, treatment=st.floats(0.0, 0.9), outcome=st.floats(0.0, 1.0), more=st.floats(0.01, 0.09))
def test_strength_of_confounding(treatment: float, outcome: float, more: float):
    """A stronger unmeasured confounder biases more, and one that explains nothing not at all."""
    bias = float(bias_factor(treatment, outcome))
    assert float(bias_factor(treatment + more, outcome)) >= bias
    assert float(bias_factor(0.0, outcome)) == 0.0 == float(bias_factor(treatment, 0.0))
    value = float(robustness_value(bias))
    assert 0.0 <= value < 1.0
    near(float(bias_factor(value, value)), bias)


@law(5, seed=seeds, strength=st.floats(0.0, 0.2))
def test_sensitivity(seed: int, strength: float):
    """A confounder that explains nothing leaves the effect; a stronger one moves it further."""
    found = estimate(trial(seed), draws=100)

    def bias(share: float) -> np.ndarray:
        moved = found.sensitivity(causal.Unmeasured(share, share), seed=1)
        return np.abs(found.draws - moved.draws["bias against it"])

    assert (bias(0.0) == 0.0).all()
    assert (bias(strength) < bias(strength + 0.1)).all()
