"""Diagnostics against ArviZ, column by column, on draws with every awkward feature."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest
from arviz_stats.base import array_stats

from bayesinf.numerics import diagnostics
from tests.conftest import within


def autoregressive(rng: np.random.Generator, phi: float, chains: int, length: int) -> np.ndarray:
    noise = rng.normal(size=(chains, length))
    path = np.empty_like(noise)
    path[:, 0] = noise[:, 0] / np.sqrt(1.0 - phi**2)
    for t in range(1, length):
        path[:, t] = phi * path[:, t - 1] + noise[:, t]
    return path


def awkward_draws(chains: int, length: int) -> np.ndarray:
    """Slow, antithetic, heavy-tailed, tied, drifting, two-valued and disagreeing columns."""
    rng = np.random.default_rng(7)
    slow = autoregressive(rng, 0.9, chains, length)
    fast = autoregressive(rng, -0.6, chains, length)
    columns = [
        rng.normal(size=(chains, length)),
        slow,
        fast,
        rng.standard_cauchy(size=(chains, length)),
        np.round(slow),
        np.repeat(rng.normal(size=(chains, -(-length // 3))), 3, axis=1)[:, :length],
        np.linspace(0.0, 3.0, length) + rng.normal(size=(chains, length)),
        (rng.random((chains, length)) < 0.5).astype(float),
        (rng.random((chains, length)) < 0.01 + 1.0 / length).astype(float),
        rng.normal(size=(chains, length)) + np.arange(chains)[:, np.newaxis],
        1e-9 * slow + 5.0,
    ]
    return np.stack(columns, axis=-1)


CASES = [(4, 1000), (4, 7), (2, 101), (1, 250), (8, 64), (3, 4), (4, 5), (4, 6), (2, 9), (4, 12)]


@pytest.mark.parametrize(("chains", "length"), CASES)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (diagnostics.ess_bulk, lambda x: array_stats.ess(x, method="bulk")),
        (diagnostics.ess_tail, lambda x: array_stats.ess(x, method="tail", prob=(0.05, 0.95))),
        (diagnostics.mcse_mean, lambda x: array_stats.mcse(x, method="mean")),
    ],
    ids=["ess_bulk", "ess_tail", "mcse_mean"],
)
def test_sizes_equal_arviz(ours, theirs, chains, length):
    draws = awkward_draws(chains, length)
    varying = np.ptp(draws, axis=(0, 1)) > 0
    assert varying.sum() >= 10
    expected = theirs(np.moveaxis(draws, -1, 0))
    np.testing.assert_allclose(ours(draws)[varying], expected[varying], rtol=1e-9)


@pytest.mark.parametrize(("chains", "length"), [case for case in CASES if case[0] > 1])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning:arviz_stats")
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning:arviz_stats")
def test_r_hat_equals_arviz(chains, length):
    draws = awkward_draws(chains, length)
    expected = array_stats.rhat(np.moveaxis(draws, -1, 0))
    np.testing.assert_allclose(diagnostics.r_hat(draws), expected, rtol=1e-9)


def test_together_is_the_same_as_one_by_one():
    draws = np.concatenate([awkward_draws(4, 200)] * 7, axis=-1).reshape(4, 200, 7, 11)
    together = diagnostics.diagnose(draws)
    assert together.r_hat.shape == (7, 11)
    np.testing.assert_array_equal(together.r_hat, diagnostics.r_hat(draws))
    np.testing.assert_array_equal(together.ess_bulk, diagnostics.ess_bulk(draws))
    np.testing.assert_array_equal(together.ess_tail, diagnostics.ess_tail(draws))
    np.testing.assert_array_equal(together.mcse_mean, diagnostics.mcse_mean(draws))


def test_one_parameter_may_come_without_an_axis():
    draws = awkward_draws(4, 100)[..., 1]
    assert diagnostics.ess_bulk(draws).shape == ()
    assert diagnostics.ess_bulk(draws) == diagnostics.ess_bulk(draws[..., np.newaxis])[0]


def test_what_cannot_be_judged_is_nan_and_leaves_its_neighbours_alone():
    draws = np.random.default_rng(1).normal(size=(4, 100, 5))
    clean = diagnostics.diagnose(draws)
    spoiled = draws.copy()
    spoiled[..., 1] = 3.25
    spoiled[2, 50, 2] = np.nan
    spoiled[2, 50, 3] = np.inf
    result = diagnostics.diagnose(spoiled)
    for name in ("r_hat", "ess_bulk", "ess_tail", "mcse_mean"):
        values = getattr(result, name)
        assert np.isnan(values[1:4]).all(), name
        np.testing.assert_array_equal(values[[0, 4]], getattr(clean, name)[[0, 4]])


def test_too_few_chains_or_draws_are_nan():
    draws = np.random.default_rng(1).normal(size=(1, 100, 2))
    assert np.isnan(diagnostics.r_hat(draws)).all()
    assert np.isfinite(diagnostics.ess_bulk(draws)).all()
    assert np.isnan(diagnostics.ess_bulk(np.ones((4, 3, 2)) * np.arange(3)[:, np.newaxis])).all()


def test_chains_stuck_at_different_places_have_infinite_r_hat():
    draws = np.repeat(np.arange(4.0)[:, np.newaxis], 50, axis=1)
    assert diagnostics.r_hat(draws) == np.inf


def test_effective_size_of_an_autoregression_is_the_theoretical_one():
    phi, chains, length = 0.7, 4, 20_000
    draws = autoregressive(np.random.default_rng(3), phi, chains, length)
    exact = chains * length * (1.0 - phi) / (1.0 + phi)
    # The estimate's own relative error at this length is about 2 %.
    assert diagnostics.ess_bulk(draws) == pytest.approx(exact, rel=0.08)


def test_bfmi_equals_arviz():
    energy = autoregressive(np.random.default_rng(5), 0.8, 4, 500)
    np.testing.assert_allclose(diagnostics.bfmi(energy), array_stats.bfmi(energy), rtol=1e-12)


@pytest.mark.timing
def test_a_table_of_fifty_parameters_takes_milliseconds():
    draws = np.random.default_rng(0).normal(size=(4, 1000, 50))
    diagnostics.diagnose(draws)
    seconds = []
    for _ in range(5):
        start = perf_counter()
        diagnostics.diagnose(draws)
        seconds.append(perf_counter() - start)
    # Measured 0.04 s; ArviZ takes 0.5 s. The bound leaves room for a busy machine.
    assert min(seconds) < 0.2


@pytest.mark.parametrize("kind", ["normal", "exponential", "uniform"])
def test_the_error_of_an_sd_is_that_of_many_runs(kind):
    rng = np.random.default_rng(9)
    draws = {
        "normal": lambda size: rng.normal(size=size),
        "exponential": lambda size: rng.exponential(size=size),
        "uniform": lambda size: rng.random(size),
    }[kind]((4, 500, 1000))
    kurtosis = {"normal": 3.0, "exponential": 9.0, "uniform": 1.8}[kind]
    sd = {"normal": 1.0, "exponential": 1.0, "uniform": 12**-0.5}[kind]
    exact = sd * np.sqrt((kurtosis - 1) / 4 / 2000)
    found = draws.std((0, 1), ddof=1)
    assert within(found.std(), exact, exact / np.sqrt(2 * 1000))
    # The smaller of two estimated sizes is a little below the number of independent draws.
    assert 0.98 < np.median(diagnostics.mcse_sd(draws)) / exact < 1.08


def test_the_error_of_an_sd_knows_chains_that_move_slowly():
    rng, rho = np.random.default_rng(10), 0.9
    noise = rng.normal(size=(4, 2000, 400)) * np.sqrt(1 - rho**2)
    draws = np.empty_like(noise)
    draws[:, 0] = rng.normal(size=(4, 400))
    for step in range(1, 2000):
        draws[:, step] = rho * draws[:, step - 1] + noise[:, step]
    spread = draws.std((0, 1), ddof=1).std()
    # Squares move faster than the draws, whose effective size is on the safe side.
    assert 1.0 < np.median(diagnostics.mcse_sd(draws)) / spread < 1.5
    assert np.isnan(diagnostics.mcse_sd(np.full((4, 100), 2.0)))
