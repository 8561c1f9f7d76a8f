"""Where a search for the mode settles, and on which way to write the same posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.compiled import compiled_derivatives, compiled_value
from bayesinf.numerics.density import Value
from bayesinf.numerics.mode import Derivatives, Modes, find_modes
from bayesinf.numerics.random import Streams
from bayesinf.numerics.sizes import in_sizes
from bayesinf.posterior.target import Target
from bayesinf.posterior.verdict import Finding

SPREAD = 2.0
"""How far from zero, in units of order one, the further starts of the search lie."""

FIRST = 3
"""Starts after which a search that found no mode gives up: a density that rises without bound costs
a hundred steps from each start (two minutes of ten starts with 66 unknowns), and no start helps."""

NOTE = Finding(
    "As the model is written its density has no mode, because effects and their spread fall to "
    "zero together; the effects were sampled in units of their spread, which changes no answer.",
    "note",
    "decentred",
)


@dataclass(frozen=True, eq=False)
class Settled:
    """A target with what a search for its modes found.

    Attributes:
        target: As the model is written, or with effects in units of their spread.
        starts: Where the search began, shape (s, size).
        modes: What it found.
        value: Log densities of points.
        derivatives: Gradient and Hessian at a point.
        notes: Says so, where the target is not as the model is written.
    """

    target: Target
    starts: np.ndarray
    modes: Modes
    value: Value
    derivatives: Derivatives
    notes: tuple[Finding, ...] = ()


def settle(target: Target, streams: Streams) -> Settled:
    """Searches for the modes of a density, decentred where it has none as it is written.

    Args:
        target: Whose density is compiled.
        streams: Random streams, for starts besides the known ones.

    Returns:
        The target with a mode, where there is one.
    """
    found = _search(target, streams, ())
    if found.modes.best.converged:
        return found
    other = target.decentred()
    return found if other is None else _search(other, streams, (NOTE,))


def _search(target: Target, streams: Streams, notes: tuple[Finding, ...]) -> Settled:
    value = compiled_value(target.density, target.data)
    value = in_sizes(value) if target.traced else value
    derivatives = compiled_derivatives(target.density, target.data)
    starts = target.starts(streams.generator("starts"), SPREAD, 2)
    modes = find_modes(value, derivatives, starts[:FIRST])
    if modes.best.converged:
        modes = find_modes(value, derivatives, starts)
    return Settled(target, starts, modes, value, derivatives, notes)
