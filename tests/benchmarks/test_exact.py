"""Moments without a sampler, against the draws of engines that know nothing of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayesinf as bi
from benchmarks.exact import expansion, quadrature
from benchmarks.simulate import linear, logistic
from tests.conftest import within


def test_quadrature_has_the_moments_of_the_draws() -> None:
    model = bi.model("y ~ x1 + x2 + x3", linear(60, 3, 1).assign(x3=lambda f: f.x3 + 10))
    moments = quadrature(model)
    fit = bi.fit(model, draws=20_000, seed=1)
    table = fit.summary()
    assert list(moments) == list(table.index)
    for name, (mean, sd, *errors) in moments.items():
        within(table.loc[name, "mean"], mean, table.loc[name, "mcse"])
        within(table.loc[name, "sd"], sd, sd / np.sqrt(table.loc[name, "ess_bulk"]))
        assert errors == [0.0, 0.0]


def test_quadrature_of_a_mean_is_a_double_integral() -> None:
    """Intercept and sigma only, by the trapezoid rule in both, from the densities as written."""
    outcome = np.array([1.0, 2.0, 2.5, 4.0, 0.5])
    priors = {"Intercept": bi.Normal(1, 2), "sigma": bi.HalfNormal(2)}
    moments = quadrature(bi.model("y ~ 1", pd.DataFrame({"y": outcome}), priors=priors))
    level = np.linspace(-14, 16, 1501)[:, None]
    log_sigma = np.linspace(-4, 4, 1201)
    sigma = np.exp(log_sigma)
    squares = ((outcome - level[..., None]) ** 2).sum(axis=-1)
    density = stats.norm.pdf(level, 1, 2) * stats.halfnorm.pdf(sigma, scale=2) * sigma
    weights = density * np.exp(-5 * log_sigma - squares / (2 * sigma**2))
    weights /= weights.sum()
    mean, spread = (weights * level).sum(), (weights * sigma).sum()
    assert moments["Intercept"][0] == pytest.approx(mean, rel=1e-6)
    assert moments["sigma"][0] == pytest.approx(spread, rel=1e-6)
    sd = np.sqrt((weights * (level - mean) ** 2).sum())
    assert moments["Intercept"][1] == pytest.approx(sd, rel=1e-6)


def test_the_expansion_finds_the_mean_beside_the_mode() -> None:
    """In 400 rows skewness moves the mean by a tenth of an sd, which draws can see."""
    frame = logistic(400, 2, 2).assign(x2=lambda f: f.x2 + 3)
    model = bi.model("y ~ x1 + x2", frame, "bernoulli")
    moments = expansion(model)
    table = bi.fit(model, engine="laplace", draws=40_000, seed=1).summary()
    for name, (mean, sd, error, sd_error) in moments.items():
        within(table.loc[name, "mean"], mean, np.hypot(table.loc[name, "mcse"], 0.2 * error))
        within(table.loc[name, "sd"], sd, np.hypot(sd / np.sqrt(20_000), sd_error))


def test_other_models_are_refused() -> None:
    frame = linear(30, 1, 1).assign(g=np.tile(["a", "b", "c"], 10))
    with pytest.raises(ValueError, match="plain regressions"):
        quadrature(bi.model("y ~ x1 + (1 | g)", frame))
    with pytest.raises(ValueError, match="plain regressions"):
        quadrature(bi.model("y ~ x1", frame, priors={"x1": bi.Cauchy(0, 1)}))
