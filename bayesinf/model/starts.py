"""Where a search through the unknowns of a model written by hand may begin."""

from __future__ import annotations

import numpy as np

from bayesinf.errors import SamplingError
from bayesinf.model.program import Program, blaming
from bayesinf.model.tracing import ProgramDensity, candidates
from bayesinf.numerics.compiled import compiled_value
from bayesinf.numerics.density import evaluate
from bayesinf.numerics.sizes import in_sizes

FEW, MANY = 8, 200
"""Prior draws that are tried at first, and where none of them is possible."""

KEPT = 3
"""Of the prior draws, and of the points around zero: with zero and the prior medians eight starts
in all, the number that notes on multimodality ask for."""

SEED = 0


def feasible_starts(program: Program) -> np.ndarray:
    """Points with a finite log density: zero, prior medians, prior draws, points around zero.

    Args:
        program: With its data.

    Returns:
        Up to eight points (s, size), the same for the same program.

    Raises:
        SamplingError: `no-finite-start`, when there is none among hundreds.
    """
    call, layout = program.code, program.layout
    data = program.data or {}
    density = ProgramDensity(call, layout)
    with blaming(program.label):
        value = in_sizes(compiled_value(density, data))
        for draws in (FEW, MANY):
            places = candidates(call, layout, data, SEED, draws)
            places = np.vstack([np.zeros(layout.size), places])
            finite = np.isfinite(places).all(axis=1)
            finite[finite] = np.isfinite(evaluate(value, places[finite]))
            if finite.any():
                return places[_spread(finite, draws)]
    raise SamplingError(
        f"The log density of the model '{program.label}' is finite at none of {2 * MANY + 2} "
        "starts: prior medians, prior draws and points around zero.",
        code="no-finite-start",
        hint="Look for a logarithm of a negative number, an outcome outside of its distribution's "
        "support, or a prior so wide that its draws overflow.",
    )


def _spread(finite: np.ndarray, draws: int) -> np.ndarray:
    """Which places to keep: zero and the medians where they are finite, and some of each kind."""
    kinds = np.split(np.arange(len(finite)), [2, 2 + draws])
    most = (2, KEPT, KEPT)
    kept = [places[finite[places]][:count] for places, count in zip(kinds, most, strict=True)]
    return np.concatenate(kept)
