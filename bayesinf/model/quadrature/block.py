"""The integral over the effects of each group of a block, at many points at once.

Notation: u holds the standardised effects of a group, N(0, I) a priori; T = diag(sd) L turns them
into effects; M = I + T' B T is the curvature of their log density, with B minus the second
derivatives of the log likelihood; K = chol(M). Arrays have axes (effect, group, point).

Source: Pinheiro and Bates (1995), Journal of Computational and Graphical Statistics 4(1), section
2.4 (adaptive Gaussian quadrature).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bayesinf.model.quadrature.likelihood import Likelihood, Slopes
from bayesinf.model.quadrature.rule import Rule
from bayesinf.numerics.blocks import block_cholesky, solve_lower, solve_upper
from bayesinf.types import Array, namespace

LONGEST_STEP = 2.0
"""Of a climb, in prior standard deviations: a flat start must not overshoot."""


class Peak(NamedTuple):
    """Where the effects of each group are most plausible.

    Attributes:
        place: Shape (effect, group, point). u.
        factor: Shape (effect, effect, group, point). K.
    """

    place: Array
    factor: Array


def climb(rows: Likelihood, scale: Array, start: Array, steps: int) -> Peak:
    """Climbs towards each group's mode by Newton steps.

    Args:
        rows: The likelihood.
        scale: Shape (effect, effect, 1, point). T.
        start: Shape (effect, group, point).
        steps: How many steps, at least 1.

    Returns:
        The place after the last step, and the curvature before it: any place and curvature make a
        valid quadrature, good ones a cheap one.
    """
    xp = namespace(start, scale)
    place, factor = start, scale
    for _ in range(steps):
        gradient, precision = standardise(rows.slopes(move(scale, place)), scale, place)
        factor = block_cholesky(precision)
        step = solve_upper(factor, solve_lower(factor, gradient))
        length = xp.sqrt((step * step).sum(0))
        place = place + step * xp.minimum(1.0, LONGEST_STEP / xp.maximum(length, 1e-300))
    return Peak(place, factor)


def log_integrals(rows: Likelihood, scale: Array, peak: Peak, rule: Rule) -> Array:
    """The log of each group's likelihood with its effects integrated out, (group, point)."""
    xp = namespace(peak.place, scale)
    # Axes (effect, effect, node, group, point), so that all nodes are placed at once.
    nodes = rule.nodes.T[:, :, None, None]
    places = xp.stack(
        [
            own + sum(step * side[a] for step, side in zip(nodes, spread_of(peak), strict=True))
            for a, own in enumerate(peak.place)
        ]
    )
    weights = rule.log_weights + 0.5 * (rule.nodes**2).sum(1)
    moves = move(scale[:, :, None], places).swapaxes(0, 1)
    terms = rows.log_density(moves) - 0.5 * (places * places).sum(0) + weights[:, None, None]
    return log_sum(terms) - log_volume(peak)


def spread_of(peak: Peak) -> list[Array]:
    """The columns of K^-T, (effect, group, point) each."""
    size = len(peak.place)
    identity = np.eye(size)[:, :, None, None]
    return [solve_upper(peak.factor, identity[k]) for k in range(size)]


def log_volume(peak: Peak) -> Array:
    """The log determinant of K, (group, point)."""
    xp = namespace(peak.factor)
    return xp.stack([xp.log(peak.factor[k, k]) for k in range(len(peak.place))]).sum(0)


def move(scale: Array, place: Array) -> Array:
    """Turns standardised effects into effects: T u, (effect, group, point)."""
    xp = namespace(scale, place)
    rows = range(len(place))
    return xp.stack([sum(scale[a, i] * place[i] for i in range(a + 1)) for a in rows])


def standardise(slopes: Slopes, scale: Array, place: Array) -> tuple[Array, Array]:
    """The gradient T' g - u (effect, group, point) and M (effect, effect, group, point)."""
    xp = namespace(scale, place)
    size = len(place)
    every = range(size)

    def bend(a: int, c: int) -> Array:
        return slopes.bend[max(a, c), min(a, c)]

    gradient = [
        sum(scale[a, i] * slopes.first[a] for a in range(i, size)) - place[i] for i in every
    ]
    half = [[sum(bend(a, c) * scale[c, j] for c in range(j, size)) for j in every] for a in every]
    precision = [
        [sum(scale[a, i] * half[a][j] for a in range(i, size)) + float(i == j) for j in every]
        for i in every
    ]
    return xp.stack(gradient), xp.stack([xp.stack(row) for row in precision])


def log_sum(terms: Array) -> Array:
    """The log of the sum of exponentials over the first axis."""
    xp = namespace(terms)
    largest = terms.max(0)
    return largest + xp.log(xp.exp(terms - largest).sum(0))
