"""The mode of a log density that costs much per evaluation, from few of them.

`numerics/mode.py` takes numerical Hessians at every step and climbs from every start. Here one
start is climbed by a quasi-Newton method with one-sided differences, whose steps follow the
curvature found so far; one Hessian is taken at the end, over half a standard deviation, where it
also says how the density bends where the draws will lie. The other starts are asked whether a path
leads up from them to that mode; only those that a dip cuts off are climbed from.
"""

from __future__ import annotations

import numpy as np

from bayesinf.numerics.density import Value, evaluate
from bayesinf.numerics.mode import (
    Mode,
    Modes,
    compare_modes,
    differences,
    newton_direction,
    stencil,
)

FIRST_STEP = 0.01
"""Of the first differences, in the units near one that flat vectors have."""

SHARE = 0.1
"""Later differences reach this share of a standard deviation."""

LONGEST_STEP = 2.0
"""Nothing moves further than this at once: a factor of seven for what is a logarithm."""

NEAR = 0.05
"""Nats that a step still promises when the climb gives way to a Hessian."""

TOLERANCE = 1e-3
"""Nats: a thirtieth of a posterior sd, which neither the warp nor the process can feel."""

REACH = 0.5
"""Of the last Hessian's differences, in conditional standard deviations. Marginal ones reach far
from the mode: with 20 unknowns of correlation 0.5 the Hessian was half wrong."""

STEPS = 60

LOOKS = 6
"""Values asked for on the way from another start to the mode."""


def find_modes_frugally(value: Value, starts: np.ndarray) -> Modes:
    """Searches from the best start, and asks whether the others lead to the same mode.

    Args:
        value: From points (n, d) to log densities (n,).
        starts: Shape (s, d).

    Returns:
        The best mode, the distinct ones, and whether they agree. A start agrees when the log
        density rises all the way along the straight line from it to the mode, as far as six values
        on the way can tell; otherwise it is climbed from, below the dip.

    Raises:
        SamplingError: When the log density is finite at none of the starts.
    """
    heights = evaluate(value, starts)
    best = int(np.argmax(heights))
    found = [climb(value, starts[best])]
    for place, start in enumerate(starts):
        if place == best or not np.isfinite(heights[place]) or not found[0].converged:
            continue
        foot = below_dip(value, start, float(heights[place]), found[0])
        if foot is not None:
            found.append(climb(value, foot))
    return compare_modes(found)


def below_dip(value: Value, start: np.ndarray, height: float, mode: Mode) -> np.ndarray | None:
    """Looks along the line from a start to a mode for a place where the log density falls.

    Returns:
        The highest place before the last fall, or None where it never falls.
    """
    shares = np.linspace(0.0, 1.0, LOOKS + 2)[1:-1]
    places = start + shares[:, None] * (mode.point - start)
    heights = np.concatenate([[height], evaluate(value, places), [mode.value]])
    falls = np.flatnonzero(np.diff(heights) < 0.0)
    if not len(falls):
        return None
    highest = int(np.argmax(heights[: falls[-1] + 1]))
    return np.concatenate([start[None], places])[highest]


def climb(value: Value, start: np.ndarray) -> Mode:
    """Climbs from one start to a mode, by BFGS and then Newton steps.

    Args:
        value: From points (n, d) to log densities (n,).
        start: Shape (d,), with finite log density.

    Returns:
        The mode, honest about whether it converged.

    Source:
        Nocedal and Wright (2006), Numerical Optimization, algorithm 6.1 and equation 8.1; the first
        curvature is the diagonal of second differences.
    """
    point, height = np.asarray(start, dtype=float), float(evaluate(value, start[None])[0])
    gradient, inverse = first_curvature(value, point, height)
    for step in range(STEPS):
        direction = inverse @ gradient
        direction *= min(1.0, LONGEST_STEP / max(float(np.abs(direction).max()), 1e-300))
        if 0.5 * float(gradient @ direction) <= NEAR:
            return finish(value, point, conditional_widths(inverse), step)
        moved, higher = advance(value, point, height, gradient, direction)
        if higher <= height:
            return finish(value, point, conditional_widths(inverse), step)
        ahead = slopes(value, moved, higher, np.sqrt(np.diagonal(inverse)))
        inverse = updated(inverse, moved - point, gradient - ahead)
        point, height, gradient = moved, higher, ahead
    return finish(value, point, conditional_widths(inverse), STEPS)


