"""The No-U-Turn sampler, run in short compiled chunks under the eyes of the caller.

The kernel is NumPyro's. The loop around it is ours, because it brings four things: data are
arguments, so that other data of the same shapes compile nothing; progress is reported between
chunks; an interrupt keeps the draws so far; and every start is the caller's, so that no time goes
into a search for one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import nan
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.devices import (
    DEALT,
    WHOLE,
    Devices,
    deal,
    dealt,
    devices_for,
    in_shares,
    place,
    work_of,
)
from bayesinf.numerics.precision import double
from bayesinf.types import Array

type LogDensity = Callable[[jax.Array, Any], Array]
type Report = Callable[[Progress], None]

# The most iterations in one chunk, which is the length of its buffers. Long enough that the half
# millisecond between chunks does not matter, and never longer than CHUNK_SECONDS by the clock.
CHUNK = 50
CHUNK_SECONDS = 0.2


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        done: Iterations finished in every chain, warm-up included.
        total: Iterations to do in every chain.
        divergences: Divergent transitions after warm-up, over all chains.
        seconds: Time since the start, compilation included.
        seconds_left: Expected time to the end; NaN before anything is known.
    """

    done: int
    total: int
    divergences: int
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class NutsRun:
    """Draws of the sampler after warm-up, and what it noticed about itself.

    Attributes:
        positions: The draws, shape (chain, draw, d).
        diverging: Whether the trajectory broke down there, shape (chain, draw), as all that follow.
        energy: Total energy (minus log density plus kinetic) of the transition.
        n_steps: Gradient evaluations of the transition.
        tree_depth: Doublings of the trajectory.
        acceptance_rate: Mean Metropolis probability along the trajectory.
        lp: Log density at the draw.
        step_size: Step size of the leapfrog integrator.
        max_tree_depth: The most doublings that were allowed; a trajectory of that depth was cut.
        interrupted: Whether the caller stopped the run before its end.
    """

    positions: np.ndarray
    diverging: np.ndarray
    energy: np.ndarray
    n_steps: np.ndarray
    tree_depth: np.ndarray
    acceptance_rate: np.ndarray
    lp: np.ndarray
    step_size: np.ndarray
    max_tree_depth: int
    interrupted: bool


@dataclass(frozen=True)
class Settings:
    """What is compiled into the sampler's programs.

    Attributes:
        warmup: Iterations of adaptation.
        target_accept: The mean acceptance rate that the step size aims at.
        max_tree_depth: The most doublings of a trajectory.
        dense: Whether the metric has off-diagonal entries.
        own_data: Whether each chain has data of its own along their leading axis.
    """

    warmup: int
    target_accept: float
    max_tree_depth: int
    dense: bool
    own_data: bool


@dataclass(frozen=True)
class Programs:
    """The two compiled functions of a sampler.

    Attributes:
        start: From positions (chain, d), metric, data and random keys to the kernel's state.
        advance: From state, data and a number of iterations up to `CHUNK` to the next state and
            buffers (CHUNK, chain, ...) of which that many rows are filled.
    """

    start: Callable[..., Any]
    advance: Callable[..., Any]


def run_nuts(
    log_density: LogDensity,
    data: Any,
    starts: np.ndarray,
    *,
    warmup: int = 1000,
    draws: int = 1000,
    seed: int = 0,
    report: Report | None = None,
    target_accept: float = 0.8,
    max_tree_depth: int = 10,
    covariance: np.ndarray | None = None,
) -> NutsRun:
    """Samples one posterior with several chains that run side by side.

    Args:
        log_density: From a position (d,) and the data to the log density, a scalar, in JAX. Equal
            functions share compiled programs: hand over a module's function or a frozen dataclass
            with `__call__`, not a fresh lambda.
        data: Any pytree of arrays. Other data of the same shapes compile nothing.
        starts: First positions, shape (chain, d).
        warmup: Iterations of adaptation, thrown away.
        draws: Draws to keep in each chain.
        seed: A whole number; the same one gives the same draws.
        report: Called after every chunk of about 0.2 s. A KeyboardInterrupt in it, or during a
            chunk, ends the run and keeps the draws so far.
        target_accept: The mean acceptance rate that the step size aims at; raise it towards 1
            against divergences.
        max_tree_depth: The most doublings of a trajectory.
        covariance: A first guess of the posterior's covariance, which the warm-up improves:
            variances (d,) for a diagonal metric, or a matrix (d, d) for a dense one. Diagonal with
            ones when not given.

    Returns:
        The draws.

    Raises:
        SamplingError: When the log density or its gradient is not finite at a start, or the run was
            interrupted before the first draw.

    Source:
        Hoffman and Gelman (2014), JMLR 15; Phan, Pradhan and Jankowiak (2019), iterative NUTS.
    """
    dense = covariance is not None and covariance.ndim == 2
    settings = Settings(warmup, target_accept, max_tree_depth, dense, own_data=False)
    return run(log_density, data, starts, covariance, settings, draws, seed, report)


