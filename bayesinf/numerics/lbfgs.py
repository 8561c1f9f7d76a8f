"""Climbs to the modes of a log density from several starts at once, and remembers the way.

Limited-memory quasi-Newton steps with a bisecting line search. All climbs take their trial steps
together, so that each is one batched evaluation of value and gradient.

Letters: s and y are the differences of successive points and of successive gradients of minus the
log density; m pairs of them make up the history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, nan
from time import perf_counter

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.compiled import Slopes
from bayesinf.numerics.nuts import Progress

MEMORY = 20
"""Pairs in the history. With 6 (Zhang et al. 2022) the normals of `pathfinder` lost 4 to 7 nats on
a correlated normal in 20 dimensions, with 20 less than 2.5; a step costs the same to the eye."""

TOLERANCE = 1e-9
"""The gain that one more step promises, in nats. The promise of a quasi-Newton step can be too
small by the condition number: this leaves room for one of a million."""

NOISE = 1e-12
"""Relative error of a log density that sums many rounded terms: smaller gains cannot be seen."""

RISE, BEND = 1e-4, 0.9
"""Wolfe's constants: least share of the promised rise, largest share of the slope that is left."""

TRIALS = 40
"""Trial steps of one line search: bisection then reaches 1e-12 of the first."""


@dataclass(frozen=True, eq=False)
class Climb:
    """The points that one climb went through.

    Attributes:
        points: Shape (k, d), the start first.
        values: Log densities there, shape (k,).
        gradients: Gradients of the log density there, shape (k, d).
        converged: Whether one more step would gain nothing.
        interrupted: Whether the caller stopped it.
    """

    points: np.ndarray
    values: np.ndarray
    gradients: np.ndarray
    converged: bool
    interrupted: bool = False


def climb(
    slopes: Slopes,
    starts: np.ndarray,
    steps: int = 500,
    report: Callable[[Progress], None] | None = None,
) -> tuple[Climb, ...]:
    """Climbs from several starts side by side.

    Args:
        slopes: From points (n, d) to log densities (n,) and gradients (n, d).
        starts: Shape (s, d). Those with zero density are left out.
        steps: The most steps of each climb.
        report: Told of the steps taken. A KeyboardInterrupt keeps the points so far.

    Returns:
        One climb for each start that is inside the support, in their order.

    Raises:
        SamplingError: When the density is zero at every start, or the search is interrupted
            before its first step.

    Source:
        Nocedal and Wright (2006), Numerical Optimization, algorithm 7.4; Lewis and Overton (2013),
        Mathematical Programming 141, algorithm 2.6, for the line search.
    """
    values, gradients = slopes(starts)
    inside = np.isfinite(values)
    if not inside.any():
        raise SamplingError(
            f"The log density is not a finite number at any of the {len(starts)} starts.",
            code="bad-start",
            hint="Check the priors' scales and that the outcome fits the family.",
        )
    found = zip(starts[inside], values[inside], gradients[inside], strict=True)
    walkers = [_Climber(*start) for start in found]
    interrupted = False
    began = perf_counter()
    try:
        for step in range(steps):
            active = [walker for walker in walkers if walker.prepare()]
            if not active:
                break
            _search_lines(slopes, active, len(walkers))
            if report is not None:
                report(Progress(step + 1, steps, 0, perf_counter() - began, nan))
    except KeyboardInterrupt:
        interrupted = True
        if max(len(walker.points) for walker in walkers) < 2:
            raise SamplingError(
                "The search for the mode was stopped before its first step.",
                code="interrupted",
                hint="Let it run for longer.",
            ) from None
    return tuple(walker.finish(interrupted) for walker in walkers)


