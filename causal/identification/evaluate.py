"""The value of a formula for a known distribution of discrete variables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

import bayesinf as bi
from causal.identification.expression import (
    Expression,
    Probability,
    Product,
    Quotient,
    Renamed,
    Sum,
)
from causal.identification.functional import Functional

OTHER = "*"
"""What the name of a variable's second value ends with, as in `x*`."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """Numbers for all values of some discrete variables, such as their joint probabilities.

    Attributes:
        names: The variables.
        table: (..., level of the first variable, level of the second, ...); axes before those of
            the variables, such as (chain, draw), run through everything that is computed.

    Raises:
        DataError: The table has fewer axes than there are variables, or a name stands twice.

    Example:
        >>> import numpy as np
        >>> joint = Distribution(("x", "y"), np.array([[0.3, 0.1], [0.2, 0.4]]))
        >>> joint.over(["y"]).table
        array([0.5, 0.5])
    """

    names: tuple[str, ...]
    table: np.ndarray

    def __post_init__(self) -> None:
        if len(set(self.names)) < len(self.names) or self.table.ndim < len(self.names):
            raise bi.DataError(
                f"A table with {self.table.ndim} axes cannot hold the variables "
                f"{', '.join(self.names)}.",
                code="distribution-shape",
                hint="Give one axis for each variable, in their order, and each variable once.",
            )

    def over(self, names: Collection[str]) -> Distribution:
        """Sums all other variables out; the rest keeps its order."""
        kept = tuple(name for name in self.names if name in names)
        return combine([self], kept)

    def arranged(self, names: Sequence[str], levels: dict[str, int]) -> Distribution:
        """Puts the axes into an order, with a repeated axis for a variable that plays no role."""
        table = combine([self], tuple(name for name in names if name in self.names)).table
        first = table.ndim - sum(name in self.names for name in names)
        for at, name in enumerate(names):
            if name not in self.names:
                table = np.repeat(np.expand_dims(table, first + at), levels[name], axis=first + at)
        return Distribution(tuple(names), table)


def evaluate(functional: Functional, joint: Distribution) -> Distribution:
    """Computes the distribution of the outcomes under each value of the treatments.

    Where the formula holds a variable whose value does not matter, its values are averaged by how
    often they occur, so that an estimated distribution is used as a whole.

    Args:
        functional: What `find_functional` found.
        joint: The joint probabilities of the observed variables, all of those in the formula among
            them; leading axes are kept.

    Returns:
        A table (..., treatments, what is given, outcomes).

    Raises:
        DataError: The distribution lacks a variable, or gives probability zero to something that
            the formula conditions on.

    Example:
        >>> from causal.graph import Graph
        >>> from causal.identification.functional import find_functional
        >>> found = find_functional(Graph.parse("x -> y"), "x", "y", "xy")
        >>> joint = Distribution(("x", "y"), np.array([[0.3, 0.1], [0.2, 0.4]]))
        >>> evaluate(found, joint).table.round(2)
        array([[0.75, 0.25],
               [0.33, 0.67]])
    """
    asked = functional.asked
    parts = functional.expression.probabilities
    needed = {name.removesuffix(OTHER) for name in asked}.union(*(part.free for part in parts))
    for name in sorted(needed):
        if name not in joint.names:
            raise bi.DataError(
                f"The distribution has no variable '{name}', which the formula needs.",
                code="unknown-variable",
                column=name,
                hint=f"Give a distribution that has it; this one has {', '.join(joint.names)}.",
            )
    found = value(functional.expression, joint)
    if functional.arbitrary:
        weights = joint.over(functional.arbitrary)
        kept = tuple(name for name in found.names if name not in functional.arbitrary)
        found = combine([found, weights], kept)
    lead = joint.table.ndim - len(joint.names)
    sizes = dict(zip(joint.names, joint.table.shape[lead:], strict=True))
    return found.arranged(asked, {name: sizes[name.removesuffix(OTHER)] for name in asked})


@singledispatch
def value(expression: Expression, joint: Distribution) -> Distribution:
    """Computes a formula for all values of its free variables.

    Args:
        expression: The formula.
        joint: The joint distribution of its variables.
    """
    raise TypeError(f"{type(expression).__name__} has no value in {joint.names}.")


@value.register
def probability(expression: Probability, joint: Distribution) -> Distribution:
    """Divides the joint probability by that of what is given."""
    both = joint.over(expression.free)
    return ratio(both, both.over(expression.given)) if expression.given else both


@value.register
def product(expression: Product, joint: Distribution) -> Distribution:
    """Multiplies the factors, each repeated over the variables that it lacks."""
    parts = [value(factor, joint) for factor in expression.factors]
    return combine(parts, names_of(parts, expression))


@value.register
def total(expression: Sum, joint: Distribution) -> Distribution:
    """Multiplies the factors and sums in one step, so that no table is larger than needed."""
    body = expression.body
    factors = body.factors if isinstance(body, Product) else (body,)
    parts = [value(factor, joint) for factor in factors]
    return combine(parts, names_of(parts, expression))


@value.register
def quotient(expression: Quotient, joint: Distribution) -> Distribution:
    """Divides one formula's table by the other's."""
    return ratio(value(expression.above, joint), value(expression.below, joint))


@value.register
def renamed(expression: Renamed, joint: Distribution) -> Distribution:
    """Gives an axis of the formula's table its other name."""
    found = value(expression.body, joint)
    names = (expression.new if name == expression.old else name for name in found.names)
    return Distribution(tuple(names), found.table)


def names_of(parts: Sequence[Distribution], expression: Expression) -> tuple[str, ...]:
    """The free variables of a formula, in the order of the tables that it is made of."""
    known = dict.fromkeys(name for part in parts for name in part.names)
    return tuple(name for name in known if name in expression.free)


def combine(parts: Sequence[Distribution], kept: tuple[str, ...]) -> Distribution:
    """Multiplies tables by the names of their axes, and sums out what is not kept."""
    letter = {name: i for i, name in enumerate(dict.fromkeys(n for p in parts for n in p.names))}
    operands: list[Any] = []
    for part in parts:
        operands += [part.table, [..., *(letter[name] for name in part.names)]]
    operands.append([..., *(letter[name] for name in kept)])
    return Distribution(kept, np.einsum(*operands, optimize=len(parts) > 2))


def ratio(above: Distribution, below: Distribution) -> Distribution:
    """Divides tables by the names of their axes.

    Raises:
        DataError: Something below the line is zero.
    """
    if not below.table.all():
        lead = below.table.ndim - len(below.names)
        where = np.argwhere(below.table == 0)[0][lead:]
        said = ", ".join(f"{n} at level {i}" for n, i in zip(below.names, where, strict=True))
        raise bi.DataError(
            f"The formula conditions on something that never occurs: {said}.",
            code="no-overlap",
            hint="Join levels of these columns, or give every combination some prior probability.",
        )
    names = tuple(dict.fromkeys((*above.names, *below.names)))
    return combine([above, Distribution(below.names, 1 / below.table)], names)
