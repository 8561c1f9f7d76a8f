"""Posteriors of few unknowns against a dense grid, and leave-one-out against exact refits there.

`python -m benchmarks.grids` sets every engine beside every grid; here are the quick ones.
"""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.criticism.loo import loo
from bayesinf.engine import Engine
from bayesinf.numerics.random import Streams
from benchmarks import grids
from benchmarks.grids import beside, case_named, cases, frame, left_out, log_posterior, moments
from tests.conftest import within

DRAWS = 20_000
WITHOUT_GROUPS = [case.name for case in cases() if not case.grouped and case.name != "gaussian"]


@pytest.mark.parametrize("name", WITHOUT_GROUPS)
def test_the_mode_corrected_by_weights(name: str) -> None:
    check(name, bi.Laplace(draws=DRAWS))


def test_the_closed_form() -> None:
    check("gaussian", bi.Conjugate(draws=DRAWS))


@pytest.mark.parametrize("engine", [bi.HMC(draws=4000), bi.Quadrature(draws=4000)], ids=repr)
def test_group_effects(engine: Engine) -> None:
    check("binomial, groups", engine)


def check(name: str, engine: Engine) -> None:
    found = beside(case_named(name), engine)
    assert found.ok
    assert found.mean < 4.0
    assert found.sd < 4.0
    assert found.shift < 0.1


@pytest.mark.parametrize("name", ["bernoulli, cloglog", "gaussian, log"])
def test_a_finer_grid_says_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = moments(name)
    monkeypatch.setattr(grids, "STEP", {2: 0.15})
    monkeypatch.setattr(grids, "grid_posterior", grids.grid_posterior.__wrapped__)
    for unknown, numbers in moments(name).items():
        np.testing.assert_allclose(here[unknown], numbers, rtol=1e-5)


def test_an_integrated_grid_is_the_joint_one() -> None:
    """One effect per group, integrated by the rule and by hand at one point."""
    case = case_named("poisson, groups")
    point, y = np.array([0.7, -0.4]), frame()["c"].to_numpy(dtype=float)
    effects = np.linspace(-6.0, 6.0, 4001) * np.exp(-0.4)
    prior = np.exp(-0.5 * (effects / np.exp(-0.4)) ** 2) / np.sqrt(2 * np.pi) / np.exp(-0.4)
    total = 0.0
    for level in "abcdef":
        own = y[(frame()["g"] == level).to_numpy()]
        mass = np.exp(case.rows(own, 0.7 + effects[:, None], []).sum(axis=1)) * prior
        total += np.log(np.trapezoid(mass, effects))
    other = log_posterior(case, np.array([[0.7, -0.4], [0.7, -0.4]]))
    assert other[0] == other[1]
    model = case.model()
    stated = float(model.priors["Intercept"].log_density(point[0]))
    stated += float(model.priors["sd:g:Intercept"].log_density(np.exp(point[1]))) + point[1]
    assert other[0] == pytest.approx(total + stated, abs=1e-8)


def test_the_comparison_can_fail() -> None:
    """Another prior moves the mean by a fifth of an sd, and 20,000 draws see it."""
    case = case_named("poisson")
    posterior = bi.Laplace(draws=DRAWS).run(
        bi.model(case.formula, frame(), case.family, priors={"x": bi.Normal(0, 0.3)}), Streams(1)
    )
    mean, sd = moments("poisson")["x"]
    assert abs(posterior.values.coefficients[..., 1].mean() - mean) > 8 * sd / np.sqrt(DRAWS)


@pytest.mark.parametrize("name", ["bernoulli, cloglog", "poisson", "student t, known errors"])
def test_leave_one_out_is_that_of_exact_refits(name: str) -> None:
    posterior = bi.Laplace(draws=DRAWS).run(case_named(name).model(), Streams(2))
    found = loo(posterior)
    likelihood = posterior.tree["log_likelihood"][case_named(name).outcome].to_numpy()
    ratios = np.exp(-likelihood.reshape(DRAWS, -1))
    error = ratios.std(axis=0) / ratios.mean(axis=0) / np.sqrt(DRAWS)
    trusted = found.k_hats < 0.7
    assert trusted.sum() >= 22
    within(found.pointwise[trusted], left_out(name)[trusted], (error + 2e-4)[trusted])
    assert np.all(error[trusted] < 0.02)
