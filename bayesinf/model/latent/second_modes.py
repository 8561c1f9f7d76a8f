"""Group effects that could be in two places, for likelihoods that are not log-concave.

A level of which half the rows say one thing and half another has two modes where the likelihood has
heavy tails. Chains that begin around one of them may never see the other, and then agree. So every
effect is moved across its prior's range while all else stays at the mode, and dips are noticed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.latent.conditional import Conditional, log_likelihood
from bayesinf.model.latent.rows import Factor, LatentRows

REACH = 5.0
"""Prior standard deviations to either side of zero."""

PLACES = 81

DIP = 1.0
"""Nats that the log density must fall between two modes, so that chains could miss one."""

NEGLIGIBLE = 8.0
"""A mode so many nats below the other one has less than a thousandth of its probability."""


@dataclass(frozen=True)
class TwoPlaces:
    """A level whose effect has two modes, all else at the mode.

    Attributes:
        factor: The term's position in the model.
        effect: The effect's position in the term.
        level: The level's position.
    """

    factor: int
    effect: int
    level: int


def second_modes(rows: LatentRows, top: Conditional) -> list[TwoPlaces]:
    """Lists the effects that have a second mode worth visiting; none where there can be none.

    Args:
        rows: The model's rows.
        top: The mode.
    """
    if rows.family.log_concave:
        return []
    found, place = [], 0
    for factor in rows.factors:
        own = top.latents[place : place + factor.size].reshape(-1, factor.shape.effects)
        place += factor.size
        for effect in range(factor.shape.effects):
            heights = _profile(rows, top, factor, own, effect)
            found += [
                TwoPlaces(factor.place, effect, int(level))
                for level in np.flatnonzero(has_two_peaks(heights))
            ]
    return found


def _profile(
    rows: LatentRows, top: Conditional, factor: Factor, own: np.ndarray, effect: int
) -> np.ndarray:
    """Log densities (level, place) of one effect of every level, all else at the mode."""
    precision = top.hyper.precision(factor.place)
    sd = float(top.hyper.sds[factor.place][effect])
    # From one side of the range to the other, and through the mode itself.
    grid = np.sort(np.append(np.linspace(-REACH, REACH, PLACES) * sd, 0.0))
    heights = np.empty((factor.shape.levels, len(grid)))
    for k, value in enumerate(grid):
        moved = own.copy()
        moved[:, effect] = value
        change = (moved - own)[:, effect][factor.codes] * factor.matrix[:, effect]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            rowwise = rows.weights * log_likelihood(rows, top.hyper, top.predictor + change)
        heights[:, k] = np.bincount(factor.codes, rowwise, factor.shape.levels)
        heights[:, k] -= 0.5 * ((moved @ precision) * moved).sum(1)
    return heights


def has_two_peaks(heights: np.ndarray) -> np.ndarray:
    """Whether each row of heights (row, place) has two peaks with a dip between them, (row,)."""
    before = np.maximum.accumulate(heights, axis=1)
    after = np.maximum.accumulate(heights[:, ::-1], axis=1)[:, ::-1]
    lower = np.minimum(before, after)
    deep = lower - heights > DIP
    high = heights.max(axis=1, keepdims=True) - lower < NEGLIGIBLE
    return (deep & high).any(axis=1)
