"""The highest points of many log densities, found by Newton steps that are taken side by side.

The same search as `numerics.mode.find_modes`, with members, and starts of each, in step: those that
have arrived wait for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np

from bayesinf.numerics.fleet.members import Members
from bayesinf.numerics.mode import EVIDENCE_GAP, NOISE, TOLERANCE, TRIAL_STEPS

MOST_STEPS = 100
"""Newton's method needs five to ten steps; what has not arrived by then needs another engine."""

AT_ONCE = 4
"""Step lengths tried at once (1, 1/4, 1/16, 1/64); shorter ones only where none of these rises,
which in regressions is never far from a start."""

SAME_PLACE = 0.01
"""Square of a tenth of a posterior sd: modes that are closer are one."""


@dataclass(frozen=True, eq=False)
class Summits:
    """The best mode of each member.

    Attributes:
        points: Shape (m, d).
        hessians: Shape (m, d, d). Second derivatives of the log density there.
        converged: Shape (m,). Whether the Hessian is negative definite and no step would gain.
        agree: Shape (m,). Whether that mode holds all the probability, as far as the starts tell.
        gaps: Shape (m,). Laplace evidence of the best mode less that of the second, in nats.
    """

    points: np.ndarray
    hessians: np.ndarray
    converged: np.ndarray
    agree: np.ndarray
    gaps: np.ndarray


@dataclass(frozen=True, eq=False)
class Climbs:
    """Where the starts of every member ended.

    Attributes:
        points: Shape (m, s, d).
        heights: Shape (m, s).
        hessians: Shape (m, s, d, d).
        converged: Shape (m, s).
    """

    points: np.ndarray
    heights: np.ndarray
    hessians: np.ndarray
    converged: np.ndarray


def find_summits(members: Members, starts: np.ndarray) -> Summits:
    """Searches every member from its starts and tells whether they found the same mode.

    Args:
        members: The log densities.
        starts: Shape (m, s, d). Starts of density zero are left out.

    Returns:
        The best modes. A member none of whose starts arrived has `converged` and `agree` false.
    """
    return judge_climbs(climb(members, starts))


def climb(members: Members, starts: np.ndarray) -> Climbs:
    """Takes Newton steps, shortened where the log density would not rise, until none gains."""
    points = np.array(starts, dtype=float)
    # As many points as a step tries, so that one compiled program serves both.
    heights = members.values(np.tile(points, (1, AT_ONCE, 1)))[:, : points.shape[1]]
    climbing = np.isfinite(heights)
    converged = np.zeros_like(climbing)
    gradients, hessians = members.derivatives(points)
    for _ in range(MOST_STEPS):
        climbing &= np.isfinite(gradients).all(-1) & np.isfinite(hessians).all((-2, -1))
        directions, concave = newton_directions(gradients, hessians, climbing)
        gains = 0.5 * (np.where(climbing[..., None], gradients, 0.0) * directions).sum(-1)
        converged |= climbing & concave & (gains <= TOLERANCE)
        climbing &= ~converged
        if not climbing.any():
            break
        risen, best, tops = _step(members, points, heights, directions, climbing)
        # A gain that rounding hides cannot be had, and need not be.
        hidden = gains <= 1e3 * NOISE * (1.0 + np.abs(heights))
        converged |= climbing & ~risen & concave & hidden
        climbing &= risen
        points = np.where(climbing[..., None], best, points)
        heights = np.where(climbing, tops, heights)
        gradients, hessians = members.derivatives(points)
    return Climbs(points, heights, hessians, converged)


def newton_directions(
    gradients: np.ndarray, hessians: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solves for many Newton steps towards a maximum, whatever the signs of the curvature.

    Args:
        gradients: Shape (..., d).
        hessians: Shape (..., d, d).
        wanted: Shape (...,). Where a direction is wanted; elsewhere it is zero.

    Returns:
        Directions of ascent (..., d), and whether each Hessian is negative definite (...,).
    """
    identity = np.eye(gradients.shape[-1])
    gradients = np.where(wanted[..., None], gradients, 0.0)
    hessians = np.where(wanted[..., None, None], hessians, -identity)
    # In units of each parameter's own curvature, so that a floor on eigenvalues is fair to all.
    diagonal = np.abs(np.diagonal(hessians, axis1=-2, axis2=-1))
    unit = 1.0 / np.sqrt(np.maximum(diagonal, 1e-12))
    curvature, axes = np.linalg.eigh(-hessians * unit[..., :, None] * unit[..., None, :])
    floor = 1e-8 * np.maximum(1.0, np.abs(curvature).max(-1, initial=0.0))
    along = np.einsum("...ij,...i->...j", axes, unit * gradients)
    lengths = along / np.maximum(np.abs(curvature), floor[..., None])
    directions = unit * np.einsum("...ij,...j->...i", axes, lengths)
    return directions, curvature.min(-1, initial=np.inf) > floor


def _step(
    members: Members,
    points: np.ndarray,
    heights: np.ndarray,
    directions: np.ndarray,
    climbing: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether some length of the step rises (m, s), the best point (m, s, d), and its height."""
    best, tops = points, heights
    for lengths in TRIAL_STEPS.reshape(-1, AT_ONCE):
        trials = points[:, :, None] + lengths[:, None] * directions[:, :, None]
        count, starts, _, size = trials.shape
        found = members.values(trials.reshape(count, -1, size)).reshape(count, starts, -1)
        found = np.where(np.isfinite(found), found, -np.inf)
        choice = found.argmax(-1)[..., None]
        height = np.take_along_axis(found, choice, -1)[..., 0]
        risen = height > tops
        best = np.where(
            risen[..., None], np.take_along_axis(trials, choice[..., None], 2)[:, :, 0], best
        )
        tops = np.where(risen, height, tops)
        if not (climbing & (tops <= heights)).any():
            break
    return tops > heights, best, tops


def judge_climbs(climbs: Climbs) -> Summits:
    """Takes each member's converged climb of the largest Laplace evidence, and looks for others."""
    evidence = np.where(climbs.converged, log_evidence(climbs.heights, climbs.hessians), -np.inf)
    any_converged = climbs.converged.any(1)
    place = np.where(any_converged, evidence.argmax(1), climbs.heights.argmax(1))
    member = np.arange(len(place))
    point, hessian = climbs.points[member, place], climbs.hessians[member, place]
    steps = climbs.points - point[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        distance = -np.einsum("msi,mij,msj->ms", steps, hessian, steps)
    others = np.where(distance < SAME_PLACE, -np.inf, evidence).max(1)
    best = evidence[member, place]
    gaps = np.where(np.isfinite(others), best - np.where(np.isfinite(others), others, 0.0), np.inf)
    # A failed start that ended higher knows a better place than the best mode.
    failed = np.where(climbs.converged, -np.inf, climbs.heights).max(1)
    outdone = failed > climbs.heights[member, place]
    agree = any_converged & (gaps > EVIDENCE_GAP) & ~outdone
    return Summits(point, hessian, any_converged, agree, gaps)


def log_evidence(heights: np.ndarray, hessians: np.ndarray) -> np.ndarray:
    """Laplace's approximation of the log integral around each mode: (m, s) of heights (m, s)."""
    size = hessians.shape[-1]
    sound = np.where(np.isfinite(hessians).all((-2, -1), keepdims=True), hessians, -np.eye(size))
    _, log_determinant = np.linalg.slogdet(-sound)
    return heights + 0.5 * size * log(2.0 * pi) - 0.5 * log_determinant
