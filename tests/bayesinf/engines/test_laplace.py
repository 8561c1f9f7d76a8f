"""laplace: what is known to be concave needs one start, and the draws are those of NUTS."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.engines import laplace
from bayesinf.engines.laplace import single_mode


@pytest.fixture(scope="module")
def frame() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(11)
    x = rng.normal(size=90)
    rate = np.exp(0.4 + 0.5 * x)
    return {
        "x": x,
        "event": (rng.random(90) < 1 / (1 + np.exp(-x))).astype(int),
        "count": rng.poisson(rate),
        "spread": rng.negative_binomial(2.0, 2.0 / (2.0 + rate)),
    }


@pytest.mark.parametrize(
    ("outcome", "family", "priors", "holds"),
    [
        ("event", "bernoulli", {}, True),
        ("count", "poisson", {"x": bi.Normal(0, 1)}, True),
        ("event", "bernoulli", {"x": bi.StudentT(3, 0, 1)}, False),
        ("spread", "negative_binomial", {}, False),
    ],
)
def test_one_mode_is_claimed_only_where_it_is_proven(frame, outcome, family, priors, holds):
    model = bi.model(f"{outcome} ~ x", frame, family, priors)
    assert single_mode(model).holds == holds
    fit = bi.fit(model, engine="laplace", seed=1)
    assert ("one-mode" in {finding.code for finding in fit.verdict.findings}) == holds


def test_the_draws_are_those_of_nuts(frame, within):
    one = bi.fit("spread ~ x", frame, "negative_binomial", engine="laplace", seed=1).summary()
    other = bi.fit("spread ~ x", frame, "negative_binomial", engine="nuts", seed=2).summary()
    error = np.hypot(one.mcse, other.mcse).to_numpy()
    assert within(one["mean"].to_numpy(), other["mean"].to_numpy(), error)
    np.testing.assert_allclose(one["sd"], other["sd"], rtol=0.1)


def test_many_rows_are_drawn_from_the_normal_limit(monkeypatch, within):
    rng = np.random.default_rng(5)
    x = rng.normal(size=10_000)
    frame = {"x": x, "count": rng.poisson(np.exp(1.0 + 0.3 * x))}
    monkeypatch.setattr(laplace, "MANY_ROWS", 10_001)
    exact = bi.fit("count ~ x", frame, "poisson", engine="laplace", seed=1)
    assert not exact.posterior.independent
    monkeypatch.setattr(laplace, "MANY_ROWS", 10_000)
    normal = bi.fit("count ~ x", frame, "poisson", engine="laplace", seed=2)
    assert normal.posterior.independent
    (finding,) = [found for found in normal.verdict.findings if found.code == "near-normal"]
    assert 0.0 < finding.evidence["distance"] < laplace.NEAR
    one, other = normal.summary(), exact.summary()
    assert within(one["mean"], other["mean"], np.hypot(one["mcse"], other["mcse"]))
    np.testing.assert_allclose(one["sd"], other["sd"], rtol=0.06)


def test_nearly_normal_posteriors_are_weighed_from_light_proposals(frame, monkeypatch, within):
    usual = bi.fit("count ~ x", frame, "poisson", engine="laplace", seed=1).summary()
    monkeypatch.setattr(laplace, "MANY_ROWS", 50)
    monkeypatch.setattr(laplace, "CLOSE", 1.0)
    monkeypatch.setattr(laplace, "sample_certified", None)
    light = bi.fit("count ~ x", frame, "poisson", engine="laplace", seed=2)
    assert light.posterior.values.count == laplace.FEW * 4
    one = light.summary()
    assert one["ess_bulk"].min() > 1000
    assert within(one["mean"], usual["mean"], np.hypot(one["mcse"], usual["mcse"]))


def test_few_informative_rows_among_many_are_sampled_exactly(monkeypatch):
    rng = np.random.default_rng(6)
    x = rng.normal(size=5000)
    frame = {"x": x, "event": (rng.random(5000) < 0.002).astype(int)}
    monkeypatch.setattr(laplace, "MANY_ROWS", 1000)
    fit = bi.fit("event ~ x", frame, "bernoulli", engine="laplace", seed=1)
    codes = {finding.code for finding in fit.verdict.findings}
    assert "near-normal" not in codes
    assert "k-hat" in codes
    assert fit.summary()["ess_bulk"].min() > 1000
