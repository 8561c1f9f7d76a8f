"""Where a search through the unknowns of a model written by hand may begin."""

from __future__ import annotations

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.model.program import Program, blaming
from bayesinf.model.tracing import ProgramDensity, prior_draws
from bayesinf.numerics.compiled import compiled_value_and_gradient

TRIED = 200
"""Prior draws that are tried, and as many points around zero."""

EXAMINED = 2 * TRIED + 2
"""Places at which the density is evaluated at once: these, zero and the prior medians."""

RADIUS = 2.0
"""How far from zero the points around it lie, in unbounded units: Stan's and NumPyro's choice."""

KEPT = 3
"""Of the prior draws, and of the points around zero: with zero and the prior medians eight starts,
the number that notes/performance.md 2.2 asks for against several modes."""

SEED = 0


def feasible_starts(program: Program) -> np.ndarray:
    """Points with a finite log density and gradient: zero, prior medians, prior draws, others.

    Args:
        program: With its data.

    Returns:
        Up to eight points (s, size), the same for the same program.

    Raises:
        SamplingError: `no-finite-start`, when there is none among hundreds.
    """
    call, layout = program.code, program.layout
    data = program.data or {}
    around = np.random.default_rng(SEED).uniform(-RADIUS, RADIUS, (TRIED, layout.size))
    with blaming(program.label):
        drawn = prior_draws(call, layout, data, SEED, TRIED)
        medians = np.median(np.where(np.isfinite(drawn), drawn, 0.0), axis=0)
        places = np.vstack([np.zeros(layout.size), medians, drawn, around])
        steep = compiled_value_and_gradient(ProgramDensity(call, layout), data, len(places))
        values, gradients = steep(places)
    finite = np.isfinite(np.column_stack([places, values, gradients])).all(axis=1)
    if finite.any():
        return places[_spread(finite)]
    raise SamplingError(
        f"The log density of the model '{program.label}' and its gradient are finite at none of "
        f"{EXAMINED} starts: prior medians, prior draws and points around zero.",
        code="no-finite-start",
        hint="Look for a logarithm of a negative number, an outcome outside of its distribution's "
        "support, or a prior so wide that its draws overflow.",
    )


def _spread(finite: np.ndarray) -> np.ndarray:
    """Which places to keep: zero and the medians where they are finite, and some of each kind."""
    kinds = np.split(np.arange(len(finite)), [2, 2 + TRIED])
    most = (2, KEPT, KEPT)
    return np.concatenate(
        [places[finite[places]][:count] for places, count in zip(kinds, most, strict=True)]
    )
