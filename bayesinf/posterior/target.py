"""A posterior as general samplers see it: one flat vector in units near one, and how to read it.

Engines that need to know nothing about a model but its density (laplace, nuts, hmc, svi,
pathfinder, smc) stand on `Target`; `target_of` makes one for each kind of model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, singledispatch
from typing import Any

import numpy as np

from bayesinf.model.density import evidence_of, joint_density, pad, signature_of
from bayesinf.model.layout import Layout, Values, read_layout
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.model.starts import feasible_starts
from bayesinf.model.tracing import ProgramDensity
from bayesinf.model.units import expected_units, prior_place
from bayesinf.numerics.compiled import Density
from bayesinf.posterior.draws import Draws, draws_of_values
from bayesinf.posterior.program import ProgramDraws, read_positions


@dataclass(frozen=True, eq=False)
class Target:
    """A log density on a flat vector, with its data, its starts and its way back to the unknowns.

    Attributes:
        density: From flat vectors (..., size) and the data to log densities (...,). The same
            function object for models of one structure, so that they share compiled programs.
        data: Its second argument: all arrays and prior scales.
        size: Length of the flat vector.
        rows: Rows of data that one evaluation passes over, padding included.
        known: Points (s, size) that a search may begin at: zero, and what the priors suggest.
        read: Turns positions (chain, draw, size) into draws of the unknowns.
        traced: Whether the density runs on JAX arrays only; else it serves NumPy arrays as well.
    """

    density: Density
    data: Any
    size: int
    rows: int
    known: np.ndarray
    read: Callable[[np.ndarray], Draws | ProgramDraws]
    traced: bool = False

    def starts(self, generator: np.random.Generator, spread: float, count: int) -> np.ndarray:
        """The known points and `count` more around zero, shape (s, size)."""
        noise = generator.normal(0, spread, (count, self.size))
        return np.vstack([self.known, noise])

    def chain_starts(self, generator: np.random.Generator, chains: int) -> np.ndarray:
        """Where chains begin, shape (chain, size): near zero, where units are known to be near one.

        A traced density says nothing of its units, so that only points are sure that were tried:
        its chains begin at the known ones in turn.
        """
        if self.traced:
            return self.known[np.arange(chains) % len(self.known)]
        return generator.uniform(-0.5, 0.5, (chains, self.size))


@singledispatch
def target_of(model: object) -> Target:
    """The target of a model, in units that depend on its rows and priors alone."""
    raise TypeError(f"there is no target for {type(model).__name__}")


@target_of.register
def _(model: Model) -> Target:
    signature, evidence = pad(signature_of(model), evidence_of(model))
    layout = signature.layout
    place, width = expected_units(model, layout)
    far = (prior_place(model, layout, place) - place) / width

    def read(positions: np.ndarray) -> Draws:
        values = without_padding(read_layout(layout, place + width * positions), model.layout)
        return draws_of_values(model, values)

    return Target(
        joint_density(signature),
        evidence._replace(place=place, width=width),
        layout.size,
        len(evidence.response),
        np.vstack([np.zeros(layout.size), far]),
        read,
    )


@target_of.register
def _(program: Program) -> Target:
    """In the units that NumPyro's transforms bring: a model written by hand says no others."""
    data = dict(program.data or {})
    return Target(
        ProgramDensity(program.code, program.layout),
        data,
        program.layout.size,
        max(1, sum(values.size for values in data.values())),
        feasible_starts(program),
        partial(read_positions, program),
        traced=True,
    )


def without_padding(values: Values, layout: Layout) -> Values:
    """Leaves out the levels that were added to fill a size bucket."""
    raw = tuple(
        effects[..., : group.levels, :]
        for effects, group in zip(values.raw, layout.groups, strict=True)
    )
    return values._replace(raw=raw)
