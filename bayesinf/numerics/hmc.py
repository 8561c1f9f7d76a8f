"""Hamiltonian Monte Carlo for densities that look almost like a standard normal.

Many chains take the same number of leapfrog steps at the same time, so that one evaluation serves
them all; there are no trees and no branches. Step size is learned in a short warm-up, and the run
ends on evidence: when every watched quantity has enough effective draws and the chains agree.

Points are columns: arrays of shape (size, chain). Chains come in superchains of `SHARING` that
start at the same point, so that the nested R-hat sees whether the start has been forgotten.

Source: Neal (2011), MCMC using Hamiltonian dynamics, sections 3.2 and 4.2; Margossian et al.
(2024), Nested R-hat, for superchains. Departure: no adaptation of the metric but one rescaling of
each coordinate, because the coordinates are whitened before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.rotation import Block, Mover

SHARING = 8
"""Chains that start at the same point."""

TARGET_ACCEPT = 0.87
"""Optimal lies between 0.65 and 0.9 (Betancourt, Byrne and Girolami 2014); the upper end, because a
chain in the tail then does not stand still."""

PATH = 1.7
"""Mean length of a trajectory: a quarter of a standard normal's period, pi / 2, makes independent
draws, and a little more makes up for directions that are wider than they should be."""

WARMUP = 20
"""Transitions in which the step size is learned; the starts are almost in equilibrium."""

BLOCK = 8
"""Transitions between looks at the evidence."""

R_HAT_LIMIT = 1.01

HOPELESS = 1.1
"""Chains that disagree so much after `PATIENCE` draws are in different places."""

PATIENCE = 256
"""Draws in each chain before that is asked."""

BROKEN = 0.01
"""Share of diverging trajectories above which the coordinates do not fit."""


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
        settled: Whether the evidence asked for was reached; of a run of so many draws, whether
            nothing speaks against it.
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
        SamplingError: When an interrupt leaves no draws.
    """
    blocks: list[Block] = []
    began, settled, interrupted = perf_counter(), False, False
    try:
        warm = _warm_up(mover, starts, plan, generator)
    except KeyboardInterrupt:
        raise _interrupted() from None
    points, done = warm.points, 0
    try:
        while done < plan.draws and not settled and not _hopeless(blocks, warm, watch, plan):
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
        settled or (plan.effective is None and _unopposed(kept, warm, watch)),
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


def _hopeless(
    blocks: list[Block], warm: _Warm, watch: Callable[[np.ndarray], np.ndarray], plan: Plan
) -> bool:
    """Whether more draws would not help; asked once, where the caller waits for evidence."""
    if plan.effective is None or sum(len(block.points) for block in blocks) != PATIENCE:
        return False
    return not _unopposed(_join(blocks), warm, watch)


def _unopposed(kept: Block, warm: _Warm, watch: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether neither divergences nor chains in different places speak against the draws."""
    if kept.diverging.mean() > BROKEN or kept.acceptances.mean() < 0.2:
        return False
    if len(kept.points) < 2 * BLOCK:
        return True
    r_hat = diagnose(watch(kept.points * warm.scale)).r_hat
    return not bool(np.nanmax(r_hat, initial=1.0) > HOPELESS)


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
