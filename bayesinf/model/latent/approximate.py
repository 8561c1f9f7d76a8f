"""The Laplace approximation of a group model: the hyperparameters' mode, and the joint covariance.

Notation: t holds the hyperparameters, S their covariance, x(t) the latents' mode, J = dx/dt, H the
latents' precision; then t ~ N(mode, S) and x | t ~ N(x(t), H^-1), so cov(x) = H^-1 + J S J'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.model.latent.evidence import Evidence, weigh
from bayesinf.model.latent.rows import LatentRows
from bayesinf.numerics.mode import EVIDENCE_GAP, newton_direction

STARTS = (0.0, -1.5, 1.0)
"""Added to the expected log sds: effects as expected, a fifth of that, and three times that."""

LONGEST_STEP = 1.5
"""In logarithms: longer steps leave the region in which the quadratic model means something."""

TOLERANCE = 1e-5
"""In nats: 1e-5 is 0.004 posterior standard deviations away."""

MOST_STEPS = 60

DIFFERENCE = 1e-3
"""Step for the curvature from slopes: slopes are exact to 1e-6, so this is exact to 1e-3."""

WIDEST = 2.0
"""Largest standard deviation of a hyperparameter's logarithm that the approximation claims."""


@dataclass(frozen=True, eq=False)
class Approximation:
    """What Laplace's approximation says about every unknown of a group model.

    Attributes:
        rows: The model's rows.
        evidence: At the hyperparameters' mode.
        covariance: Shape (hyperparameter, hyperparameter). S.
        modes: How many different modes the starts found.
        gap: Log evidence of the best mode minus that of the second; infinite for one mode.
        starts: How many starts there were.
        evaluations: How many times the evidence was computed.
    """

    rows: LatentRows
    evidence: Evidence
    covariance: np.ndarray
    modes: int
    gap: float
    starts: int
    evaluations: int

    @property
    def agree(self) -> bool:
        """Whether one mode holds all the probability, as far as the starts can tell."""
        return self.gap > EVIDENCE_GAP

    @property
    def centre(self) -> np.ndarray:
        """The mode of coefficients and hyperparameters, shape (coefficient + hyperparameter,)."""
        latents = self.evidence.conditional.latents
        return np.concatenate([latents[self.rows.effects :], self.evidence.flat])

    def joint_covariance(self) -> np.ndarray:
        """The covariance of coefficients and hyperparameters, in that order."""
        response = self.evidence.response[self.rows.effects :]
        count = self.rows.coefficients
        border = self.evidence.conditional.arrow.border_covariance()
        own = border[len(border) - count :, len(border) - count :]
        both = response @ self.covariance
        return np.block([[own + both @ response.T, both], [both.T, self.covariance]])


def approximate(rows: LatentRows) -> Approximation:
    """Finds the hyperparameters' mode from several starts, and the curvature there.

    Args:
        rows: The model's rows.

    Returns:
        The approximation, honest about whether its starts agree.

    Raises:
        SamplingError: When no mode is found.
    """
    climber = _Climber(rows)
    origin = np.zeros(rows.size)
    origin[rows.effects :] = rows.centre
    found: list[tuple[Evidence, np.ndarray]] = []
    for shift in STARTS:
        start = rows.usual.copy()
        start[len(rows.parameters) :] += shift
        top = climber.climb(start, origin, found)
        if top is not None:
            found.append((top, climber.covariance(top)))
        origin = found[0][0].conditional.latents
    found.sort(key=lambda pair: -_log_mass(*pair))
    best, covariance = found[0]
    gap = _log_mass(*found[0]) - _log_mass(*found[1]) if len(found) > 1 else np.inf
    return Approximation(rows, best, covariance, len(found), gap, len(STARTS), climber.evaluations)


class _Climber:
    """Climbs the evidence by quasi-Newton steps, and counts its evaluations."""

    def __init__(self, rows: LatentRows) -> None:
        self.rows = rows
        self.evaluations = 0

    def climb(
        self, start: np.ndarray, latents: np.ndarray, known: list[tuple[Evidence, np.ndarray]]
    ) -> Evidence | None:
        """The top above the start; None when the way leads to a known one."""
        here = self._at(start, latents)
        curvature = self._curvature(here)
        for _ in range(MOST_STEPS):
            if any(_close(here.flat, *pair) for pair in known):
                return None
            direction, concave = newton_direction(here.slope, curvature)
            gain = 0.5 * float(here.slope @ direction)
            if concave and gain < TOLERANCE:
                return here
            direction *= min(1.0, LONGEST_STEP / float(np.abs(direction).max()))
            there = self._forward(here, direction)
            if there is None:
                if gain < 1e-2:
                    return here
                # The curvature is out of date.
                curvature = self._curvature(here)
                there = self._forward(here, newton_direction(here.slope, curvature)[0])
                if there is None:
                    return here
            curvature = _update(curvature, there.flat - here.flat, there.slope - here.slope)
            here = there
        raise SamplingError(
            f"The spread of the group effects was not found in {MOST_STEPS} steps: the posterior "
            "may be improper.",
            code="no-mode",
            hint="Give the group sds and the coefficients proper priors.",
        )

    def covariance(self, top: Evidence) -> np.ndarray:
        """The inverse curvature at a top, no wider than `WIDEST` along any direction."""
        curvature = -self._curvature(top)
        values, axes = np.linalg.eigh(curvature)
        return (axes / np.maximum(values, WIDEST**-2)) @ axes.T

    def _curvature(self, here: Evidence) -> np.ndarray:
        size = len(here.flat)
        found = np.empty((size, size))
        for k in range(size):
            step = DIFFERENCE * np.eye(size)[k]
            latents = here.conditional.latents + here.response @ step
            found[k] = (self._at(here.flat + step, latents).slope - here.slope) / DIFFERENCE
        return 0.5 * (found + found.T)

    def _forward(self, here: Evidence, direction: np.ndarray) -> Evidence | None:
        """A step that rises, a quarter as long each time; None when even short ones do not."""
        for length in (1.0, 0.25, 0.06, 0.015):
            step = length * direction
            near = here.conditional.latents
            if np.abs(step).max() < 0.3:
                near = near + here.response @ step
            there = self._at(here.flat + step, near)
            if there.value > here.value:
                return there
        return None

    def _at(self, flat: np.ndarray, latents: np.ndarray) -> Evidence:
        self.evaluations += 1
        return weigh(self.rows, flat, latents)


def _update(curvature: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The symmetric rank-one update, which may become indefinite as the truth may.

    Source: Nocedal and Wright (2006), equation 6.24, with their safeguard 6.26.
    """
    rest = change - curvature @ step
    below = float(rest @ step)
    if abs(below) < 1e-8 * float(np.linalg.norm(rest) * np.linalg.norm(step)):
        return curvature
    return curvature + np.outer(rest, rest) / below


def _close(flat: np.ndarray, top: Evidence, covariance: np.ndarray) -> bool:
    """Whether a point is less than 0.3 posterior standard deviations from a top."""
    step = flat - top.flat
    return bool(step @ np.linalg.solve(covariance, step) < 0.1)


def _log_mass(top: Evidence, covariance: np.ndarray) -> float:
    return top.value + 0.5 * float(np.linalg.slogdet(covariance)[1])
