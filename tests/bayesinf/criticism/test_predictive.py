from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.criticism import predictive
from bayesinf.criticism.predictive import (
    bayesian_r2,
    predictive_table,
    replicate,
    replicated_statistics,
    replications,
)
from tests.conftest import within


@pytest.fixture(scope="module")
def line() -> bi.Fit:
    return bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)


def counts(seed: int, zeros: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=150)
    y = rng.poisson(np.exp(1 + 0.3 * x)) * (rng.random(150) > zeros)
    return pd.DataFrame({"x": x, "y": y})


def test_replicates_have_the_predictive_moments(line: bi.Fit) -> None:
    values = np.concatenate([part for _, part in replicate(line.posterior, 1000)], axis=1)
    expected = line.predict(bi.examples.sleepstudy())
    assert values.shape == (1000, 180)
    assert within(values.mean(axis=0), expected["mean"].to_numpy(), expected["sd"] / np.sqrt(1000))


def test_statistics_do_not_depend_on_the_stretches(
    line: bi.Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.concatenate([part for _, part in replicate(line.posterior, 1000)], axis=1)
    found = replicated_statistics(line.posterior)
    assert np.allclose(found["mean"], whole.mean(axis=1))
    assert np.allclose(found["sd"], whole.std(axis=1, ddof=1))
    assert np.array_equal(found["max"], whole.max(axis=1))
    monkeypatch.setattr(predictive, "LARGEST_BLOCK", 50_000)
    parts = list(replicate(line.posterior, 1000))
    assert [part.stop - part.start for part, _ in parts] == [50, 50, 50, 30]
    joined = np.concatenate([values for _, values in parts], axis=1)
    again = replicated_statistics(line.posterior)
    assert np.allclose(again["sd"], joined.std(axis=1, ddof=1))


def test_the_table_compares_observed_with_replicated(line: bi.Fit) -> None:
    table = predictive_table(line.posterior, prob=0.9)
    response = bi.examples.sleepstudy()["Reaction"]
    assert list(table.index) == ["mean", "sd", "min", "max"]
    assert table.loc["max", "observed"] == response.max()
    values = replicated_statistics(line.posterior)["max"]
    assert table.loc["max", "tail"] == pytest.approx((values > response.max()).mean())
    assert table.loc["max", ["lower", "upper"]].tolist() == pytest.approx(
        np.quantile(values, [0.05, 0.95]).tolist()
    )


def test_counts_have_a_share_of_zeros_and_ties_count_half() -> None:
    fit = bi.fit("y ~ x", counts(1, 0.0), "poisson", seed=1)
    table = predictive_table(fit.posterior)
    assert "share of zeros" in table.index
    values = replicated_statistics(fit.posterior)["min"]
    assert table.loc["min", "tail"] == pytest.approx(
        (values > 0).mean() + 0.5 * (values == 0).mean()
    )


def test_binary_outcomes_have_only_a_mean() -> None:
    frame = counts(1, 0.0).assign(b=lambda f: f["y"] > 2)
    assert list(predictive_table(bi.fit("b ~ x", frame, "bernoulli", seed=1).posterior).index) == [
        "mean"
    ]


def test_r2_is_the_explained_share_of_variance(line: bi.Fit) -> None:
    values = line.posterior.values
    days = bi.examples.sleepstudy()["Days"].to_numpy()
    explained = values.coefficients[..., 1] ** 2 * days.var()
    share = explained / (explained + values.parameters[..., 0] ** 2)
    assert bayesian_r2(line.posterior).loc["bayesian_r2", "mean"] == pytest.approx(share.mean())


def test_fewer_data_sets_where_there_are_many_rows() -> None:
    assert [replications(n) for n in (10, 40_000, 10**7)] == [1000, 500, 200]
