"""The highest point of a log density, found from several starts and checked.

Log densities come as `value`, a function of many points at once, because one NumPy call on a batch
costs little more than on one point: numerical derivatives and trial steps are single calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log, pi

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.numerics.density import Value as Value, evaluate

type Derivatives = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

# The expected gain of one more step, in nats: 1e-8 is a ten-thousandth of a posterior sd away.
TOLERANCE = 1e-8
# A second mode this many nats below the first holds less than 1 / 20,000 of its probability.
EVIDENCE_GAP = 10.0
# Down to 1e-21: where the curvature vanishes, a Newton step may be that much too long.
TRIAL_STEPS = 4.0 ** -np.arange(36.0)
# Relative error of a sum of many rounded terms.
NOISE = 1e-15


@dataclass(frozen=True)
class Mode:
    """Where a log density is highest, and its shape there.

    Attributes:
        point: The place, shape (d,).
        value: The log density there.
        hessian: Its second derivatives there, shape (d, d).
        converged: Whether the Hessian is negative definite and a further step would gain nothing.
        iterations: How many steps were taken.
    """

    point: np.ndarray
    value: float
    hessian: np.ndarray
    converged: bool
    iterations: int

    def log_evidence(self) -> float:
        """Approximates the log of the integral of the density around this mode (Laplace).

        Returns:
            value + d/2 log(2 pi) - 1/2 log det(-hessian); minus infinity when the Hessian is not
            negative definite.
        """
        if not np.isfinite(self.hessian).all() or np.linalg.eigvalsh(self.hessian)[-1] >= 0.0:
            return -inf
        _, log_determinant = np.linalg.slogdet(-self.hessian)
        return self.value + 0.5 * len(self.point) * log(2.0 * pi) - 0.5 * float(log_determinant)


@dataclass(frozen=True)
class Modes:
    """What several starts found.

    Attributes:
        best: The converged mode with the largest Laplace evidence (the highest point reached, when
            none converged).
        all: The distinct modes that converged, best first.
        agree: Whether one mode holds all the probability: the best converged, no other is within
            `EVIDENCE_GAP` nats of its evidence, and no start that failed ended higher.
        gap: Laplace evidence of the best minus that of the second, in nats; infinite for one mode.
    """

    best: Mode
    all: tuple[Mode, ...]
    agree: bool
    gap: float


def find_mode(
    value: Value,
    derivatives: Derivatives,
    start: np.ndarray,
    *,
    steps: int = 100,
    tolerance: float = TOLERANCE,
    known: Sequence[Mode] = (),
) -> Mode:
    """Climbs to a mode by Newton steps, shortened where the log density would not rise.

    Every step tries the whole Newton step; unless that gains half of what the quadratic model
    promises, it tries the direction at 36 lengths (1, 1/4, 1/16, ...) and takes the highest; where
    the density is zero (minus infinity, or NaN) a shorter length wins.

    Args:
        value: From points (n, d) to log densities (n,).
        derivatives: From a point (d,) to gradient (d,) and Hessian (d, d); see
            `numerical_derivatives`.
        start: Where to begin, shape (d,), with finite log density.
        steps: The most steps to take.
        tolerance: Converged when the quadratic model promises to gain less than this (in nats).
        known: Modes found before; the climb ends where it comes close to one of them.

    Returns:
        The mode, honest about whether it converged.

    Raises:
        SamplingError: When the log density at the start is not finite.

    Source:
        Nocedal and Wright (2006), Numerical Optimization, algorithm 3.2 with section 3.4's
        eigenvalue modification.
    """
    point = np.asarray(start, dtype=float)
    height = float(evaluate(value, point[np.newaxis])[0])
    if not np.isfinite(height):
        raise SamplingError(
            f"The log density at the start of the search is {height}, not a finite number.",
            code="bad-start",
            hint="Check the priors' scales and that the outcome fits the family.",
        )
    gradient, hessian = derivatives(point)
    for iteration in range(steps):
        nearby = [mode for mode in known if close_to(point, mode)]
        if nearby:
            return nearby[0]
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            return Mode(point, height, hessian, False, iteration)
        direction, concave = newton_direction(gradient, hessian)
        gain = 0.5 * float(gradient @ direction)
        if concave and gain <= tolerance:
            return Mode(point, height, hessian, True, iteration)
        trials = point + TRIAL_STEPS[:, np.newaxis] * direction
        heights = evaluate(value, trials[:1])
        if not height + 0.5 * gain <= heights[0] < inf:
            heights = np.concatenate([heights, evaluate(value, trials[1:])])
        best = int(np.argmax(np.where(np.isfinite(heights), heights, -inf)))
        if not height < heights[best] < inf:
            # A gain that rounding hides cannot be had, and need not be.
            hidden = gain <= 1e3 * NOISE * (1.0 + abs(height))
            return Mode(point, height, hessian, concave and hidden, iteration)
        point, height = trials[best], float(heights[best])
        gradient, hessian = derivatives(point)
    return Mode(point, height, hessian, False, steps)


def newton_direction(gradient: np.ndarray, hessian: np.ndarray) -> tuple[np.ndarray, bool]:
    """Solves for the Newton step towards a maximum, whatever the signs of the curvature.

    Args:
        gradient: Shape (d,).
        hessian: Shape (d, d), of any signature.

    Returns:
        A direction of ascent, shape (d,), and whether the Hessian is negative definite.
    """
    # In units of each parameter's own curvature, so that a floor on eigenvalues is fair to all.
    unit = 1.0 / np.sqrt(np.maximum(np.abs(np.diagonal(hessian)), 1e-12))
    curvature, axes = np.linalg.eigh(-hessian * (unit[:, np.newaxis] * unit))
    floor = 1e-8 * max(1.0, float(np.max(np.abs(curvature))))
    lengths = (axes.T @ (unit * gradient)) / np.maximum(np.abs(curvature), floor)
    return unit * (axes @ lengths), bool(np.min(curvature) > floor)


def find_modes(value: Value, derivatives: Derivatives, starts: np.ndarray) -> Modes:
    """Searches from several starts and tells whether they found the same mode.

    Args:
        value: From points (n, d) to log densities (n,).
        derivatives: From a point (d,) to gradient (d,) and Hessian (d, d).
        starts: Shape (s, d). Starts with zero density are left out.

    Returns:
        The best mode, the distinct ones, and whether they agree.

    Raises:
        SamplingError: When the log density is finite at none of the starts.
    """
    inside = starts[np.isfinite(evaluate(value, starts))]
    # With no start inside, the first one raises the error that says so.
    found: list[Mode] = []
    for start in inside if len(inside) else starts:
        known = [mode for mode in found if mode.converged]
        found.append(find_mode(value, derivatives, start, known=known))
    return compare_modes(found)


def compare_modes(found: Sequence[Mode]) -> Modes:
    """Tells which of the modes that were found are distinct, and whether one holds it all."""
    distinct: list[Mode] = []
    for mode in sorted(found, key=lambda mode: -mode.log_evidence()):
        if mode.converged and not any(same_place(mode, other) for other in distinct):
            distinct.append(mode)
    highest = max(found, key=lambda mode: mode.value)
    best = distinct[0] if distinct else highest
    gap = best.log_evidence() - distinct[1].log_evidence() if len(distinct) > 1 else inf
    # A failed start that ended higher knows a better place than the best mode.
    outdone = not highest.converged and highest.value > best.value
    return Modes(best, tuple(distinct), bool(distinct) and gap > EVIDENCE_GAP and not outdone, gap)


def same_place(one: Mode, other: Mode) -> bool:
    """Tells whether two modes are less than a tenth of a posterior standard deviation apart."""
    return close_to(one.point, other)


def close_to(point: np.ndarray, mode: Mode) -> bool:
    """Tells whether a point is less than a tenth of a posterior sd away from a mode."""
    step = point - mode.point
    return bool(-step @ mode.hessian @ step < 0.01)


def numerical_derivatives(value: Value) -> Derivatives:
    """Makes first and second derivatives out of values alone.

    Each call takes two batches of values: one finds, for each parameter, a step over which the log
    density bends by a small amount well above rounding; one takes central differences with it. The
    gradient and the diagonal of the Hessian are of fourth order, the rest of second.

    Args:
        value: From points (n, d) to log densities (n,).

    Returns:
        A function from a point (d,) to gradient (d,) and Hessian (d, d), both NaN when the log
        density is not finite in any small neighbourhood of the point.

    Source:
        Abramowitz and Stegun (1972), 25.3.24 and 25.3.27. Rounding e and curvature balance when the
        second difference is about sqrt(48 e).
    """

    def derivatives(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = np.asarray(point, dtype=float)
        steps = bending_steps(value, point)
        for shrink in (1.0, 0.1, 0.01):
            values = evaluate(value, point + shrink * steps * stencil(len(point)))
            if np.isfinite(values).all():
                return differences(values, shrink * steps)
        return np.full_like(point, np.nan), np.full((len(point), len(point)), np.nan)

    return derivatives


def separable_derivatives(value: Value, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Takes the first and second derivatives of a sum of functions of one coordinate each.

    Args:
        value: From points (n, d) to sums (n,); each term depends on one coordinate.
        point: Shape (d,), where the sum is finite.

    Returns:
        The gradient and the diagonal of the Hessian, shape (d,); all else of the Hessian is zero.

    Source: as `numerical_derivatives`.
    """
    d, steps = len(point), bending_steps(value, point)
    axis = stencil(d)[: 4 * d + 1]
    return differences_along(evaluate(value, point + steps * axis), steps)


