"""The sampler against a known normal, its compilations counted, its interruptions tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesinf.errors import SamplingError
from bayesinf.numerics.diagnostics import mcse_mean, r_hat
from bayesinf.numerics.nuts import CHUNK, Progress, run_nuts, run_nuts_fleet

D = 5


def normal(position: jax.Array, data: dict[str, jax.Array]) -> jax.Array:
    """A normal density with the mean and the precision of the data."""
    centred = position - data["mean"]
    return -0.5 * centred @ data["precision"] @ centred


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(D, D))
    covariance = root @ root.T + 0.5 * np.eye(D)
    mean = 10.0 * rng.normal(size=D)
    return mean, covariance, {"mean": mean, "precision": np.linalg.inv(covariance)}


@pytest.fixture(scope="module")
def compilations() -> Iterator[list[str]]:
    """Names of the programs that XLA compiles while a test runs."""
    seen: list[str] = []

    def listen(event: str, _: float, **labels: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(str(labels))

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listen)


def within_four_errors(draws: np.ndarray, exact: np.ndarray) -> bool:
    return bool((np.abs(draws.mean(axis=(0, 1)) - exact) < 4.0 * mcse_mean(draws)).all())


@pytest.mark.parametrize("guess", ["none", "variances", "matrix"])
def test_a_correlated_normal_is_recovered(guess):
    mean, covariance, data = problem(0)
    guesses = {"none": None, "variances": np.diagonal(covariance), "matrix": covariance}
    run = run_nuts(normal, data, np.zeros((4, D)), warmup=300, draws=500, covariance=guesses[guess])
    assert run.positions.shape == (4, 500, D)
    assert (r_hat(run.positions) < 1.02).all()
    assert within_four_errors(run.positions, mean)
    centred = run.positions - mean
    products = centred[..., :, np.newaxis] * centred[..., np.newaxis, :]
    assert within_four_errors(products, covariance)
    assert not run.interrupted


def test_statistics_mean_what_they_say():
    mean, _, data = problem(0)
    run = run_nuts(normal, data, np.zeros((4, D)), warmup=300, draws=101)
    centred = run.positions - mean
    exact = -0.5 * np.einsum("cdi,ij,cdj->cd", centred, data["precision"], centred)
    np.testing.assert_allclose(run.lp, exact, rtol=1e-10)
    for name in ("diverging", "energy", "n_steps", "tree_depth", "acceptance_rate", "step_size"):
        assert getattr(run, name).shape == (4, 101), name
    # Kinetic energy is positive.
    assert (run.energy > -run.lp).all()
    assert (run.n_steps < 2**run.tree_depth).all()
    assert (run.n_steps >= 2 ** (run.tree_depth - 1)).all()
    assert run.acceptance_rate.mean() == pytest.approx(0.8, abs=0.15)
    assert run.positions.dtype == np.float64


def test_the_same_seed_gives_the_same_draws_and_another_other_ones():
    _, _, data = problem(0)
    runs = [
        run_nuts(normal, data, np.zeros((4, D)), warmup=300, draws=60, seed=seed).positions
        for seed in (3, 3, 4)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_other_data_of_the_same_shapes_compile_nothing(compilations):
    _, _, first = problem(1)
    run_nuts(normal, first, np.zeros((4, D)), warmup=310, draws=100)
    assert compilations, "the listener hears nothing: this test could not fail"
    compilations.clear()
    mean, _, second = problem(2)
    run = run_nuts(normal, second, np.ones((4, D)), warmup=310, draws=333, seed=9)
    assert compilations == []
    assert within_four_errors(run.positions, mean)


def test_progress_counts_up_to_the_end():
    _, _, data = problem(0)
    seen: list[Progress] = []
    run_nuts(normal, data, np.zeros((4, D)), warmup=300, draws=73, report=seen.append)
    done = [progress.done for progress in seen]
    assert done[-1] == 373
    assert all(0 < step <= CHUNK for step in np.diff(done))
    assert {progress.total for progress in seen} == {373}
    assert np.isnan(seen[0].seconds_left)
    assert seen[-1].seconds_left == 0.0
    assert all(earlier.seconds <= later.seconds for earlier, later in pairwise(seen))


def interrupt_after(iterations: int):
    def report(progress: Progress) -> None:
        if progress.done > iterations:
            raise KeyboardInterrupt

    return report


def test_an_interrupt_keeps_the_draws_so_far():
    _, _, data = problem(0)
    settings = {"warmup": 300, "draws": 500, "seed": 5}
    whole = run_nuts(normal, data, np.zeros((4, D)), **settings)
    part = run_nuts(normal, data, np.zeros((4, D)), **settings, report=interrupt_after(400))
    kept = part.positions.shape[1]
    assert part.interrupted
    assert 100 < kept <= 100 + CHUNK
    assert part.energy.shape == (4, kept)
    np.testing.assert_array_equal(part.positions, whole.positions[:, :kept])


def test_an_interrupt_during_warm_up_is_an_error():
    _, _, data = problem(0)
    with pytest.raises(SamplingError, match="during warm-up") as caught:
        run_nuts(normal, data, np.zeros((4, D)), warmup=300, draws=9, report=interrupt_after(100))
    assert caught.value.code == "interrupted"


def positive(position: jax.Array, rate: jax.Array) -> jax.Array:
    """An exponential density, for positive positions."""
    return jnp.where(position[0] > 0.0, -rate * position[0], -jnp.inf)


def test_a_start_without_density_is_an_error():
    with pytest.raises(SamplingError, match="start of chain 2") as caught:
        run_nuts(positive, np.array(1.0), np.array([[1.0], [-1.0]]), warmup=10, draws=10)
    assert caught.value.code == "bad-start"


def funnel(position: jax.Array, _: object) -> jax.Array:
    """Neal's funnel, which no fixed step size can follow into its neck."""
    log_sd = position[0]
    return -0.5 * (log_sd / 3.0) ** 2 - jnp.sum(
        0.5 * (position[1:] * jnp.exp(-log_sd)) ** 2 + log_sd
    )


def test_divergences_are_seen_and_counted():
    last: list[Progress] = []
    starts = np.random.default_rng(0).normal(size=(4, 6))
    run = run_nuts(funnel, (), starts, warmup=300, draws=500, report=last.append)
    assert run.diverging.sum() > 0
    assert last[-1].divergences == run.diverging.sum()


def test_a_fleet_samples_each_member_by_its_own_data():
    members = 30
    problems = [problem(seed) for seed in range(members)]
    data = {
        name: np.stack([data[name] for _, _, data in problems]) for name in ("mean", "precision")
    }
    run = run_nuts_fleet(normal, data, data["mean"], warmup=300, draws=400)
    assert run.positions.shape == (members, 400, D)
    z = [
        (chain.mean(axis=0) - mean) / mcse_mean(chain[np.newaxis])
        for chain, (mean, _, _) in zip(run.positions, problems, strict=True)
    ]
    # 150 standard normal deviates: the largest is below 4.5 but for one run in a thousand.
    assert np.abs(z).max() < 4.5
    assert np.std(z) == pytest.approx(1.0, abs=0.25)
