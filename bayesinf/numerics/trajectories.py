"""Trajectories as one compiled program: many chains, many transitions, no Python between them.

What `rotation.HostMover` does by calls from Python, `CompiledMover` does in one program per
density, with the same random numbers: the same draws to rounding. The program pays where a run is
long, and on accelerators, which would spend their time waiting for Python; it takes a second or
more to compile. `mover_for` chooses.

Randomness is drawn ahead, in the host's order, while the devices are at work on the block before.
Draws leave the program as the output of a scan over one block: writing each draw into one large
array was quadratic in JAX 0.11.1.

Points are columns, (size, chain), and several devices have equal shares of the chains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.compiled import Density, gradient_of, value_and_gradient_of
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
from bayesinf.numerics.rotation import (
    DIVERGENCE,
    FAR,
    PATH_JITTER,
    STEP_JITTER,
    Block,
    HostMover,
    Mover,
    steps_of,
)
from bayesinf.numerics.whitening import CompiledField, compiled_field
from bayesinf.types import Array

LENGTH = 16
"""Transitions in one call of the program: its buffers stay small, and an interrupt loses few."""

COMPILE_ABOVE = 5000
"""Evaluations of a run, each of all chains, above which the program is compiled. It saves the way
through Python, 0.13 to 0.6 ms of processor time for each evaluation, and takes 0.7 to 1.9 s longer
to compile; measured on four logistic models (20 to 10,000 rows, 11 and 413 unknowns, 32 to 64
chains). An evaluation of 0.6 ms makes that a run of three seconds."""


@dataclass(frozen=True, eq=False)
class CompiledMover:
    """Moves all chains through blocks of transitions by one compiled program.

    Attributes:
        density: In the coordinates of the chains times `scale`.
        data: Its data, on the devices.
        field: The same density, for the values and gradients at the start.
        scale: Shape (size, 1), as in `rotation.HostMover`.
        devices: Where the chains run, in equal shares.
    """

    density: Density
    data: Any
    field: CompiledField
    scale: np.ndarray
    devices: Devices

    def advance(
        self,
        points: np.ndarray,
        step: float,
        path: float,
        draws: int,
        generator: np.random.Generator,
    ) -> Block:
        """Moves chains through jittered trajectories of rotations and kicks.

        Raises:
            SamplingError: When the density or its gradient is not finite where a chain begins.
        """
        log_density, gradient = self.field.both(self.scale * points)
        refuse_bad_starts(log_density, gradient)
        counts = [min(LENGTH, draws - done) for done in range(0, draws, LENGTH)]
        chains = points.shape[1]
        blocks: list[tuple[np.ndarray, ...]] = []
        with double(*self.devices[:1]):
            program = _program(self.density, self.devices)
            scale = place(self.scale, self.devices)
            state = _State(
                deal(points, self.devices, 1),
                deal(log_density, self.devices),
                deal(gradient * self.scale, self.devices, 1),
            )
            noise = draw_noise(points.shape, step, path, counts[0], generator)
            for k, count in enumerate(counts):
                given = _on_devices(noise, self.devices)
                state, rows = program(state, given, count, scale, self.data)
                # The devices are at work: meanwhile the next block's randomness is drawn.
                if k + 1 < len(counts):
                    noise = draw_noise(points.shape, step, path, counts[k + 1], generator)
                blocks.append(tuple(np.asarray(row)[:count, ..., :chains] for row in rows))
        return Block(*(np.concatenate(column) for column in zip(*blocks, strict=True)))


class Noise(NamedTuple):
    """The randomness of one block, filled up to `LENGTH` transitions.

    Attributes:
        momenta: Shape (draw, size, chain).
        uniforms: Shape (draw, chain). A proposal is accepted where its probability is larger.
        steps: Shape (draw,). Jittered step sizes.
        lengths: Shape (draw,). Steps of each trajectory.
    """

    momenta: Any
    uniforms: Any
    steps: Any
    lengths: Any


def draw_noise(
    shape: tuple[int, ...], step: float, path: float, count: int, generator: np.random.Generator
) -> Noise:
    """Draws the randomness of a block, number for number as `rotation.HostMover` does."""
    momenta, uniforms = np.zeros((LENGTH, *shape)), np.zeros((LENGTH, shape[1]))
    steps, lengths = np.ones(LENGTH), np.ones(LENGTH, dtype=int)
    for k in range(count):
        momenta[k] = generator.standard_normal(shape)
        steps[k] = step * generator.uniform(*STEP_JITTER)
        lengths[k] = steps_of(path * generator.uniform(*PATH_JITTER), steps[k])
        uniforms[k] = generator.random(shape[1])
    return Noise(momenta, uniforms, steps, lengths)


def mover_for(
    density: Density,
    data: Any,
    size: int,
    chains: int,
    gradients: int,
    devices: Devices | None = None,
) -> Callable[[np.ndarray], Mover]:
    """Chooses how chains are moved: from Python, or by one compiled program where that pays.

    Args:
        density: From points (n, size) and data to log densities (n,).
        data: Its second argument. Other data of the same shapes compile nothing.
        size: Length of a point.
        chains: How many run side by side.
        gradients: Evaluations that the run is expected to take, each of all chains.
        devices: Insists on these devices; None lets `bi.options.device` decide.

    Returns:
        A function from scales (size, 1) to a mover, as `hmc.run_hmc` wants it.
    """
    chosen = devices_for(work_of(data, chains), chains)[:chains] if devices is None else devices
    with double(*chosen[:1]):
        placed = place(data, chosen)
    field = compiled_field(density, placed, size, chains, chosen)
    if pays(gradients, chosen):
        return lambda scale: CompiledMover(density, placed, field, scale, chosen)
    return lambda scale: HostMover(field, scale)


def pays(gradients: int, devices: Devices) -> bool:
    """Whether a run is worth a program of its own; the same answer whatever the machine is doing.

    Args:
        gradients: Evaluations that the run is expected to take, each of all chains.
        devices: Where it runs.
    """
    elsewhere = len(devices) > 1 or any(device.platform != "cpu" for device in devices)
    return elsewhere or gradients > COMPILE_ABOVE


def refuse_bad_starts(log_density: np.ndarray, gradient: np.ndarray) -> None:
    """Raises an error where a chain could not move: density or gradient are not finite there."""
    bad = np.flatnonzero(~(np.isfinite(log_density) & np.isfinite(gradient).all(0)))
    if len(bad):
        raise SamplingError(
            f"The log density or its gradient is not finite where {len(bad)} of "
            f"{len(log_density)} chains begin (chain {bad[0] + 1}: log density "
            f"{log_density[bad[0]]:g}).",
            code="bad-start",
            hint="Check the priors' scales and that the outcome fits the family.",
        )


class _State(NamedTuple):
    """Where the chains stand: points and gradients (size, chain), log densities (chain,)."""

    points: Any
    log_density: Any
    gradient: Any


@lru_cache(maxsize=64)
def _program(density: Density, devices: Devices) -> Callable[..., Any]:
    """From state, noise, count, scale and data to the next state and the rows of a block."""
    both, alone = value_and_gradient_of(density), gradient_of(density)

    def block(state: _State, noise: Noise, count: Any, scale: Any, data: Any) -> Any:
        def slopes(points: jax.Array) -> tuple[jax.Array, jax.Array]:
            log_density, gradient = both((scale * points).T, data)
            return log_density, gradient.T * scale

        def force(points: jax.Array) -> jax.Array:
            """What the density adds to the pull of a standard normal."""
            return alone((scale * points).T, data).T * scale + points

        def move(state: _State, own: Noise) -> tuple[_State, tuple[Array, ...]]:
            return _transition(slopes, force, state, own)

        def stay(state: _State, own: Noise) -> tuple[_State, tuple[Array, ...]]:
            del own
            nothing = jnp.zeros_like(state.log_density)
            return state, (state.points, state.log_density, nothing, nothing, nothing > 0)

        def one(state: _State, given: tuple[jax.Array, Noise]) -> Any:
            k, own = given
            return jax.lax.cond(k < count, move, stay, state, own)

        return jax.lax.scan(one, state, (jnp.arange(LENGTH), noise))

    columns, rows = dealt(1), dealt(2)
    state = _State(columns, DEALT, columns)
    return jax.jit(
        in_shares(
            block,
            devices,
            (state, Noise(rows, columns, WHOLE, WHOLE), WHOLE, WHOLE, WHOLE),
            (state, (rows, columns, columns, columns, columns)),
        )
    )


def _transition(
    slopes: Callable[[jax.Array], tuple[jax.Array, jax.Array]],
    force: Callable[[jax.Array], jax.Array],
    state: _State,
    own: Noise,
) -> tuple[_State, tuple[Array, ...]]:
    """One trajectory of all chains and what became of it, as in `rotation.HostMover`."""
    turn, rise = jnp.cos(own.steps), jnp.sin(own.steps)

    def drift(
        points: jax.Array, momentum: jax.Array, lost: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        points, momentum = turn * points + rise * momentum, turn * momentum - rise * points
        lost = lost | ~(jnp.abs(points).max(0) < FAR)
        return jnp.where(lost, 0.0, points), jnp.where(lost, 0.0, momentum), lost

    def leap(_: jax.Array, flight: tuple[jax.Array, jax.Array, jax.Array]) -> Any:
        points, momentum, lost = drift(*flight)
        return points, momentum + own.steps * force(points), lost

    momentum = own.momenta + 0.5 * own.steps * (state.gradient + state.points)
    flight = (state.points, momentum, jnp.zeros(state.log_density.shape, dtype=bool))
    flight = jax.lax.fori_loop(0, own.lengths - 1, leap, flight)
    points, momentum, lost = drift(*flight)
    log_density, gradient = slopes(points)
    momentum = momentum + 0.5 * own.steps * (gradient + points)
    before = 0.5 * (own.momenta**2).sum(0) - state.log_density
    error = 0.5 * (momentum**2).sum(0) - jnp.where(lost, -jnp.inf, log_density) - before
    # As in `rotation.HostMover`.
    error = jnp.where(jnp.isnan(error) | (log_density == jnp.inf), jnp.inf, error)
    acceptance = jnp.exp(-jnp.maximum(error, 0.0))
    accepted = own.uniforms < acceptance
    ended = _State(points, log_density, gradient)
    state = _State(*(jnp.where(accepted, new, old) for new, old in zip(ended, state, strict=True)))
    rows = (state.points, state.log_density, before, acceptance, error > DIVERGENCE)
    return state, rows


def _on_devices(noise: Noise, devices: Devices) -> Noise:
    return Noise(
        deal(noise.momenta, devices, 2),
        deal(noise.uniforms, devices, 1),
        place(noise.steps, devices),
        place(noise.lengths, devices),
    )