def bending_steps(value: Value, point: np.ndarray) -> np.ndarray:
    """Finds a step for each parameter over which the log density bends measurably.

    Args:
        value: From points (n, d) to log densities (n,).
        point: Shape (d,), with finite log density.

    Returns:
        Positive steps, shape (d,). Where the density never bends, the largest step tried.
    """
    d = len(point)
    sizes = 10.0 ** np.arange(-7.0, 2.0)
    unit = np.maximum(np.abs(point), 1.0)
    moves = sizes[:, np.newaxis, np.newaxis] * np.diag(unit)
    around = np.concatenate([point + moves, point - moves]).reshape(-1, d)
    values = evaluate(value, np.concatenate([point[np.newaxis], around]))
    ahead, behind = values[1:].reshape(2, len(sizes), d)
    centre = values[0]
    target = np.clip(np.sqrt(48.0 * NOISE * (1.0 + abs(centre))), 1e-6, 1e-2)
    valid = np.isfinite(ahead) & np.isfinite(behind)
    bend = np.abs(np.where(valid, ahead - centre, 0.0) + np.where(valid, behind - centre, 0.0))
    # Distance in orders of magnitude from the target; bends lost in rounding count as zero.
    bend = np.maximum(bend, NOISE * (1.0 + abs(centre)))
    miss = np.where(valid, np.abs(np.log(bend) - np.log(target)), inf)
    # From the largest down, so that among equals (no bend anywhere) the largest step wins.
    choice = len(sizes) - 1 - np.argmin(miss[::-1], axis=0)
    column = np.arange(d)
    refined = np.clip(np.sqrt(target / bend[choice, column]), 0.1, 10.0)
    return sizes[choice] * unit * np.where(np.isfinite(miss[choice, column]), refined, 1.0)


