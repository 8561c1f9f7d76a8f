"""Where each unknown of a model sits in one flat vector, and how to read it there.

    coefficients (p) | log of family parameters (m) | per group: log sds (q), free correlations,
    standardised effects (levels x q)

Standardised effects are independent standard normals a priori; the effects themselves are
`diag(sd) L raw`, with L the Cholesky factor of the correlations (the non-centred form).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesinf.numerics.correlation import cholesky_from_free
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class GroupShape:
    """The sizes of one group term."""

    levels: int
    effects: int
    correlated: bool

    @property
    def free_correlations(self) -> int:
        """How many free numbers describe the correlations."""
        return self.effects * (self.effects - 1) // 2 if self.correlated else 0


@dataclass(frozen=True)
class Layout:
    """Sizes of every part of the flat vector; hashable, so that equal models compile once.

    Attributes:
        coefficients: Number of population coefficients.
        parameters: Names of the family's parameters.
        lowers: Lower bound of each of those parameters.
        groups: Sizes of each group term.
    """

    coefficients: int
    parameters: tuple[str, ...]
    lowers: tuple[float, ...]
    groups: tuple[GroupShape, ...]

    @property
    def scalars(self) -> int:
        """Coefficients, family parameters and group sds: the unknowns with a prior of their own."""
        return self.coefficients + len(self.parameters) + sum(g.effects for g in self.groups)

    @property
    def size(self) -> int:
        """Length of the flat vector."""
        latent = sum(g.free_correlations + g.levels * g.effects for g in self.groups)
        return self.scalars + latent


class Values(NamedTuple):
    """The unknowns in their own units, each with the batch axes of the flat vector in front.

    Attributes:
        coefficients: Shape (..., p), of the centred design.
        parameters: Shape (..., m).
        sds: One array (..., q) per group term.
        correlations: One Cholesky factor (..., q, q) per group term.
        raw: One array (..., level, q) of standardised effects per group term.
        log_jacobian: Shape (...,). Of the step from the flat vector to these units.
    """

    coefficients: Array
    parameters: Array
    sds: tuple[Array, ...]
    correlations: tuple[Array, ...]
    raw: tuple[Array, ...]
    log_jacobian: Array

    @property
    def scalars(self) -> Array:
        """Coefficients, parameters and sds in one array (..., scalar)."""
        xp = namespace(self.coefficients)
        return xp.concatenate([self.coefficients, self.parameters, *self.sds], axis=-1)

    def effects(self) -> tuple[Array, ...]:
        """The group effects in their own units, (..., level, q) per group term."""
        return tuple(
            scale_effects(raw, sd, factor)
            for raw, sd, factor in zip(self.raw, self.sds, self.correlations, strict=True)
        )


def scale_effects(raw: Array, sd: Array, factor: Array) -> Array:
    """Turns standardised effects (..., level, q) into effects with these sds and correlations."""
    xp = namespace(raw, sd, factor)
    return sd[..., None, :] * xp.einsum("...ij,...lj->...li", factor, raw)


def read_layout(layout: Layout, flat: Array) -> Values:
    """Reads the unknowns out of flat vectors.

    Args:
        layout: The sizes.
        flat: Shape (..., layout.size).

    Returns:
        The unknowns in their own units, with the log-Jacobian of the transformation.
    """
    xp = namespace(flat)
    batch = flat.shape[:-1]
    place = 0

    def take(count: int) -> Array:
        nonlocal place
        part = flat[..., place : place + count]
        place += count
        return part

    coefficients = take(layout.coefficients)
    log_parameters = take(len(layout.parameters))
    parameters = xp.exp(log_parameters) + xp.asarray(np.array(layout.lowers))
    log_jacobian = log_parameters.sum(-1)
    sds, correlations, raw = [], [], []
    for group in layout.groups:
        log_sd = take(group.effects)
        sds.append(xp.exp(log_sd))
        log_jacobian = log_jacobian + log_sd.sum(-1)
        factor, jacobian = correlation_factor(take(group.free_correlations), group)
        correlations.append(factor)
        log_jacobian = log_jacobian + jacobian
        raw.append(take(group.levels * group.effects).reshape(*batch, group.levels, group.effects))
    return Values(
        coefficients, parameters, tuple(sds), tuple(correlations), tuple(raw), log_jacobian
    )


def correlation_factor(free: Array, group: GroupShape) -> tuple[Array, Array]:
    """The Cholesky factor of a group term's correlations; the identity where it has none."""
    xp = namespace(free)
    if group.free_correlations:
        return cholesky_from_free(free, group.effects)
    batch = free.shape[:-1]
    identity = xp.broadcast_to(xp.eye(group.effects), (*batch, group.effects, group.effects))
    return identity, xp.zeros(batch)