def run_nuts_fleet(
    log_density: LogDensity,
    data: Any,
    starts: np.ndarray,
    *,
    warmup: int = 1000,
    draws: int = 1000,
    seed: int = 0,
    report: Report | None = None,
    target_accept: float = 0.8,
    max_tree_depth: int = 10,
) -> NutsRun:
    """Samples many posteriors of the same shape at once, one chain each.

    Made for simulation-based calibration and for fits by group.

    Args:
        log_density: As in `run_nuts`; it sees the data of one member.
        data: A pytree of arrays, each with the members along its leading axis.
        starts: First positions, shape (member, d).
        warmup: Iterations of adaptation, thrown away.
        draws: Draws to keep for each member.
        seed: A whole number; the same one gives the same draws.
        report: As in `run_nuts`.
        target_accept: As in `run_nuts`.
        max_tree_depth: As in `run_nuts`.

    Returns:
        The draws; the axis called chain counts members.

    Raises:
        SamplingError: As `run_nuts`.
    """
    settings = Settings(warmup, target_accept, max_tree_depth, dense=False, own_data=True)
    return run(log_density, data, starts, None, settings, draws, seed, report)


@lru_cache(maxsize=64)
def programs(log_density: LogDensity, settings: Settings, devices: Devices = ()) -> Programs:
    """Builds the sampler's programs; JAX compiles them once for each shape of the data."""
    from numpyro.infer.hmc import hmc

    def potential(data: Any) -> Callable[[jax.Array], Array]:
        return lambda position: -log_density(position, data)

    init_kernel, sample_kernel = hmc(potential_fn_gen=potential, algo="NUTS")
    data_axis = 0 if settings.own_data else None

    def start(positions: jax.Array, metric: jax.Array, data: Any, keys: jax.Array) -> Any:
        def one(position: jax.Array, data: Any, key: jax.Array) -> Any:
            return init_kernel(
                position,
                settings.warmup,
                inverse_mass_matrix=metric,
                dense_mass=settings.dense,
                target_accept_prob=settings.target_accept,
                max_tree_depth=settings.max_tree_depth,
                model_args=(data,),
                rng_key=key,
            )

        return jax.vmap(one, in_axes=(0, data_axis, 0))(positions, data, keys)

    step = jax.vmap(lambda state, data: sample_kernel(state, (data,)), in_axes=(0, data_axis))

    def advance(state: Any, data: Any, length: jax.Array) -> Any:
        def body(i: jax.Array, carry: tuple[Any, Any]) -> tuple[Any, Any]:
            state, buffers = carry
            state = step(state, data)
            rows = observed(state)
            return state, {name: buffers[name].at[i].set(rows[name]) for name in rows}

        empty = {
            name: jnp.zeros((CHUNK, *row.shape), row.dtype) for name, row in observed(state).items()
        }
        # The number of iterations is an argument: one program serves chunks of every length.
        return jax.lax.fori_loop(0, length, body, (state, empty))

    # Chains lie along the leading axis of the state, and along the second one of the buffers.
    own = DEALT if settings.own_data else WHOLE
    started = in_shares(start, devices, (DEALT, WHOLE, own, DEALT), DEALT)
    advanced = in_shares(advance, devices, (DEALT, own, WHOLE), (DEALT, dealt(1)))
    return Programs(jax.jit(started), jax.jit(advanced, donate_argnums=0))


def observed(state: Any) -> dict[str, jax.Array]:
    """Picks what is kept of a kernel's state."""
    return {
        "positions": state.z,
        "diverging": state.diverging,
        "energy": state.energy,
        "n_steps": state.num_steps,
        "acceptance_rate": state.accept_prob,
        "potential": state.potential_energy,
        "step_size": state.adapt_state.step_size,
    }


