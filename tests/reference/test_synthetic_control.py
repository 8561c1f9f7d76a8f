"""Proposition 99 and the Basque Country against published and recomputed numbers."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from causal.answer import Computation
from causal.estimate import run
from causal.studies.synthetic_control import SyntheticControl
from causal.synthetic.block import read_block
from causal.synthetic.donors import Block, Counterfactual, DiD, Simplex, SyntheticDiD
from causal.synthetic.placebo import refit_placebos
from causal.synthetic.simplex import FrankWolfe
from tests.reference.truths import truth

PROP99 = ("PacksPerCapita", "State", "Year")
BEGINS = 1989


@pytest.fixture(scope="module")
def smoking(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "causal" / "california_prop99.csv")


@pytest.fixture(scope="module")
def california(smoking) -> Block:
    return read_block(smoking, PROP99, ("California",), BEGINS, None).block


@pytest.mark.parametrize(
    ("method", "name"),
    [(SyntheticDiD(FrankWolfe()), "sdid"), (Simplex(FrankWolfe()), "sc"), (DiD(), "did")],
)
def test_the_numbers_of_the_r_package(california, shared_data, method, name):
    # R synthdid stops after 10,000 steps; with its steps and its stopping rule its numbers follow.
    value, tolerance = truth(shared_data, "causal/prop99_synthdid_pkg")["values"][name]
    assert method.fit(california).effect == pytest.approx(value, abs=tolerance)


def test_the_exact_minimum_is_near_them(california, shared_data):
    values = truth(shared_data, "causal/prop99_synthdid_pkg")["values"]
    # The minimum has a smaller objective; it moves the effects by 0.0016 and 0.106.
    exact, stopped = SyntheticDiD().fit(california), SyntheticDiD(FrankWolfe()).fit(california)
    assert exact.effect == pytest.approx(values["sdid"][0], abs=0.002)
    columns, target, ridge = SyntheticDiD().columns(california)

    def objective(units: np.ndarray) -> float:
        return float(ridge**2 * units @ units + np.mean((columns @ units - target) ** 2))

    assert objective(exact.units) < objective(stopped.units)
    assert Simplex().fit(california).effect == pytest.approx(values["sc"][0], abs=0.11)
    assert Simplex().fit(california).misfit < Simplex(FrankWolfe()).fit(california).misfit


def test_the_weights_of_abadie_diamond_and_hainmueller(california, smoking, shared_data):
    values = truth(shared_data, "causal/prop99_adh2010_weights")["values"]
    names = sorted(set(smoking["State"]) - {"California"})
    units = np.array([values.get(name, [0.0])[0] for name in names])
    fit = Counterfactual(california, units, np.zeros(california.before), 0.0)
    assert fit.effect == pytest.approx(values["mean_gap_1989_2000"][0], abs=0.001)
    assert fit.gaps[-1] == pytest.approx(values["gap_2000"][0], abs=0.001)
    assert fit.misfit == pytest.approx(values["pre_rmspe"][0], abs=0.001)


@pytest.mark.parametrize("method", [SyntheticDiD(), Simplex(), DiD()])
def test_the_interval_is_at_least_half_as_wide_as_the_placebos(smoking, method):
    study = SyntheticControl(*PROP99, "California", BEGINS, method)
    found = run(study, smoking, Computation(seed=1))
    line = found.summary(0.95).iloc[0]
    spread = found.tables["placebos in space"]["effect"].std()
    assert line["upper"] - line["lower"] >= 0.5 * 2 * 1.96 * spread
    assert found.verdict.ok


@pytest.mark.timing
def test_placebos_and_a_panel_like_brexit_take_seconds(california, shared_data):
    started = time.perf_counter()
    refit_placebos(SyntheticDiD(), california, np.random.default_rng(1))
    assert time.perf_counter() - started < 10
    wide = pd.read_csv(shared_data / "causal" / "causalpy_GDP_in_dollars_billions.csv")
    long = wide.melt("Time", var_name="country", value_name="gdp")
    started = time.perf_counter()
    study = SyntheticControl("gdp", "country", "Time", "UK", "2016-07-01", Simplex())
    run(study, long, Computation(seed=1))
    assert time.perf_counter() - started < 5
