"""The outcome's unit and origin do not matter: effects scale with it, to rounding."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal.studies.experiment import Experiment
from causal.studies.mediation import Mediation

CHANGES = [(1e12, 0.0), (1e9, 0.0), (1e-9, 0.0), (1.0, 1e3), (1e9, 1e3)]
"""Factors, and shifts in sds of the outcome."""

FORMULAS = {"conjugate": "y ~ x", "marginal": "y ~ x + (1 | g)"}


def changed(outcome: np.ndarray, factor: float, shift: float) -> np.ndarray:
    return factor * (outcome + shift * outcome.std())


def assert_same(found: np.ndarray, expected: np.ndarray) -> None:
    """Draw by draw, relative to the largest draw."""
    assert np.abs(found - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.fixture(scope="module")
def frame() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    x, group = rng.normal(size=120), np.arange(120) % 8
    y = 2 + x + rng.normal(size=8)[group] + rng.normal(size=120)
    return {"y": y, "x": x, "g": np.array(list("abcdefgh"))[group]}


@pytest.fixture(scope="module")
def plain(frame) -> dict[str, bi.Fit]:
    return {
        engine: bi.fit(formula, frame, engine=engine, draws=400, seed=1)
        for engine, formula in FORMULAS.items()
    }


@pytest.mark.parametrize("engine", FORMULAS)
@pytest.mark.parametrize(("factor", "shift"), CHANGES)
def test_a_fit_scales_with_its_outcome(frame, plain, engine, factor, shift) -> None:
    """Coefficients, sigma, the groups' sds and effects: all of them have the outcome's unit."""
    other = frame | {"y": changed(frame["y"], factor, shift)}
    fit = bi.fit(FORMULAS[engine], other, engine=engine, draws=400, seed=1)
    found, expected = fit.draws["posterior"], plain[engine].draws["posterior"]
    assert {"coefficients", "sigma"} <= set(expected.data_vars)
    for name in expected.data_vars:
        values = np.array(found[name]) / factor
        if name == "coefficients":
            values[..., 0] -= shift * frame["y"].std()
        assert_same(values, np.array(expected[name]))


@pytest.mark.parametrize("study", [Experiment, Mediation], ids=lambda study: study.name)
def test_an_effect_scales_with_its_outcome(study) -> None:
    made = study.example(np.random.default_rng(1))
    name = made.study.outcome
    frame = {key: np.asarray(value) for key, value in made.frame.items()}
    expected = causal.estimate(frame, made.study, draws=400, seed=1).answer.draws
    for factor, shift in CHANGES:
        other = frame | {name: changed(frame[name], factor, shift)}
        found = causal.estimate(other, made.study, draws=400, seed=1).answer.draws
        assert_same(found / factor, expected)


def test_an_outcome_in_billions_has_the_effect_of_one_in_units() -> None:
    """The case that was found: strong noise beside the effect, no covariate."""
    rng = np.random.default_rng(7)
    t, x = np.arange(200) % 2, rng.normal(size=200)
    y = 5 + t + 2 * x + rng.normal(size=200)
    study = Experiment("y", "t")
    small, large = (
        causal.estimate({"y": factor * y, "t": t}, study, seed=1).answer.draws / factor
        for factor in (1.0, 1e9)
    )
    assert_same(large, small)


@pytest.mark.parametrize(("factor", "shift"), CHANGES)
def test_a_fleet_does_not_depend_on_the_outcomes_unit(frame, factor, shift):
    usual = bi.fit_many("y ~ x", frame, by="g", seed=1).summary()
    other = {**frame, "y": changed(frame["y"], factor, shift)}
    found = bi.fit_many("y ~ x", other, by="g", seed=1).summary()
    assert np.allclose(found["sd"], factor * usual["sd"], rtol=1e-6)
