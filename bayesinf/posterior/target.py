"""A posterior as general samplers see it: one flat vector in units near one, and how to read it.

Engines that need to know nothing about a model but its density (laplace, nuts, hmc, svi,
pathfinder, smc) stand on `Target`; `target_of` makes one for each kind of model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, singledispatch
from typing import Any, Protocol

import numpy as np

from bayesinf.model.aggregation import aggregate
from bayesinf.model.decentring import decentred
from bayesinf.model.density import (
    Evidence,
    evidence_of,
    joint_density,
    pad,
    signature_of,
    widened,
)
from bayesinf.model.layout import Layout, Values, read_layout
from bayesinf.model.model import Model
from bayesinf.model.normalisation import evidence_offset
from bayesinf.model.program import Program
from bayesinf.model.regression import Regression
from bayesinf.model.sites import Sites
from bayesinf.model.starts import feasible_starts
from bayesinf.model.tracing import ProgramDensity
from bayesinf.model.units import expected_units, prior_place
from bayesinf.numerics.compiled import Density
from bayesinf.posterior.draws import Draws, draws_of_values
from bayesinf.posterior.program import ProgramDraws, read_positions


def nothing() -> None:
    """There is no other way to write the same posterior."""


class Exact(Protocol):
    """A log density whose derivatives are written down."""

    def value(self, points: np.ndarray) -> np.ndarray:
        """Log densities of flat vectors (n, size), shape (n,)."""
        ...

    def derivatives(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient (size,) and Hessian (size, size) at a flat vector (size,)."""
        ...


@dataclass(frozen=True, eq=False)
class Target:
    """A log density on a flat vector, with its data, its starts and its way back to the unknowns.

    Attributes:
        density: From flat vectors (..., size) and the data to log densities (...,). The same
            function object for models of one structure, so that they share compiled programs.
        gather: Makes its second argument, `data`, when that is first asked for.
        size: Length of the flat vector.
        rows: Rows of data that one evaluation passes over.
        known: Points (s, size) that a search may begin at: zero, and what the priors suggest.
        read: Turns positions (chain, draw, size) into draws of the unknowns.
        traced: Whether the density runs on JAX arrays only; else it serves NumPy arrays as well.
        exact: The same density in NumPy with its derivatives, where these are written down.
        evidence_offset: What the log of the density's integral lacks to the log evidence; None
            where an improper prior leaves the evidence undefined.
        decentred: Makes the target of the same posterior with effects in units of their spread, for
            densities without a mode; None where no effect has an unknown spread.
    """

    density: Density
    gather: Callable[[], Any]
    size: int
    rows: int
    known: np.ndarray
    read: Callable[[np.ndarray], Draws | ProgramDraws]
    traced: bool = False
    exact: Exact | None = None
    evidence_offset: float | None = 0.0
    decentred: Callable[[], Target | None] = nothing

    @cached_property
    def data(self) -> Any:
        """All arrays and prior scales, filled up to size buckets."""
        return self.gather()

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
    collapsed = aggregate(model)
    plain = signature_of(collapsed)
    signature = widened(plain)
    layout = signature.layout
    place, width = expected_units(collapsed, layout)
    far = (prior_place(collapsed, layout, place) - place) / width
    evidence = evidence_of(collapsed)

    def gather() -> Evidence:
        return pad(plain, evidence)[1]._replace(place=place, width=width)

    def read(positions: np.ndarray) -> Draws:
        values = without_padding(read_layout(layout, place + width * positions), model.layout)
        return draws_of_values(model, values)

    here = evidence._replace(place=place, width=width)
    return Target(
        joint_density(signature),
        gather,
        layout.size,
        len(evidence.response),
        np.vstack([np.zeros(layout.size), far]),
        read,
        exact=None if layout.groups else Regression(plain, here),
        evidence_offset=evidence_offset(model, width),
    )


@target_of.register
def _(program: Program) -> Target:
    """In the units that NumPyro's transforms bring: a model written by hand says no others."""
    starts = feasible_starts(program)
    target = target_of_program(program, starts, program.sites)

    def other() -> Target | None:
        same = decentred(program, starts)
        if same is None:
            return None
        return target_of_program(same, feasible_starts(same), program.sites)

    return replace(target, decentred=other)


def target_of_program(program: Program, starts: np.ndarray, wanted: Sites) -> Target:
    """The target of a program, whose draws are of the sites that are wanted."""
    data = dict(program.data or {})
    names = tuple(site.name for site in wanted.kept)
    return Target(
        ProgramDensity(program.code, program.layout),
        lambda: data,
        program.layout.size,
        max(1, sum(values.size for values in data.values())),
        starts,
        lambda positions: read_positions(program, positions, names),
        traced=True,
        evidence_offset=None if wanted.improper else 0.0,
    )


def without_padding(values: Values, layout: Layout) -> Values:
    """Leaves out the levels that were added to fill a size bucket."""
    raw = tuple(
        effects[..., : group.levels, :]
        for effects, group in zip(values.raw, layout.groups, strict=True)
    )
    return values._replace(raw=raw)