def stencil(d: int) -> np.ndarray:
    """Lists the places of central differences, in steps: centre, +-1, +-2, and +-(i and j)."""
    axis = np.eye(d)
    i, j = np.triu_indices(d, 1)
    pairs = axis[i] + axis[j]
    return np.concatenate([np.zeros((1, d)), axis, -axis, 2 * axis, -2 * axis, pairs, -pairs])


def differences_along(values: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turns values at the first 1 + 4 d places of `stencil` into gradient and diagonal, (d,)."""
    ahead, behind, ahead2, behind2 = values[1:].reshape(4, len(steps)) - values[0]
    gradient = (8.0 * (ahead - behind) - (ahead2 - behind2)) / (12.0 * steps)
    return gradient, (16.0 * (ahead + behind) - (ahead2 + behind2)) / (12.0 * steps**2)


def differences(values: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turns values at the places of `stencil` into gradient and Hessian.

    Args:
        values: Shape (1 + 4 d + d (d - 1),).
        steps: Step of each parameter, shape (d,).

    Returns:
        Gradient (d,) and Hessian (d, d).
    """
    d = len(steps)
    centre = values[0]
    gradient, diagonal = differences_along(values[: 4 * d + 1], steps)
    hessian = np.diag(diagonal)
    ahead, behind = values[1 : 2 * d + 1].reshape(2, d) - centre
    i, j = np.triu_indices(d, 1)
    both = (values[4 * d + 1 :] - centre).reshape(2, -1).sum(axis=0)
    alone = (ahead + behind)[i] + (ahead + behind)[j]
    hessian[i, j] = hessian[j, i] = (both - alone) / (2.0 * steps[i] * steps[j])
    return gradient, hessian
