"""A model of distinct rows has the density of all rows, up to nothing but rounding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.model.aggregation import aggregate, duplicated_rows
from bayesinf.model.density import evidence_of, joint_density, signature_of
from bayesinf.posterior.target import target_of


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 600
    return pd.DataFrame(
        {
            "event": rng.integers(0, 2, n),
            "count": rng.poisson(1.0, n),
            "trials": rng.integers(1, 3, n),
            "rounded": rng.normal(0.0, 1.0, n).round(),
            "g": rng.choice(list("abc"), n),
            "x": rng.choice([-1.0, 0.5], n),
            "w": rng.integers(1, 4, n),
            "exposure": rng.choice([1.0, 2.0], n),
        }
    ).assign(hits=lambda d: np.minimum(d["count"], d["trials"]))


CASES = [
    ("event ~ x + g", "bernoulli"),
    ("event | weights(w) ~ x + (x | g)", "bernoulli"),
    ("hits | trials(trials) ~ g", "binomial"),
    ("count ~ x + offset(log(exposure))", "poisson"),
    ("count ~ g", "negative_binomial"),
    ("rounded ~ x", "gaussian"),
]


@pytest.mark.parametrize(("formula", "family"), CASES, ids=str)
def test_the_density_is_that_of_all_rows(frame, formula, family):
    model = bi.model(formula, frame, family)
    fewer = aggregate(model)
    assert len(fewer.design.response) < 0.2 * len(frame)
    assert fewer.design.weights is not None
    total = len(frame) if model.design.weights is None else model.design.weights.sum()
    assert fewer.design.weights.sum() == total
    density = joint_density(signature_of(model))
    flat = np.random.default_rng(1).normal(0.0, 0.5, (6, model.layout.size))
    expected = density(flat, evidence_of(model))
    np.testing.assert_allclose(density(flat, evidence_of(fewer)), expected, rtol=1e-12)


def test_few_rows_or_many_give_the_same_posterior(frame, within):
    fit = bi.fit("event ~ x + g", frame, "bernoulli", seed=1)
    plain = bi.fit(
        "event ~ x + g", frame.assign(x=frame.x + 1e-9 * np.arange(600)), "bernoulli", seed=2
    )
    assert target_of(fit.model).rows < 20
    assert target_of(plain.model).rows == 600
    one, other = fit.summary(), plain.summary()
    error = np.hypot(one.mcse, other.mcse)
    assert within(one["mean"].to_numpy(), other["mean"].to_numpy(), error.to_numpy())


def test_pointwise_likelihoods_keep_the_rows_as_given(frame):
    fit = bi.fit("event ~ x + g", frame, "bernoulli", seed=1)
    assert fit.posterior.provenance.rows == 600
    assert len(fit.model.design.response) == 600
    assert fit.posterior.model.design.weights is None


def test_the_fact_says_how_many_rows_are_left(frame):
    few = duplicated_rows(bi.model("event ~ g", frame, "bernoulli"))
    assert few.holds
    assert (few.rows, few.distinct) == (600, 6)
    assert "only 6 of 600 rows are different" in few.reason
    many = duplicated_rows(bi.model("y ~ x", {"y": np.arange(9.0), "x": np.arange(9.0) ** 2}))
    assert not many.holds
    assert many.distinct == 9
