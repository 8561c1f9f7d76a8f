"""Section I of the catalogue: sampling and numerics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
import pytest

import bayesinf as bi
from bayesinf.cli.parser import EXIT_CODES
from bayesinf.criticism.likelihood import LARGEST_TABLE
from bayesinf.criticism.loo import loo
from bayesinf.model import pointwise
from bayesinf.model.pointwise import row_stretches
from bayesinf.numerics.diagnostics import bfmi, diagnose
from bayesinf.numerics.nuts import NutsRun, Progress, run_nuts
from bayesinf.posterior.judgement import judge_chains, judge_nuts
from bayesinf.posterior.verdict import Finding
from tests.awkward.frames import frame
from tests.awkward.row import Handled, NotOffered, Row


def normal_density(position: jax.Array, data: object) -> jax.Array:
    del data
    return -0.5 * jnp.sum(position**2)


@cache
def trajectories() -> NutsRun:
    """A run of the sampler on two independent standard normals."""
    return run_nuts(normal_density, None, np.zeros((4, 2)), warmup=100, draws=100, seed=1)


def of(findings: tuple[Finding, ...], code: str) -> Finding:
    return next(finding for finding in findings if finding.code == code)


def two_columns(draws: int = 500) -> np.ndarray:
    """Independent draws of two quantities, shape (chain, draw, quantity)."""
    return np.random.default_rng(110).normal(size=(4, draws, 2))


# ------------------------------------------------------------------------------------- density


def with_a_hole(y: np.ndarray | None = None) -> None:
    """A standard normal mean that nothing is known of above 0.3, where a factor is no number."""
    m = numpyro.sample("m", dist.Normal(0, 1))
    numpyro.factor("penalty", jnp.where(m > 0.3, jnp.nan, 0.0))
    numpyro.sample("y", dist.Normal(m, 1), obs=y)


def never_finite(y: np.ndarray | None = None) -> None:
    m = numpyro.sample("m", dist.Normal(0, 1))
    numpyro.factor("penalty", jnp.log(-1.0 - m**2))
    numpyro.sample("y", dist.Normal(m, 1), obs=y)


def a_density_with_a_hole_names_its_site() -> None:
    y = np.random.default_rng(109).normal(size=20)
    fit = bi.fit(with_a_hole, data={"y": y}, seed=1, draws=400)
    assert not fit.verdict.ok
    assert "'penalty'" in of(fit.verdict.findings, "broken-density").sentence


def a_density_without_finite_places_is_refused() -> None:
    with pytest.raises(bi.SamplingError) as caught:
        bi.fit(never_finite, data={"y": np.zeros(5)}, seed=1)
    assert caught.value.code == "no-finite-start"
    assert "never_finite" in str(caught.value) and caught.value.hint


# -------------------------------------------------------------------------------------- chains


def frozen_chains_and_infinite_draws_fail() -> None:
    draws = two_columns()
    frozen = draws.copy()
    frozen[2] = frozen[2, 0]
    assert of(judge_chains(["a", "b"], frozen), "stuck-chain").severity == "bad"
    assert of(judge_chains(["a", "b"], frozen), "r-hat").severity == "bad"
    still = np.ones((4, 500, 2))
    assert of(judge_chains(["a", "b"], still), "ess").evidence["ess"] == 0
    assert np.isnan(diagnose(still).r_hat).all()
    infinite = draws.copy()
    infinite[1, 7, 0] = np.inf
    told = of(judge_chains(["a", "b"], infinite), "non-finite-draws")
    assert told.severity == "bad" and "'a'" in told.sentence and "'b'" not in told.sentence
    found = diagnose(infinite)
    assert np.isnan([found.r_hat[0], found.ess_bulk[0], found.ess_tail[0]]).all()
    assert found.ess_bulk[1] > 1000


def divergences_are_counted_in_the_verdict() -> None:
    run = trajectories()
    few, many = np.zeros((2, *run.diverging.shape), dtype=bool)
    few[0, :2] = True
    many[:, :10] = True
    assert of(judge_nuts(replace(run, diverging=few)), "divergences").severity == "warning"
    told = of(judge_nuts(replace(run, diverging=many)), "divergences")
    assert told.severity == "bad" and told.sentence.startswith("40 of 400 trajectories diverged")
    assert "2  the statistics say no: a check of the computation" in EXIT_CODES


def energy_depth_and_size_stand_in_one_verdict() -> None:
    run = trajectories()
    walk = np.random.default_rng(112).normal(size=(4, 100)).cumsum(axis=1)
    by_hand = (np.diff(walk, axis=1) ** 2).sum(1) / ((walk - walk.mean(1, keepdims=True)) ** 2).sum(
        1
    )
    np.testing.assert_allclose(bfmi(walk), by_hand, rtol=1e-12)
    deep = np.full_like(run.tree_depth, run.max_tree_depth)
    found = judge_nuts(replace(run, energy=walk, tree_depth=deep))
    assert abs(of(found, "energy").evidence["ebfmi"] - by_hand.min()) < 1e-12
    assert of(found, "tree-depth").severity == "warning"
    slow = np.random.default_rng(112).normal(size=(4, 500, 1)).cumsum(axis=1)
    assert of(judge_chains(["a"], slow), "ess").severity == "bad"


# ------------------------------------------------------------------------- leave-one-out, sizes


def shares_of(y: np.ndarray | None = None) -> None:
    """A beta outcome, whose density at 0 and 1 is infinite for some parameters."""
    a = numpyro.sample("a", dist.LogNormal(0, 1))
    with numpyro.plate("row", 8):
        numpyro.sample("y", dist.Beta(a, 1.0), obs=y)


def impossible_rows_are_named_by_leave_one_out() -> None:
    fit = bi.fit("y ~ x", frame(60), seed=1, draws=400)
    posterior = fit.posterior
    broken = posterior.values.parameters.copy()
    broken[0, 3] = np.nan
    spoiled = replace(posterior, values=replace(posterior.values, parameters=broken))
    with pytest.raises(bi.SamplingError) as caught:
        loo(spoiled)
    assert caught.value.code == "non-finite-likelihood"
    assert caught.value.rows == tuple(range(60))
    assert "60 of 60 rows" in str(caught.value)


def an_outlier_is_named_by_leave_one_out() -> None:
    data = frame(30)
    data.loc[7, "y"] = 40.0
    fit = bi.fit("y ~ x", data, seed=1)
    found = loo(fit.posterior)
    assert found.bad_k >= 1 and found.worst()[0][0] == 7
    refitted = fit.kfold(30)  # each row left out by a fit of its own
    sure = found.k_hats < 0.5
    assert sure.sum() > 25
    np.testing.assert_allclose(found.pointwise[sure], refitted.pointwise[sure], atol=0.1)


def half_precision_columns_are_read_in_double() -> None:
    data = frame(60)
    narrow = data.assign(x=data["x"].astype("float32"))
    wide = data.assign(x=narrow["x"].astype("float64"))
    one, other = bi.fit("y ~ x", narrow, seed=1), bi.fit("y ~ x", wide, seed=1)
    np.testing.assert_array_equal(one.posterior.values.coefficients, draws_of(other))
    assert draws_of(one).dtype == np.float64
    assert jnp.zeros(1).dtype == (jnp.float64 if jax.config.jax_enable_x64 else jnp.float32)
    # A column far from zero: in single precision its spread of 1 would be gone.
    far = data.assign(x=data["x"] + 1e8)
    moved = bi.fit("y ~ x", far, seed=1).summary().loc["x"]
    still = bi.fit("y ~ x", data, seed=1).summary().loc["x"]
    assert abs(moved["mean"] - still["mean"]) < 4 * np.hypot(moved["mcse"], still["mcse"])
    assert abs(moved["sd"] / still["sd"] - 1) < 0.05


def draws_of(fit: bi.Fit) -> np.ndarray:
    values = fit.posterior.values
    return values.coefficients


def the_seed_decides_every_bit() -> None:
    data = frame(60)
    for formula, family in (("y ~ x", "gaussian"), ("k ~ x", "poisson")):
        one, again, other = (bi.fit(formula, data, family, seed=s, draws=400) for s in (5, 5, 6))
        np.testing.assert_array_equal(draws_of(one), draws_of(again))
        assert not np.array_equal(draws_of(one), draws_of(other))


def an_interrupt_keeps_the_draws_so_far() -> None:
    def stop_at(place: int, progress: Progress) -> None:
        if progress.done >= place:
            raise KeyboardInterrupt

    run = run_nuts(
        normal_density,
        None,
        np.zeros((4, 2)),
        warmup=100,
        draws=10_000,
        seed=1,
        report=partial(stop_at, 150),
    )
    assert run.interrupted and 50 <= run.positions.shape[1] < 10_000
    whole = trajectories().positions
    common = min(whole.shape[1], run.positions.shape[1])
    np.testing.assert_array_equal(run.positions[:, :common], whole[:, :common])
    assert of(judge_nuts(run), "interrupted").severity in ("warning", "bad")
    with pytest.raises(bi.SamplingError) as caught:
        run_nuts(
            normal_density, None, np.zeros((4, 2)), warmup=100, seed=1, report=partial(stop_at, 10)
        )
    assert caught.value.code == "interrupted" and caught.value.hint


def eight_threads_give_what_one_gives() -> None:
    def fit(seed: int) -> np.ndarray:
        return draws_of(bi.fit("k ~ x", frame(60), "poisson", seed=seed, draws=400))

    alone = [fit(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(fit, range(8)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def leave_one_out_holds_a_stretch_of_rows() -> None:
    # A million rows at 4,000 draws are 32 GB; a stretch of them is 32 MB.
    stretches = row_stretches(1_000_000, 4000)
    assert max(part.stop - part.start for part in stretches) * 4000 * 8 <= 32e6
    assert sum(part.stop - part.start for part in stretches) == 1_000_000
    fit = bi.fit("y ~ x", frame(300), seed=1, draws=400)
    whole = loo(fit.posterior)
    with mock.patch.object(pointwise, "LARGEST_BLOCK", 400 * 7):
        np.testing.assert_allclose(loo(fit.posterior).pointwise, whole.pointwise, rtol=1e-12)


def a_table_that_would_not_fit_is_refused_by_its_size() -> None:
    fit = bi.fit(shares_of, data={"y": np.linspace(0.1, 0.9, 8)}, seed=1, draws=400)
    posterior = fit.posterior
    wide = replace(posterior.model.sites.observed[0], shape=(LARGEST_TABLE,))
    sites = replace(posterior.model.sites, observed=(wide,))
    large = replace(posterior, model=replace(posterior.model, sites=sites))
    with pytest.raises(bi.SamplingError) as caught:
        loo(large)
    assert caught.value.code == "too-large" and "320.0 GB" in str(caught.value)


ROWS: tuple[Row, ...] = (
    Handled(
        109,
        "a model by hand whose density is NaN in a region",
        "the verdict fails and names the site",
        a_density_with_a_hole_names_its_site,
    ),
    Handled(
        109,
        "a model by hand whose density is nowhere finite",
        "refused, `no-finite-start`, before any draw",
        a_density_without_finite_places_is_refused,
    ),
    Handled(
        110,
        "a frozen chain, constant draws, an infinite draw",
        "the verdict fails; R-hat and effective draws are NaN or 0, never 2000",
        frozen_chains_and_infinite_draws_fail,
    ),
    Handled(
        111,
        "divergences",
        "counted in the verdict; the command's exit code says so",
        divergences_are_counted_in_the_verdict,
    ),
    Handled(
        112,
        "low E-BFMI, cut trees, few effective draws",
        "findings of one verdict, each with its limit",
        energy_depth_and_size_stand_in_one_verdict,
    ),
    Handled(
        113,
        "a log likelihood that is not finite, in leave-one-out",
        "refused, `non-finite-likelihood`, with the rows",
        impossible_rows_are_named_by_leave_one_out,
    ),
    Handled(
        114,
        "a high Pareto k",
        "the row is named; `kfold` fits again",
        an_outlier_is_named_by_leave_one_out,
    ),
    Handled(
        115,
        "single precision",
        "computed in double, the user's JAX setting left alone",
        half_precision_columns_are_read_in_double,
    ),
    NotOffered(115, "a fit in single precision", "there is no such option"),
    Handled(
        116,
        "one seed twice",
        "the same draws to the last bit",
        the_seed_decides_every_bit,
    ),
    Handled(
        117,
        "Ctrl-C",
        "the draws so far are kept, marked; before the first one, a typed error",
        an_interrupt_keeps_the_draws_so_far,
    ),
    Handled(
        118,
        "fits in eight threads",
        "each gives what it gives alone, to the last bit",
        eight_threads_give_what_one_gives,
    ),
    NotOffered(119, "fork after JAX", "no process is ever forked; see 126 for spawned ones"),
    Handled(
        120,
        "leave-one-out of many rows",
        "by stretches of rows: the table of all of them is never held",
        leave_one_out_holds_a_stretch_of_rows,
    ),
    Handled(
        120,
        "a table of log likelihoods that would not fit",
        "refused, `too-large`, with its size, before it is made",
        a_table_that_would_not_fit_is_refused_by_its_size,
    ),
)