class _Climber:
    """One climb under way: its points so far, its history, and the line it searches."""

    def __init__(self, point: np.ndarray, value: float, gradient: np.ndarray) -> None:
        self.points, self.values, self.gradients = [point], [float(value)], [gradient]
        self.history: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=MEMORY)
        self.converged = self.stuck = False
        self.direction = np.zeros_like(point)
        self.promise = 0.0

    def prepare(self) -> bool:
        """Chooses the next direction; False when the climb is over."""
        if self.converged or self.stuck:
            return False
        gradient = self.gradients[-1]
        self.direction = ascent(gradient, self.history)
        self.promise = float(gradient @ self.direction)
        if not self.history:
            # Nothing is known of the curvature yet: a step of length one at most.
            shorter = 1.0 / max(1.0, float(np.linalg.norm(gradient)))
            self.direction, self.promise = shorter * self.direction, shorter * self.promise
        least = max(TOLERANCE, NOISE * abs(self.values[-1]))
        self.converged = bool(self.history) and 0.5 * self.promise <= least
        self.converged = self.converged or not gradient.any()
        return not self.converged

    def move(self, point: np.ndarray, value: float, gradient: np.ndarray) -> None:
        """Accepts a step, and learns the curvature along it."""
        step, bend = point - self.points[-1], self.gradients[-1] - gradient
        if step @ bend > 1e-12 * float(bend @ bend):
            self.history.append((step, bend))
        self.points.append(point)
        self.values.append(value)
        self.gradients.append(gradient)

    def stop(self) -> None:
        """Notes that no step along the line rises; without a history that is the end."""
        # Rounding hides what is left to gain, or the history misleads: once more without it.
        self.stuck = not self.history
        self.history.clear()

    def finish(self, interrupted: bool) -> Climb:
        """The climb as a value."""
        return Climb(
            np.array(self.points),
            np.array(self.values),
            np.array(self.gradients),
            self.converged,
            interrupted,
        )


def ascent(gradient: np.ndarray, history: deque[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Multiplies a gradient by the inverse Hessian that a history stands for (two-loop recursion).

    Args:
        gradient: Of the log density, shape (d,).
        history: Pairs (s, y) with s'y > 0, the oldest first.

    Returns:
        A direction of ascent, shape (d,).
    """
    direction = gradient.copy()
    shares = []
    for step, bend in reversed(history):
        share = (step @ direction) / (step @ bend)
        direction = direction - share * bend
        shares.append(share)
    if history:
        step, bend = history[-1]
        direction = direction * (step @ bend) / (bend @ bend)
    for (step, bend), share in zip(history, reversed(shares), strict=True):
        direction = direction + (share - (bend @ direction) / (step @ bend)) * step
    return direction


def _search_lines(slopes: Slopes, active: list[_Climber], width: int) -> None:
    """Finds a step along every climber's direction that satisfies Wolfe's two conditions."""
    here = np.array([walker.points[-1] for walker in active])
    height = np.array([walker.values[-1] for walker in active])
    along = np.array([walker.direction for walker in active])
    promise = np.array([walker.promise for walker in active])
    length, low, high = np.ones(len(active)), np.zeros(len(active)), np.full(len(active), inf)
    best: list[tuple[np.ndarray, float, np.ndarray] | None] = [None] * len(active)
    open_ = np.ones(len(active), dtype=bool)
    # Always as many points, so that one program serves while climbs end one by one.
    rows = np.arange(width) % len(active)
    for _ in range(TRIALS):
        trials = here + length[:, np.newaxis] * along
        values, gradients = (result[: len(active)] for result in slopes(trials[rows]))
        rises = np.isfinite(values) & (values >= height + RISE * length * promise)
        level = np.einsum("ij,ij->i", gradients, along) <= BEND * promise
        for k in np.flatnonzero(open_ & rises):
            best[k] = (trials[k], float(values[k]), gradients[k])
        open_ &= ~(rises & level)
        if not open_.any():
            break
        high = np.where(open_ & ~rises, length, high)
        low = np.where(open_ & rises, length, low)
        wider = np.where(np.isfinite(high), 0.5 * (low + np.where(high < inf, high, 0)), 2 * low)
        length = np.where(open_, wider, length)
    for walker, found in zip(active, best, strict=True):
        if found is None:
            walker.stop()
        else:
            walker.move(*found)
