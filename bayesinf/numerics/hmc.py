"""Hamiltonian Monte Carlo for densities that look almost like a standard normal.

Many chains take the same number of leapfrog steps at the same time, so that one evaluation serves
them all; there are no trees and no branches. Step size is learned in a short warm-up, and the run
ends on evidence: when every watched quantity has enough effective draws and the chains agree.

Points are columns: arrays of shape (size, chain). Chains come in superchains of `SHARING` that
start at the same point, so that the nested R-hat sees whether the start has been forgotten.

The flow of the standard normal is a rotation and is followed exactly; only what the density adds to
it is felt in steps, which are twice as long for it.

Source: Neal (2011), MCMC using Hamiltonian dynamics, sections 3.2 and 4.2; Shahbaba, Lan, Johnson
and Neal (2014), Split Hamiltonian Monte Carlo, section 3.1; Margossian et al. (2024), Nested R-hat,
for superchains. Departure: no adaptation of the metric but one rescaling of each coordinate,
because the coordinates are whitened before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.nuts import Progress

SHARING = 8
"""Chains that start at the same point."""

TARGET_ACCEPT = 0.87
"""Optimal lies between 0.65 and 0.9 (Betancourt, Byrne and Girolami 2014); the upper end, because a
chain in the tail then does not stand still."""

PATH = 1.7
"""Mean length of a trajectory: a quarter of a standard normal's period, pi / 2, makes independent
draws, and a little more makes up for directions that are wider than they should be."""

STEP_JITTER = (0.7, 1.1)
"""Smaller steps now and then free a chain that stands where the steps are too long for it."""

PATH_JITTER = (0.85, 1.15)
"""Little, because all directions have about the same period."""

WARMUP = 20
"""Transitions in which the step size is learned; the starts are almost in equilibrium."""

BLOCK = 8
"""Transitions between looks at the evidence."""

DIVERGENCE = 1000.0
"""Energy error beyond which a trajectory has broken down, as in Stan."""

FAR = 200.0
"""Standard deviations from the mode beyond which a trajectory is lost: it is refused, as its
reverse would be, so that the density need not be computed where it overflows."""

R_HAT_LIMIT = 1.01


class Field(Protocol):
    """A log density and its gradient, at many points at once."""

    @property
    def size(self) -> int:
        """The number of unknowns."""
        ...

    def gradients(self, points: np.ndarray) -> np.ndarray:
        """Gradients (size, chain) at points (size, chain)."""
        ...

    def both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (chain,) and gradients (size, chain)."""
        ...


@dataclass(frozen=True, eq=False)
class Block:
    """Some transitions of all chains.

    Attributes:
        points: Shape (draw, size, chain).
        log_densities: Shape (draw, chain), as all that follow.
        energies: Potential plus kinetic energy at the start of each trajectory.
        acceptances: Metropolis probabilities.
        diverging: Whether the energy error passed `DIVERGENCE` or was not a number.
    """

    points: np.ndarray
    log_densities: np.ndarray
    energies: np.ndarray
    acceptances: np.ndarray
    diverging: np.ndarray


class Mover(Protocol):
    """Something that moves all chains through a block of transitions."""

    def advance(
        self,
        points: np.ndarray,
        step: float,
        path: float,
        draws: int,
        generator: np.random.Generator,
    ) -> Block:
        """Moves chains.

        Args:
            points: Shape (size, chain). Where they stand.
            step: The step size, which each transition jitters.
            path: The mean length of a trajectory.
            draws: How many transitions.
            generator: The source of randomness.
        """
        ...


