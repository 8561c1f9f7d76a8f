"""Densities between a reference and a target, and particles that move along them.

Moves are trajectories of Hamiltonian Monte Carlo in coordinates in which the particles themselves
have mean 0 and covariance 1; all particles take their steps together.

Letters: t is the temperature; d the number of unknowns; n the number of particles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

import numpy as np

from bayesinf.numerics.compiled import Slopes
from bayesinf.numerics.hmc import PATH, TARGET_ACCEPT
from bayesinf.numerics.proposal import Student
from bayesinf.numerics.rotation import HostMover

ALIKE = 0.1
"""Correlation of particles with where they stood before, below which moves suffice."""

MOVES = 20
"""The most moves at one temperature."""

PATIENCE = 3
"""Moves without a fall of that correlation by a tenth, after which no more are tried: particles
that cannot cross between modes never lose it, and need not, since the weights tell the modes apart.
"""

STEPS = (1.2, PATH / 32)
"""The longest and the shortest step, in sds of the particles."""

REFUSED = 0.01
"""Acceptance below which a trajectory counts as broken, and the share of broken ones from which
finer trajectories follow. A correlated normal in 20 dimensions has none, Neal's funnel a tenth."""

FINER = (1 / 4, 1 / 16)
"""Shares of the step, with as many steps, for particles that stand where the full step is too long:
with them Neal's funnel in 11 dimensions kept its spread (2.8 of 3 in place of 1.9)."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """Particles, with what both ends of the path say of them.

    Attributes:
        points: Shape (n, d).
        target: Log densities of the target, shape (n,).
        reference: Log densities of the reference, shape (n,).
    """

    points: np.ndarray
    target: np.ndarray
    reference: np.ndarray

    @property
    def ratios(self) -> np.ndarray:
        """Log target over reference, shape (n,)."""
        return self.target - self.reference

    def take(self, index: np.ndarray) -> Cloud:
        """The particles of these indices."""
        return Cloud(self.points[index], self.target[index], self.reference[index])


class Ends:
    """The two ends of a path: a target, and a reference that particles start from.

    Args:
        slopes: The target: from points (n, d) to log densities (n,) and gradients (n, d).
        reference: The reference.
    """

    def __init__(self, slopes: Slopes, reference: Student) -> None:
        self.slopes, self.reference = slopes, reference
        self.mean, self.df = reference.mean, reference.df
        self.whitening = np.linalg.inv(reference.cholesky)
        self.root = reference.cholesky * np.sqrt(self.df / (self.df - 2.0))
        self.peak = float(reference.log_density(reference.mean[np.newaxis])[0])

    def look(self, points: np.ndarray) -> Cloud:
        """Evaluates both ends at points (n, d)."""
        return Cloud(points, self.slopes(points)[0], self.below(points)[0])

    def below(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (n,) and gradients (n, d) of the reference."""
        whitened = (points - self.mean) @ self.whitening.T
        square = (whitened**2).sum(axis=1)
        weight = self.df + points.shape[1]
        values = self.peak - 0.5 * weight * np.log1p(square / self.df)
        pull = (weight / (self.df + square))[:, np.newaxis]
        return values, -pull * (whitened @ self.whitening)


@dataclass(frozen=True, eq=False)
class Bridge:
    """The density at one temperature, in coordinates fitted to the particles.

    Attributes:
        ends: The two ends.
        temperature: Share of the target, 0 to 1.
        centre: The particles' mean, shape (d,).
        root: A square root of their covariance, shape (d, d).
        step: The step size, in these coordinates.
    """

    ends: Ends
    temperature: float
    centre: np.ndarray
    root: np.ndarray
    step: float

    @classmethod
    def first(cls, ends: Ends) -> Bridge:
        """At the reference."""
        step = min(STEPS[0], 1.2 * len(ends.mean) ** -0.25)
        return cls(ends, 0.0, ends.mean, ends.root, step)

    def fitted(self, points: np.ndarray, weights: np.ndarray, temperature: float) -> Bridge:
        """The bridge at another temperature, with coordinates from weighted particles."""
        share = weights / weights.sum()
        centre = share @ points
        away = points - centre
        effective = 1.0 / float((share**2).sum())
        # Few effective particles know little of many directions: blended with what was before.
        before = self.root @ self.root.T
        trust = effective / (effective + len(centre) + 1.0)
        blend = trust * (share[:, np.newaxis] * away).T @ away + (1.0 - trust) * before
        root = np.linalg.cholesky(blend)
        return replace(self, temperature=temperature, centre=centre, root=root)

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return len(self.centre)

    def both(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log densities (n,) and gradients (d, n) at coordinates (d, n)."""
        places = self.places(points)
        above, steep = self.ends.slopes(places)
        below, slant = self.ends.below(places)
        t = self.temperature
        return t * above + (1.0 - t) * below, self.root.T @ (t * steep + (1.0 - t) * slant).T

    def gradients(self, points: np.ndarray) -> np.ndarray:
        """Gradients (d, n) at coordinates (d, n)."""
        return self.both(points)[1]

    def places(self, points: np.ndarray) -> np.ndarray:
        """Coordinates (d, n) as points (n, d) of the target."""
        return self.centre + (self.root @ points).T

    def coordinates(self, places: np.ndarray) -> np.ndarray:
        """The inverse of `places`."""
        return np.linalg.solve(self.root, (places - self.centre).T)


@dataclass(frozen=True)
class Moved:
    """What the moves at one temperature did.

    Attributes:
        acceptance: Mean acceptance rate of the last one.
        likeness: The largest correlation of a coordinate with its value before them.
        broken: The share of its trajectories that were refused outright.
    """

    acceptance: float
    likeness: float
    broken: float


def mix(cloud: Cloud, bridge: Bridge, rng: np.random.Generator) -> tuple[Cloud, Bridge, Moved]:
    """Moves particles until they have forgotten where they stood, or moves no longer help.

    Returns:
        The particles, the bridge with its step size adapted, and what the moves did.
    """
    before = points = bridge.coordinates(cloud.points)
    mover = HostMover(bridge, np.ones((bridge.size, 1)))
    step, likenesses = bridge.step, list[float]()
    acceptance = broken = 0.0
    for _ in range(MOVES):
        block = mover.advance(points, step, PATH, 1, rng)
        points, acceptance = block.points[-1], float(block.acceptances.mean())
        broken = float((block.acceptances < REFUSED).mean())
        if broken > REFUSED:
            for share in FINER:
                points = mover.advance(points, share * step, share * PATH, 1, rng).points[-1]
        step = min(max(step * exp(acceptance - TARGET_ACCEPT), STEPS[1]), STEPS[0])
        likenesses.append(_likeness(before, points))
        earlier = likenesses[:-PATIENCE]
        if likenesses[-1] < ALIKE or (earlier and likenesses[-1] > 0.9 * min(earlier)):
            break
    moved = bridge.ends.look(bridge.places(points))
    return moved, replace(bridge, step=step), Moved(acceptance, likenesses[-1], broken)


def _likeness(before: np.ndarray, after: np.ndarray) -> float:
    """The largest correlation of a coordinate with its former self, over particles (d, n)."""
    one = before - before.mean(axis=1, keepdims=True)
    other = after - after.mean(axis=1, keepdims=True)
    scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    products = (one * other).sum(axis=1)
    return float(np.max(np.divide(products, scale, out=np.ones_like(scale), where=scale > 0)))