def run(
    log_density: LogDensity,
    data: Any,
    starts: np.ndarray,
    covariance: np.ndarray | None,
    settings: Settings,
    draws: int,
    seed: int,
    report: Report | None,
) -> NutsRun:
    """Drives the compiled programs from the starts to the last draw."""
    chains, size = starts.shape
    # Where each chain has data of its own, they are all of the step's data already.
    work = work_of(data, 1 if settings.own_data else chains)
    devices = devices_for(work, chains)[:chains]
    metric = np.ones(size) if covariance is None else np.asarray(covariance, dtype=float)
    chunks: list[dict[str, np.ndarray]] = []
    interrupted = False
    with double(*devices[:1]):
        compiled = programs(log_density, settings, devices)
        positions = deal(np.asarray(starts, dtype=float), devices)
        metric = place(metric, devices)
        data = (deal if settings.own_data else place)(data, devices)
        began = perf_counter()
        try:
            keys = deal(jax.random.split(jax.random.key(seed), chains), devices)
            state = compiled.start(positions, metric, data, keys)
            refuse_bad_starts(state)
            drive(compiled, state, data, chains, settings.warmup, draws, chunks, report, began)
        except KeyboardInterrupt:
            interrupted = True
    return gather(chunks, settings, interrupted)


def refuse_bad_starts(state: Any) -> None:
    """Raises an error when the density or its gradient is not finite at some start."""
    potential = np.asarray(state.potential_energy)
    finite = np.isfinite(potential) & np.isfinite(np.asarray(state.z_grad)).all(axis=1)
    if not finite.all():
        bad = int(np.flatnonzero(~finite)[0])
        raise SamplingError(
            f"The log density or its gradient is not finite at the start of chain {bad + 1} "
            f"(log density {-potential[bad]:g}).",
            code="bad-start",
            hint="Check the priors' scales and that the outcome fits the family.",
        )


def drive(
    compiled: Programs,
    state: Any,
    data: Any,
    chains: int,
    warmup: int,
    draws: int,
    chunks: list[dict[str, np.ndarray]],
    report: Report | None,
    began: float,
) -> None:
    """Advances chunk by chunk, appending each chunk's rows (iteration, chain, ...) to `chunks`."""
    done, total, divergences = 0, warmup + draws, 0
    # A short first chunk: it tells how long an iteration takes before many are asked for.
    length, seconds_left = 5, nan
    while done < total:
        length = min(length, CHUNK, total - done)
        ticked = perf_counter()
        state, buffers = compiled.advance(state, data, length)
        rows = {name: np.asarray(buffer)[:length, :chains] for name, buffer in buffers.items()}
        each = (perf_counter() - ticked) / length
        chunks.append(rows)
        divergences += int(rows["diverging"][max(warmup - done, 0) :].sum())
        done += length
        if done > length:
            seconds_left = (total - done) * each
            length = max(1, int(CHUNK_SECONDS / each))
        if report is not None:
            report(Progress(done, total, divergences, perf_counter() - began, seconds_left))


def gather(chunks: list[dict[str, np.ndarray]], settings: Settings, interrupted: bool) -> NutsRun:
    """Joins chunks, drops the warm-up and puts the chains first."""
    done = sum(len(chunk["potential"]) for chunk in chunks)
    if interrupted and done <= settings.warmup:
        raise SamplingError(
            f"Sampling was stopped after {done} iterations, during warm-up, so there are no draws.",
            code="interrupted",
            hint=f"Let it run for more than {settings.warmup} iterations, or ask for less warm-up.",
        )
    kept = {
        name: np.concatenate([chunk[name] for chunk in chunks])[settings.warmup :].swapaxes(0, 1)
        for name in chunks[0]
    }
    depth = np.floor(np.log2(np.maximum(kept["n_steps"], 1))).astype(int) + 1
    return NutsRun(
        positions=np.ascontiguousarray(kept["positions"]),
        diverging=kept["diverging"],
        energy=kept["energy"],
        n_steps=kept["n_steps"],
        tree_depth=depth,
        acceptance_rate=kept["acceptance_rate"],
        lp=-kept["potential"],
        step_size=kept["step_size"],
        max_tree_depth=settings.max_tree_depth,
        interrupted=interrupted,
    )
