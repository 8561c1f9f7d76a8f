"""Group effects drawn exactly, given draws of everything else.

Each group of each draw walks on its own: independence Metropolis-Hastings with a multivariate t at
the group's mode, beginning at a draw of that t, until next to no walk has yet to move. The prior
gives the effects the tails of a normal, lighter than the t's, so that what is left of the beginning
falls geometrically with the moves (Mengersen and Tweedie 1996, theorem 2.1); the share of walks
that have never moved measures it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.quadrature.block import Peak, climb, move, spread_of
from bayesinf.model.quadrature.likelihood import Likelihood
from bayesinf.model.quadrature.settings import settings_at
from bayesinf.model.quadrature.value import Centre, Integrand
from bayesinf.numerics.parallel import in_pieces
from bayesinf.numerics.random import Streams
from bayesinf.types import Array

TAIL = 7.0
"""Degrees of freedom of the proposals: a normal's shape, with room for skewed groups."""

FEWEST_MOVES, MOST_MOVES = 3, 20
"""Moves of each walk. Groups of few binary rows, the least normal ones, accept about 90 %."""

STILL = 1e-3
"""Walks that may never have moved. Each is a draw of the t, so that means are off by less than a
thousandth of the distance between the t's and theirs."""

STILL_OF_A_GROUP = 1.0 / 16.0
"""The same for any one group, which may be harder than the others."""


@dataclass(frozen=True, eq=False)
class DrawnEffects:
    """Group effects, one set for each point.

    Attributes:
        effects: Shape (n, level, effect), in their own units.
        acceptance: The fraction of moves that were accepted.
        still: The fraction of walks that never moved.
    """

    effects: np.ndarray
    acceptance: float
    still: float


@dataclass(frozen=True, eq=False)
class _Walks:
    """Walks of the groups of a bundle at some points.

    Attributes:
        place: Shape (effect, group, point). Standardised effects.
        tried, accepted, still: Moves, accepted moves, and walks that never moved.
    """

    place: np.ndarray
    tried: int
    accepted: int
    still: int


def draw_effects(
    whole: Integrand, centre: Centre, steps: int, points: np.ndarray, streams: Streams
) -> DrawnEffects:
    """Draws the effects of every group given each point.

    Args:
        whole: The rows.
        centre: Where the group modes are expected.
        steps: Newton steps from there.
        points: Shape (n, d). Draws of coefficients, family parameters, log sds and correlations.
        streams: Random streams.

    Returns:
        The effects; levels without rows are drawn from their prior.
    """
    rows = whole.rows

    def draw(stretch: slice) -> tuple[np.ndarray, list[_Walks]]:
        part = points[stretch]
        settings = settings_at(rows.signature, part)
        # Twice as fast as the streams' own kind, which matters here: ten numbers per effect.
        seed = streams.integer("effects", str(stretch.start))
        generator = np.random.Generator(np.random.SFC64(seed))
        standard = generator.standard_normal((rows.effects, rows.levels, len(part)))
        found = []
        for form, span in zip(whole.forms, rows.spans, strict=True):
            own = form.at(settings.values.coefficients, settings.parameters)
            peak = climb(own, settings.scale, centre.expected(part, span), steps)
            walks = _walk(own, settings.scale, peak, generator)
            standard[:, rows.order[span]] = walks.place
            found.append(walks)
        return np.asarray(move(settings.scale, standard)).transpose(2, 1, 0), found

    parts = in_pieces(draw, len(points), whole.piece)
    every = [walks for _, found in parts for walks in found]
    return DrawnEffects(
        np.concatenate([effects for effects, _ in parts]),
        sum(walks.accepted for walks in every) / max(sum(walks.tried for walks in every), 1),
        sum(walks.still for walks in every) / max(len(points) * len(rows.order), 1),
    )


def _walk(rows: Likelihood, scale: Array, peak: Peak, generator: np.random.Generator) -> _Walks:
    """Walks until next to no walk has yet to move."""
    place, log_weight = _propose(rows, scale, peak, generator)
    moved = np.zeros(log_weight.shape, dtype=bool)
    tried = accepted = 0
    for moves in range(1, MOST_MOVES + 1):
        proposed, there = _propose(rows, scale, peak, generator)
        taken = there - log_weight >= -generator.standard_exponential(there.shape)
        place = np.where(taken, proposed, place)
        log_weight = np.where(taken, there, log_weight)
        moved |= taken
        tried += taken.size
        accepted += int(taken.sum())
        still = 1.0 - moved.mean(axis=1)
        if moves >= FEWEST_MOVES and still.mean() <= STILL and still.max() <= STILL_OF_A_GROUP:
            break
    return _Walks(place, tried, accepted, int((~moved).sum()))


def _propose(
    rows: Likelihood, scale: Array, peak: Peak, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the t at each group's mode, and the logs of their weights (group, point)."""
    shape = np.shape(peak.place)
    normal = generator.standard_normal(shape)
    stretched = normal * np.sqrt(TAIL / generator.chisquare(TAIL, shape[1:]))
    place = np.array(peak.place)
    for step, side in zip(stretched, spread_of(peak), strict=True):
        place += step * np.asarray(side)
    found = np.asarray(rows.log_density(move(scale, place)[None])[0]) - 0.5 * (place**2).sum(0)
    log_proposal = -0.5 * (TAIL + len(place)) * np.log1p((stretched**2).sum(0) / TAIL)
    return place, found - log_proposal
