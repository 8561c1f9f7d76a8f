"""Sensitivity against published numbers: Darfur of sensemakr, and the E-values of two papers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal.sensitivity import AsStrongAs, Unmeasured, covariate_strengths, sensitivity
from causal.sensitivity.omitted import (
    Confounder,
    adjust_draws,
    benchmark_strength,
    bias_factor,
    extreme_treatment,
    robustness_at_level,
    robustness_value,
)
from causal.sensitivity.risk_ratio import e_values

# Cinelli, Ferwerda and Hazlett, sensemakr: the Darfur example, which the package's own tests pin.
ESTIMATE, ERROR, T_VALUE, DOF = 0.09731582, 0.02325654, 4.18445, 783
BOUNDS = {
    1.0: (0.00916428667504862, 0.12464092303637, 0.0752202712144491, 0.0218733277437572),
    2.0: (0.0183285733500972, 0.249324064199975, 0.0529151723844518, 0.0203500620779637),
    3.0: (0.0274928600251459, 0.374050471038094, 0.0303960234641548, 0.0186700648170924),
}
"""Times as strong as `female`: partial R2 with treatment and outcome, estimate and error left."""


def test_robustness_values_of_darfur(shared_data):
    gold = json.loads((shared_data / "causal" / "GOLD.json").read_text())["darfur_sensemakr"]
    strength = gold["t"] / np.sqrt(gold["dof"])
    assert gold["estimate"] / gold["se"] == pytest.approx(gold["t"], abs=1e-3)
    assert robustness_value(strength) == pytest.approx(gold["rv_q1"], abs=5e-5)
    assert robustness_at_level(strength, gold["dof"], 0.05) == pytest.approx(
        gold["rv_q1_a05"], abs=5e-5
    )
    assert extreme_treatment(strength, 1.0) == pytest.approx(gold["partial_r2"], abs=5e-5)


@pytest.mark.parametrize("times", [2.0, 3.0])
def test_multiples_of_a_benchmark_of_darfur(times):
    # The partial R2 of `female` itself follow from the bound for one time as strong.
    first, second = BOUNDS[1.0][:2]
    treatment = first / (1 + first)
    shared = treatment**2 / (1 - treatment) ** 2
    ratio = (1 + np.sqrt(shared)) ** 2 / (1 - shared)
    outcome = second / (ratio + second)
    once = benchmark_strength(treatment, outcome, 1.0)
    assert (float(once.treatment), float(once.outcome)) == pytest.approx((first, second))
    found = benchmark_strength(treatment, outcome, times)
    assert float(found.treatment) == pytest.approx(BOUNDS[times][0], rel=1e-10)
    assert float(found.outcome) == pytest.approx(BOUNDS[times][1], rel=1e-10)


@pytest.mark.parametrize("times", BOUNDS)
def test_what_is_left_of_the_effect_in_darfur(times):
    treatment, outcome, left, error = BOUNDS[times]
    scale = ERROR * np.sqrt(DOF)
    assert ESTIMATE - scale * bias_factor(treatment, outcome) == pytest.approx(left, abs=1e-7)
    noise = np.random.default_rng(1).normal(size=(4, 1000))
    draws = ESTIMATE + ERROR * (noise - noise.mean()) / noise.std()
    found = adjust_draws(draws, scale, Confounder(treatment, outcome), 1.0)
    assert found.mean() == pytest.approx(left, abs=1e-7)
    assert found.std() * np.sqrt(DOF / (DOF - 1)) == pytest.approx(error, rel=1e-5)


def test_e_values_of_the_paper():
    # VanderWeele and Ding (2017): 3.9 (1.8, 8.7) has E-value 7.26 and 3.0; 0.80 (0.71, 0.91) has
    # 1.81 and 1.43.
    assert e_values(np.array([3.9, 1.8, 0.80, 0.91])) == pytest.approx(
        [7.26, 3.0, 1.81, 1.43], abs=0.005
    )


NHEFS = [
    "sex",
    "race",
    "age",
    "education",
    "smokeintensity",
    "smokeyrs",
    "exercise",
    "active",
    "wt71",
]


@pytest.fixture(scope="module")
def nhefs() -> causal.Estimate:
    return causal.estimate(bi.examples.nhefs(), "wt82_71", "qsmk", adjust=NHEFS, seed=1)


def test_no_covariate_of_nhefs_is_strong_enough_to_explain_it_away(nhefs):
    found = sensitivity(nhefs)
    table = found.benchmarks()
    assert set(table["covariate"]) == set(NHEFS)
    assert table["covariate"].iloc[0] == "age"
    assert (table["lower"] > 0).all()
    assert found.chance() > 0.99
    assert 0.12 < found.strengths["robustness value"].mean() < 0.25


def test_the_benchmark_of_the_issue_is_a_line(nhefs):
    found = sensitivity(nhefs, AsStrongAs("smokeintensity", times=bi.HalfNormal(2.0)))
    assert "'smokeintensity'" in found.sentence()
    estimated, left = (found.draws[name] for name in ("as estimated", "bias against it"))
    assert left.mean() < estimated.mean()
    assert left.std() > estimated.std()


def test_a_strong_enough_confounder_takes_nhefs_to_zero(nhefs):
    value = float(sensitivity(nhefs).strengths["robustness value"].mean())
    found = sensitivity(nhefs, Unmeasured(value, value))
    left = found.draws["bias against it"]
    assert abs(left.mean()) < 0.2 * nhefs.draws.std()
    assert found.finding().severity == "warning"
    assert (covariate_strengths(nhefs) < value).all(axis=None)