def first_curvature(
    value: Value, point: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """The gradient, and a diagonal guess at the inverse of minus the Hessian."""
    moves = FIRST_STEP * np.eye(len(point))
    values = evaluate(value, np.concatenate([point + moves, point - moves]))
    ahead, behind = values.reshape(2, -1)
    # At the edge of the support one side is enough to know where to go.
    ahead = np.where(np.isfinite(ahead), ahead, 2.0 * height - behind)
    behind = np.where(np.isfinite(behind), behind, 2.0 * height - ahead)
    gradient = np.nan_to_num((ahead - behind) / (2.0 * FIRST_STEP))
    bend = np.abs(np.nan_to_num(ahead + behind - 2.0 * height)) / FIRST_STEP**2
    return gradient, np.diag(1.0 / np.maximum(bend, np.maximum(np.abs(gradient), 1.0)))


def advance(
    value: Value, point: np.ndarray, height: float, gradient: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, float]:
    """Goes along a direction as far as the log density rises enough; nowhere if it never does."""
    slope = float(gradient @ direction)
    for length in (1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4):
        moved = point + length * direction
        reached = float(evaluate(value, moved[None])[0])
        if height + 1e-4 * length * slope < reached < np.inf:
            return moved, reached
    return point, height


def slopes(value: Value, point: np.ndarray, height: float, widths: np.ndarray) -> np.ndarray:
    """One-sided differences over a share of each parameter's conditional sd."""
    steps = np.clip(SHARE * widths, 1e-6, FIRST_STEP)
    values = evaluate(value, point + np.diag(steps))
    return np.where(np.isfinite(values), (values - height) / steps, 0.0)


def updated(inverse: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The BFGS update of the inverse of minus the Hessian, where the density curves downwards."""
    product = float(step @ change)
    if product <= 1e-10 * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return inverse
    left = np.eye(len(step)) - np.outer(step, change) / product
    return left @ inverse @ left.T + np.outer(step, step) / product


def conditional_widths(covariance: np.ndarray) -> np.ndarray:
    """The standard deviation of each unknown when all others are known, shape (d,)."""
    return 1.0 / np.sqrt(np.diagonal(np.linalg.inv(covariance)))


def finish(value: Value, point: np.ndarray, widths: np.ndarray, iterations: int) -> Mode:
    """Newton steps with Hessians over half a standard deviation, until they promise nothing."""
    for extra in range(6):
        steps = np.clip(REACH * widths, 1e-6, 0.5)
        values = evaluate(value, point + steps * stencil(len(point)))
        height = float(values[0])
        if not np.isfinite(values).all():
            widths = 0.1 * widths
            continue
        gradient, hessian = differences(values, steps)
        direction, concave = newton_direction(gradient, hessian)
        gain = 0.5 * float(gradient @ direction)
        if concave and gain <= TOLERANCE:
            return Mode(point, height, hessian, True, iterations + extra)
        moved, higher = advance(value, point, height, gradient, direction)
        # What the quadratic promised and the step brought leaves no more than the next order.
        if concave and gain <= NEAR and higher > height:
            return Mode(moved, higher, hessian, True, iterations + extra)
        if concave:
            widths = 1.0 / np.sqrt(-np.diagonal(hessian))
        point = moved
    hessian = np.full((len(point), len(point)), np.nan)
    return Mode(point, float(evaluate(value, point[None])[0]), hessian, False, iterations)
