"""Resampling keeps expectations; copies of draws are never counted as more than they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.errors import RefitNeeded
from bayesinf.model import pointwise
from bayesinf.updating.reweighting import (
    effective_draws,
    new_log_likelihood,
    resample,
    reweight,
)


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"x": rng.normal(size=500), "w": rng.integers(0, 3, 500)})
    return frame.assign(y=rng.poisson(np.exp(0.4 + 0.3 * frame["x"])))


@pytest.fixture(scope="module")
def fit(counts: pd.DataFrame) -> bi.Fit:
    return bi.fit("y | weights(w) ~ x", counts[:400], family="poisson", seed=1)


def test_the_likelihood_of_new_rows_is_scipys(fit: bi.Fit, counts: pd.DataFrame) -> None:
    from scipy import stats

    new = counts[400:]
    found = new_log_likelihood(fit.posterior, fit.model.on(new))
    coefficients = fit.posterior.values.coefficients.reshape(-1, 2)
    for draw in (0, 1999, 3999):
        mean = np.exp(coefficients[draw, 0] + coefficients[draw, 1] * new["x"])
        wanted = float((new["w"] * stats.poisson.logpmf(new["y"], mean)).sum())
        assert found[draw] == pytest.approx(wanted, rel=1e-10)


def test_stretches_of_rows_add_up(
    fit: bi.Fit, counts: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = fit.model.on(counts[400:])
    at_once = new_log_likelihood(fit.posterior, new)
    monkeypatch.setattr(pointwise, "LARGEST_BLOCK", 4000 * 7)
    np.testing.assert_allclose(new_log_likelihood(fit.posterior, new), at_once, rtol=1e-12)


def test_systematic_resampling_misses_no_expected_number_by_one() -> None:
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.full(300, 0.3))
    chosen = resample(weights, 1000, rng)
    assert np.all(np.diff(chosen) >= 0)
    counted = np.bincount(chosen, minlength=300)
    assert np.all(np.abs(counted - 1000 * weights) < 1.0)


def test_rows_that_say_nothing_change_no_draw(fit: bi.Fit, counts: pd.DataFrame) -> None:
    new = fit.model.on(counts[400:])
    silent = replace(new, design=replace(new.design, weights=np.zeros(len(new.design.response))))
    step = reweight(fit.posterior, silent)
    assert step.effective == pytest.approx(4000)
    np.testing.assert_array_equal(step.index.ravel(), np.arange(4000))


def test_effective_draws_are_kishs_for_independent_draws() -> None:
    rng = np.random.default_rng(2)
    log_ratios = rng.normal(size=(4, 1000))
    weights = np.exp(log_ratios).ravel() / np.exp(log_ratios).sum()
    found = effective_draws(weights, np.ones(4000), log_ratios)
    kish = 1.0 / float((weights**2).sum())
    assert 0.8 * kish < found <= kish


def test_sticky_chains_are_worth_less() -> None:
    rng = np.random.default_rng(2)
    log_ratios = np.repeat(rng.normal(size=(4, 100)), 10, axis=1)
    weights = np.exp(log_ratios).ravel() / np.exp(log_ratios).sum()
    found = effective_draws(weights, np.ones(4000), log_ratios)
    assert found < 0.25 / float((weights**2).sum())


def test_copies_count_once(fit: bi.Fit, counts: pd.DataFrame) -> None:
    """A chain of updates is never worth more than one update with all of its rows."""
    parts = [counts[start : start + 25] for start in range(400, 500, 25)]
    at_once = reweight(fit.posterior, fit.model.on(counts[400:]))
    posterior, worth = fit.posterior, []
    for part in parts:
        step = reweight(posterior, fit.model.on(part))
        worth.append(step.effective)
        posterior = bi.Fit(posterior).update(part).posterior
    assert worth == sorted(worth, reverse=True)
    # Each resampling costs something, so that the chain is worth less; the last part alone, judged
    # as if its draws were all different, would claim several times more.
    assert 0.4 * at_once.effective < worth[-1] < 1.05 * at_once.effective
    ratios = new_log_likelihood(posterior, fit.model.on(parts[-1]))
    naive = np.exp(ratios - ratios.max())
    assert naive.sum() ** 2 / (naive**2).sum() > 2.0 * worth[-1]
    assert len(np.unique(posterior.statistics["source_draw"])) >= worth[-1]


def test_summaries_do_not_count_copies_as_draws(fit: bi.Fit, counts: pd.DataFrame) -> None:
    moved = fit.update(counts[400:])
    step = reweight(fit.posterior, fit.model.on(counts[400:]))
    sizes = moved.summary()["ess_bulk"]
    assert sizes.max() < 1.35 * step.effective


def test_impossible_rows_are_refused_with_both_numbers(
    fit: bi.Fit, counts: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = fit.model.on(counts[400:])
    from bayesinf.updating import reweighting

    monkeypatch.setattr(reweighting, "new_log_likelihood", lambda *_: np.full(4000, -np.inf))
    with pytest.raises(RefitNeeded, match="k-hat inf, 0 effective draws"):
        reweighting.reweight(fit.posterior, new)
