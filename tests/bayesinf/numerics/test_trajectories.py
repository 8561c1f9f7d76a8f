"""The compiled trajectories against those driven from Python, and against known distributions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from bayesinf.errors import SamplingError
from bayesinf.numerics.devices import Devices
from bayesinf.numerics.diagnostics import mcse_mean
from bayesinf.numerics.hmc import Plan, run_hmc
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.rotation import FAR, Block, HostMover
from bayesinf.numerics.trajectories import (
    COMPILE_ABOVE,
    LENGTH,
    CompiledMover,
    draw_noise,
    mover_for,
    pays,
)
from bayesinf.numerics.whitening import Whitened, whitened
from tests.conftest import within

SIZE, CHAINS = 4, 16
LONG = 10**9
FIELDS = ("points", "log_densities", "energies", "acceptances", "diverging")


def normal(points: jax.Array, data: tuple[jax.Array, jax.Array]) -> jax.Array:
    mean, precision = data
    centred = points - mean
    return -0.5 * ((centred @ precision) * centred).sum(-1)


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, Whitened]:
    """Mean, covariance, and data that are whitened, but not quite."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(SIZE, SIZE))
    covariance = root @ root.T + 0.5 * np.eye(SIZE)
    mean = 10.0 * rng.normal(size=SIZE)
    factor = np.linalg.cholesky(covariance + 0.3 * np.diag(np.diagonal(covariance)))
    return mean, covariance, Whitened(mean + 0.3, factor, (mean, np.linalg.inv(covariance)))


def starts(seed: int = 0, chains: int = CHAINS) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(SIZE, chains))


def compiled_mover(density: Callable, data: object, size: int, chains: int) -> CompiledMover:
    mover = mover_for(density, data, size, chains, LONG)(np.ones((size, 1)))
    assert isinstance(mover, CompiledMover)
    return mover


@pytest.mark.parametrize("draws", [1, LENGTH, LENGTH + 5])
def test_the_draws_are_those_of_the_loop_in_python(draws: int) -> None:
    *_, data = problem(0)
    scale = np.array([[0.9], [1.0], [1.1], [1.2]])
    blocks: list[Block] = []
    for gradients, kind in ((1, HostMover), (LONG, CompiledMover)):
        mover = mover_for(whitened(normal), data, SIZE, CHAINS, gradients)(scale)
        assert isinstance(mover, kind)
        generator = np.random.default_rng(5)
        first = mover.advance(starts(), 0.7, 1.7, draws, generator)
        blocks += [first, mover.advance(first.points[-1], 0.9, 1.7, draws, generator)]
    for host, compiled in zip(blocks[:2], blocks[2:], strict=True):
        assert compiled.points.shape == (draws, SIZE, CHAINS)
        assert 0.5 < compiled.acceptances.mean() < 1.0, "some proposals are refused"
        for name in FIELDS:
            np.testing.assert_allclose(
                getattr(compiled, name), getattr(host, name), rtol=1e-9, atol=1e-9, err_msg=name
            )


def test_a_run_recovers_a_correlated_normal() -> None:
    mean, covariance, data = problem(1)
    run = run_hmc(
        mover_for(whitened(normal), data, SIZE, CHAINS, LONG),
        starts(),
        lambda points: points.transpose(2, 0, 1),
        Plan(None, 200),
        np.random.default_rng(2),
    )
    draws = data.place + run.points.transpose(2, 0, 1) @ data.factor.T
    within(draws.mean((0, 1)), mean, mcse_mean(draws))
    centred = draws - mean
    products = centred[..., :, None] * centred[..., None, :]
    within(products.mean((0, 1)), covariance, mcse_mean(products))
    assert not run.diverging.any()


