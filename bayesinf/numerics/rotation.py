"""Trajectories of many chains at once: exact rotations, and kicks by what is not a standard normal.

The flow of the standard normal is a rotation and is followed exactly; only what the density adds to
it is felt in steps, which are twice as long for it. Points are columns: arrays of shape
(size, chain).

Source: Shahbaba, Lan, Johnson and Neal (2014), Split Hamiltonian Monte Carlo, section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

STEP_JITTER = (0.7, 1.1)
"""Smaller steps now and then free a chain that stands where the steps are too long for it."""

PATH_JITTER = (0.85, 1.15)
"""Little, because all directions have about the same period."""

DIVERGENCE = 1000.0
"""Energy error beyond which a trajectory has broken down, as in Stan."""

FAR = 200.0
"""Standard deviations from the mode beyond which a trajectory is lost: it is refused, as its
reverse would be, so that the density need not be computed where it overflows."""

MOST_STEPS = 64
"""Steps of one trajectory at the most. Two or three are usual; chains that need more than this have
the wrong coordinates, and should say so soon."""


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
            steps = steps_of(path * generator.uniform(*PATH_JITTER), jittered)
            moved, ended, slope, final = self._trajectory(
                points, gradient, momentum, jittered, steps
            )
            before = 0.5 * (momentum**2).sum(0) - log_density
            with np.errstate(invalid="ignore", over="ignore"):
                error = 0.5 * (final**2).sum(0) - ended - before
            # A trajectory that left the support, or overflowed, is refused; one that came into
            # the support from a start outside has an error of -inf, and is taken.
            error = np.where(np.isnan(error) | (ended == np.inf), np.inf, error)
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


def steps_of(path: float, step: float) -> int:
    """How many steps a trajectory takes: at least one, and never more than `MOST_STEPS`."""
    return int(np.clip(round(path / max(step, 1e-300)), 1, MOST_STEPS))