@dataclass(frozen=True, eq=False)
class HostMover:
    """Moves chains by calls of a field from Python: nothing is compiled for it.

    Attributes:
        field: The density.
        scale: Shape (size, 1). The spread of each coordinate, 1 where whitening is perfect.
    """

    field: Field
    scale: np.ndarray

    def advance(
        self,
        points: np.ndarray,
        step: float,
        path: float,
        draws: int,
        generator: np.random.Generator,
    ) -> Block:
        """Moves chains through jittered trajectories of rotations and kicks."""
        log_density, gradient = self._both(points)
        rows = []
        for _ in range(draws):
            momentum = generator.standard_normal(points.shape)
            jittered = step * generator.uniform(*STEP_JITTER)
            steps = max(1, round(path * generator.uniform(*PATH_JITTER) / jittered))
            moved, ended, slope, final = self._trajectory(
                points, gradient, momentum, jittered, steps
            )
            before = 0.5 * (momentum**2).sum(0) - log_density
            with np.errstate(invalid="ignore", over="ignore"):
                error = 0.5 * (final**2).sum(0) - ended - before
            # A trajectory that left the support, or overflowed, is refused.
            error = np.where(np.isfinite(error), error, np.inf)
            acceptance = np.exp(-np.maximum(error, 0.0))
            accepted = generator.random(points.shape[1]) < acceptance
            points = np.where(accepted, moved, points)
            gradient = np.where(accepted, slope, gradient)
            log_density = np.where(accepted, ended, log_density)
            rows.append((points, log_density, before, acceptance, error > DIVERGENCE))
        return Block(*(np.array(column) for column in zip(*rows, strict=True)))

    def _trajectory(
        self,
        points: np.ndarray,
        gradient: np.ndarray,
        momentum: np.ndarray,
        step: float,
        steps: int,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        turn, rise = np.cos(step), np.sin(step)
        momentum = momentum + 0.5 * step * (gradient + points)
        lost = np.zeros(points.shape[1], dtype=bool)
        for k in range(steps):
            points, momentum = turn * points + rise * momentum, turn * momentum - rise * points
            lost |= ~(np.abs(points).max(0) < FAR)
            if lost.any():
                points, momentum = np.where(lost, 0.0, points), np.where(lost, 0.0, momentum)
            if k < steps - 1:
                slope = self.field.gradients(self.scale * points) * self.scale
                momentum = momentum + step * (slope + points)
        log_density, gradient = self._both(points)
        log_density = np.where(lost, -np.inf, log_density)
        return points, log_density, gradient, momentum + 0.5 * step * (gradient + points)

    def _both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        log_density, gradient = self.field.both(self.scale * points)
        return log_density, gradient * self.scale


@dataclass(frozen=True)
class Plan:
    """How long to run.

    Attributes:
        effective: Effective draws (bulk and tail) of every watched quantity to go on for; None
            goes on for exactly `draws`.
        draws: Draws in each chain at the most.
        target_accept: Mean acceptance that the step size is tuned to.
    """

    effective: int | None
    draws: int
    target_accept: float = TARGET_ACCEPT


@dataclass(frozen=True, eq=False)
class HmcRun:
    """Draws of all chains after warm-up, and what was noticed on the way.

    Attributes:
        points: Shape (draw, size, chain), in the field's coordinates.
        log_densities: Shape (draw, chain), as the energies, acceptances and divergences.
        energies: Potential plus kinetic energy at the start of each trajectory.
        acceptances: Metropolis probabilities.
        diverging: Broken trajectories.
        step: The step size.
        interrupted: Whether the caller stopped the run before its end.
        settled: Whether the evidence asked for was reached.
    """

    points: np.ndarray
    log_densities: np.ndarray
    energies: np.ndarray
    acceptances: np.ndarray
    diverging: np.ndarray
    step: float
    interrupted: bool
    settled: bool


def run_hmc(
    mover: Callable[[np.ndarray], Mover],
    starts: np.ndarray,
    watch: Callable[[np.ndarray], np.ndarray],
    plan: Plan,
    generator: np.random.Generator,
    report: Callable[[Progress], None] | None = None,
) -> HmcRun:
    """Runs chains until the watched quantities are known well enough.

    Args:
        mover: Makes a mover for coordinates that are divided by scales (size, 1).
        starts: Shape (size, chain), in the field's coordinates.
        watch: From points (draw, size, chain) to quantities (chain, draw, quantity).
        plan: How long to run.
        generator: The source of randomness.
        report: Told of the progress.

    Returns:
        The run.

    Raises:
        SamplingError: When no start has a finite density, or an interrupt leaves no draws.
    """
    warm = _warm_up(mover, starts, plan, generator)
    blocks: list[Block] = []
    began, settled, interrupted = perf_counter(), False, False
    points, done = warm.points, 0
    try:
        while done < plan.draws and not settled:
            length = min(BLOCK, plan.draws - done)
            block = warm.mover.advance(points, warm.step, PATH, length, generator)
            points, done = block.points[-1], done + length
            blocks.append(block)
            settled = plan.effective is not None and _settled(blocks, warm.scale, watch, plan)
            if report is not None:
                report(_progress(done, plan.draws, blocks, perf_counter() - began))
    except KeyboardInterrupt:
        if not blocks:
            raise _interrupted() from None
        interrupted = True
    kept = _join(blocks)
    return HmcRun(
        kept.points * warm.scale,
        kept.log_densities,
        kept.energies,
        kept.acceptances,
        kept.diverging,
        warm.step,
        interrupted,
        settled or plan.effective is None,
    )


@dataclass(frozen=True, eq=False)
class _Warm:
    mover: Mover
    points: np.ndarray
    scale: np.ndarray
    step: float


def _warm_up(
    make: Callable[[np.ndarray], Mover],
    starts: np.ndarray,
    plan: Plan,
    generator: np.random.Generator,
) -> _Warm:
    """Learns the step size, then each coordinate's spread, then the step size again."""
    size = len(starts)
    scale = np.ones((size, 1))
    mover = make(scale)
    step = size**-0.25
    points, step, seen = _tune(mover, starts, step, WARMUP // 2, plan, generator)
    # The spread of many chains over a few transitions; shrunk towards 1 as it is rough.
    spread = np.concatenate(seen[len(seen) // 2 :], axis=1)
    variance = spread.var(axis=1)
    weight = spread.shape[1] / (spread.shape[1] + 50.0)
    scale = np.sqrt(weight * variance + 1.0 - weight)[:, None]
    mover = make(scale)
    points, step, _ = _tune(mover, points / scale, step, WARMUP // 2, plan, generator)
    return _Warm(mover, points, scale, step)


def _tune(
    mover: Mover,
    points: np.ndarray,
    step: float,
    transitions: int,
    plan: Plan,
    generator: np.random.Generator,
) -> tuple[np.ndarray, float, list[np.ndarray]]:
    """Moves the step size until the mean acceptance over all chains meets its target."""
    seen, steps = [], []
    for k in range(transitions):
        block = mover.advance(points, step, PATH, 1, generator)
        points = block.points[-1]
        seen.append(points)
        surplus = float(block.acceptances.mean()) - plan.target_accept
        # Acceptance moves by about 0.5 to 1 for a doubling of the step.
        step *= float(np.exp(2.0 * surplus / (1.0 + k) ** 0.6))
        steps.append(np.log(step))
    return points, float(np.exp(np.mean(steps[transitions // 2 :]))), seen


def _settled(
    blocks: list[Block], scale: np.ndarray, watch: Callable[[np.ndarray], np.ndarray], plan: Plan
) -> bool:
    chains = blocks[0].points.shape[2]
    draws = sum(len(block.points) for block in blocks)
    assert plan.effective is not None
    # Antithetic chains reach three effective draws per draw, not more.
    if 3 * chains * draws < plan.effective or draws < 2 * BLOCK:
        return False
    values = watch(np.concatenate([block.points for block in blocks]) * scale)
    found = diagnose(values)
    sizes = np.minimum(found.ess_bulk, found.ess_tail)
    return bool(np.nanmin(sizes) >= plan.effective and np.nanmax(found.r_hat) <= R_HAT_LIMIT)


def _join(blocks: list[Block]) -> Block:
    return Block(
        *(
            np.concatenate([getattr(block, name) for block in blocks])
            for name in ("points", "log_densities", "energies", "acceptances", "diverging")
        )
    )


def _progress(done: int, total: int, blocks: list[Block], seconds: float) -> Progress:
    divergences = sum(int(block.diverging.sum()) for block in blocks)
    return Progress(done, total, divergences, seconds, (total - done) * seconds / done)


def _interrupted() -> SamplingError:
    return SamplingError(
        "Sampling was stopped during its first transitions, so there are no draws.",
        code="interrupted",
        hint="Let it run longer, or ask for fewer draws.",
    )