@pytest.fixture
def compilations() -> Iterator[list[str]]:
    seen: list[str] = []

    def listen(event: str, _: float, **labels: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            seen.append(str(labels))

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield seen
    jax.monitoring.unregister_event_duration_listener(listen)


def test_other_data_steps_and_draws_compile_nothing(compilations: list[str]) -> None:
    def advance(seed: int, step: float, draws: int) -> None:
        *_, data = problem(seed)
        mover = compiled_mover(whitened(normal), data, SIZE, 9)
        mover.advance(starts(seed, 9), step, 1.7, draws, np.random.default_rng(seed))

    advance(3, 0.5, 4)
    assert compilations, "the listener hears nothing: this test could not fail"
    compilations.clear()
    advance(4, 0.8, 40)
    assert compilations == []


def below_one(points: jax.Array, limit: jax.Array) -> jax.Array:
    """A standard normal below the limit; not a number, and no gradient, above it."""
    inside = points[..., 0] < limit
    return -0.5 * jnp.where(inside[..., None], points, jnp.nan).sum(-1) ** 2


def test_densities_that_are_not_numbers_are_refused_and_counted() -> None:
    mover = compiled_mover(below_one, np.array(1.0), 1, 64)
    block = mover.advance(-np.ones((1, 64)), 0.5, 1.7, 100, np.random.default_rng(0))
    assert np.isfinite(block.points).all() and np.isfinite(block.log_densities).all()
    assert block.points.max() < 1.0
    assert block.diverging.any() and not block.diverging.all()
    assert (block.acceptances[block.diverging] == 0.0).all()
    draws = block.points[10:].transpose(2, 0, 1)
    truth = scipy.stats.truncnorm(-np.inf, 1.0)
    within(draws.mean(), truth.mean(), mcse_mean(draws))


def pit(points: jax.Array, _: object) -> jax.Array:
    """A normal with a hole in which the density is infinite: it has no integral."""
    return jnp.where(points[..., 0] > 1.5, jnp.inf, -0.5 * (points**2).sum(-1))


def test_infinite_densities_are_refused_and_counted() -> None:
    mover = compiled_mover(pit, (), 1, 32)
    block = mover.advance(np.zeros((1, 32)), 0.5, 1.7, 50, np.random.default_rng(0))
    assert np.isfinite(block.log_densities).all()
    assert block.points.max() <= 1.5
    assert block.diverging.any()


def flat(points: jax.Array, _: object) -> jax.Array:
    return 0.0 * points.sum(-1)


def test_an_improper_density_gives_finite_draws() -> None:
    mover = compiled_mover(flat, (), 2, 32)
    block = mover.advance(np.full((2, 32), FAR - 5.0), 0.5, 1.7, 300, np.random.default_rng(0))
    assert np.isfinite(block.points).all()
    assert np.abs(block.points).max() < FAR, "far trajectories are refused"
    assert np.abs(block.points).max() > FAR - 5.0, "the chains do drift away"


def two_modes(points: jax.Array, apart: jax.Array) -> jax.Array:
    square = (points**2).sum(-1)
    return jnp.logaddexp(-0.5 * ((points - apart) ** 2).sum(-1), -0.5 * square)


def test_chains_in_two_modes_do_not_settle() -> None:
    begin = np.repeat(np.array([[0.0, 12.0]]), 8, axis=1) + starts(1)[:1]
    run = run_hmc(
        mover_for(two_modes, np.array(12.0), 1, 16, LONG),
        begin,
        lambda points: points.transpose(2, 0, 1),
        Plan(500, 64),
        np.random.default_rng(0),
    )
    assert not run.settled
    assert np.isfinite(run.points).all()
    assert {round(float(mean) / 12) for mean in run.points.mean((0, 1))} == {0, 1}


@pytest.mark.parametrize("bad", [2.0, np.nan])
def test_a_start_without_density_is_an_error(bad: float) -> None:
    begin = np.full((1, 4), -1.0)
    begin[0, 2] = bad
    with pytest.raises(SamplingError, match="1 of 4 chains begin \\(chain 3") as caught:
        compiled_mover(below_one, np.array(1.0), 1, 4).advance(
            begin, 0.5, 1.7, 3, np.random.default_rng(0)
        )
    assert caught.value.code == "bad-start"


def test_an_interrupt_keeps_the_draws_so_far() -> None:
    *_, data = problem(0)

    def run(report: Callable[[Progress], None] | None) -> np.ndarray:
        make = mover_for(whitened(normal), data, SIZE, CHAINS, LONG)
        watch: Callable[[np.ndarray], np.ndarray] = lambda points: points.transpose(2, 0, 1)  # noqa: E731
        begin, generator = starts(), np.random.default_rng(0)
        return run_hmc(make, begin, watch, Plan(None, 100), generator, report).points

    def stop(progress: Progress) -> None:
        if progress.done >= 30:
            raise KeyboardInterrupt

    whole, part = run(None), run(stop)
    assert 30 <= len(part) < 60
    np.testing.assert_array_equal(part, whole[: len(part)])


def test_noise_does_not_depend_on_how_a_run_is_cut() -> None:
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    whole = draw_noise((2, 3), 0.5, 1.7, 7, one)
    parts = [draw_noise((2, 3), 0.5, 1.7, count, two) for count in (3, 4)]
    for k, name in enumerate(whole._fields):
        joined = np.concatenate([parts[0][k][:3], parts[1][k][:4]])
        np.testing.assert_array_equal(joined, whole[k][:7], err_msg=name)


def test_a_program_is_compiled_for_long_runs_and_on_several_devices() -> None:
    assert not pays(COMPILE_ABOVE, ())
    assert pays(COMPILE_ABOVE + 1, ())
    here: Devices = (jax.devices()[0],)
    assert not pays(1, here)
    assert pays(1, here * 2)
