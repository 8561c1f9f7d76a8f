"""Gaussian models with several group terms: the density of the spreads alone.

With sigma and every term's sds and correlations given, coefficients and group effects are jointly
Gaussian and integrate out, whether the factors are crossed or nested. The term with the most
effects is eliminated level by level, as in `model/marginal.py`; the effects of the other terms, the
coefficients and the outcome form its border, whose precision is linear in a few numbers
(`numerics/combination.py`) and is factorised densely.

Notation: y = Z T u + V v + e with u ~ N(0, I) per level of the eliminated term, T = diag(sd) L, and
e ~ N(0, sigma^2 / w). v holds the other terms' effects, with prior precisions S_k^-1 per level,
S_k = T_k T_k', and the coefficients. M = I + T' Z'WZ T / sigma^2 per level. Given the spreads, v
has precision Q and shift s:

    [Q s; s' t] = blocks(S_k^-1, prior) + [V y]'W[V y] / sigma^2 - sum_l C_l' A_l C_l

with C = Z'W[V y] and A = T M^-1 T' / sigma^4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from bayesinf.model.layout import GroupShape
from bayesinf.model.marginal import MarginalSignature, level_precision, read_spreads
from bayesinf.numerics.blocks import block_cholesky, block_log_det, solve_lower
from bayesinf.numerics.combination import Combination
from bayesinf.numerics.lapack import lower_factors, solve_lower_factors
from bayesinf.numerics.linear import residual_square
from bayesinf.prior import Prior
from bayesinf.priors.correlation import LKJ
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class CrossedSignature:
    """What is fixed when the density is compiled.

    Attributes:
        groups: Sizes of each group term.
        eliminated: Which of them is eliminated level by level.
        coefficients: Number of population coefficients.
        has_sigma: False when the rows' standard errors are known.
    """

    groups: tuple[GroupShape, ...]
    eliminated: int
    coefficients: int
    has_sigma: bool

    @property
    def size(self) -> int:
        """Length of the flat vector: log sigma, then each term's log sds and free correlations."""
        return self.places[-1]

    @property
    def places(self) -> tuple[int, ...]:
        """Where each term's numbers begin in the flat vector, and where the last one's end."""
        lengths = (group.effects + group.free_correlations for group in self.groups)
        return tuple(accumulate(lengths, initial=int(self.has_sigma)))

    @property
    def bordering(self) -> tuple[int, ...]:
        """The terms that are not eliminated."""
        return tuple(k for k in range(len(self.groups)) if k != self.eliminated)

    @property
    def border(self) -> int:
        """How many effects and coefficients border the eliminated term."""
        groups = (self.groups[k] for k in self.bordering)
        return sum(group.levels * group.effects for group in groups) + self.coefficients


class CrossedEvidence(NamedTuple):
    """Sums over rows, and the priors' numbers.

    Attributes:
        own: Shape (q, q, kind). Z'WZ of the eliminated term; levels with equal sums are one kind.
        counts: Shape (kind,). How many levels are of each kind.
        border: [Q s; s' t] as a combination of fixed matrices.
        wide: Shape (level, q, m + 1). C, where it is too full for the sum over its levels to be
            part of that combination; else None.
        square, weight: y'Wy, and the sum of weights.
        prior_square: The prior means' sum of squares, weighted by their precisions.
        constant: What does not depend on the spreads.
        priors: On sigma, where there is one, and on each term's sds in turn.
        correlation_priors: One per term.
    """

    own: Array
    counts: Array
    border: Combination
    wide: Array | None
    square: Array
    weight: Array
    prior_square: Array
    constant: Array
    priors: tuple[Prior, ...]
    correlation_priors: tuple[LKJ, ...]


class CrossedSpreads(NamedTuple):
    """The unknowns that are left, with the batch axis in front.

    Attributes:
        sigma: Shape (b,).
        sds: One array (b, q) per term.
        factors: One Cholesky factor (b, q, q) of correlations per term.
        log_jacobian: Shape (b,). From the flat vector to these units.
    """

    sigma: Array
    sds: tuple[Array, ...]
    factors: tuple[Array, ...]
    log_jacobian: Array

    def scale(self, term: int) -> Array:
        """T of a term, shape (q, q, b)."""
        xp = namespace(self.sigma)
        return xp.moveaxis(self.sds[term][..., None] * self.factors[term], 0, -1)

    def log_scale(self, term: int) -> Array:
        """The log determinant of T of a term, shape (b,)."""
        xp = namespace(self.sigma)
        diagonal = xp.diagonal(self.factors[term], axis1=1, axis2=2)
        return (xp.log(self.sds[term]) + xp.log(diagonal)).sum(-1)


class CrossedIntegral(NamedTuple):
    """The pieces of the Gaussian integral at each batch point, kept for drawing.

    Attributes:
        log_evidence: Shape (b,).
        level_factor: Shape (q, q, b, kind). Cholesky factor of M.
        border_factor: Shape (b, m, m). Cholesky factor of Q.
        half: Shape (b, m). That factor's inverse times s.
    """

    log_evidence: Array
    level_factor: Array
    border_factor: Array
    half: Array


def read_crossed(signature: CrossedSignature, flat: Array) -> CrossedSpreads:
    """Reads the spreads out of flat vectors (b, size)."""
    xp = namespace(flat)
    sigma, log_jacobian = xp.ones(flat.shape[:-1]), xp.zeros(flat.shape[:-1])
    if signature.has_sigma:
        sigma, log_jacobian = xp.exp(flat[..., 0]), flat[..., 0]
    sds, factors = [], []
    for k, group in enumerate(signature.groups):
        part = flat[..., signature.places[k] : signature.places[k + 1]]
        spreads = read_spreads(MarginalSignature(group, False), part)
        sds.append(spreads.sds)
        factors.append(spreads.factor)
        log_jacobian = log_jacobian + spreads.log_jacobian
    return CrossedSpreads(sigma, tuple(sds), tuple(factors), log_jacobian)


def eliminated_weights(
    signature: CrossedSignature, spreads: CrossedSpreads, level_factor: Array
) -> Array:
    """A of each kind, (q, q, b, kind)."""
    xp = namespace(spreads.sigma)
    # V'V = T M^-1 T' for V = chol(M)^-1 T'.
    turned = xp.swapaxes(spreads.scale(signature.eliminated), 0, 1)[..., None]
    root = solve_lower(level_factor, turned) * spreads.sigma[:, None] ** -2
    size = len(root)
    rows = [xp.stack([(root[:, a] * root[:, b]).sum(0) for b in range(size)]) for a in range(size)]
    return xp.stack(rows)


def border_weights(
    signature: CrossedSignature, spreads: CrossedSpreads, taken: Array | None
) -> Array:
    """The numbers (b, weight) in which the border's precision is linear.

    In order: minus the A of each kind, where they are part of it; 1 / sigma^2; the S_k^-1 of each
    bordering term; and 1.
    """
    xp = namespace(spreads.sigma)
    parts = []
    if taken is not None:
        size = len(taken)
        parts += [-taken[a, b] for a in range(size) for b in range(a, size)]
    parts.append(spreads.sigma[:, None] ** -2)
    for k in signature.bordering:
        precision = inverse_scale_square(spreads.scale(k))
        effects = len(precision)
        parts += [precision[a, b][:, None] for a in range(effects) for b in range(a + 1)]
    parts.append(xp.ones((len(spreads.sigma), 1)))
    return xp.concatenate(parts, axis=1)


def border_matrices(
    signature: CrossedSignature,
    spreads: CrossedSpreads,
    level_factor: Array,
    evidence: CrossedEvidence,
) -> Array:
    """[Q s; s' t] at each batch point, (b, m + 1, m + 1), the lower triangles."""
    taken = eliminated_weights(signature, spreads, level_factor)
    if evidence.wide is None:
        return evidence.border.total(border_weights(signature, spreads, taken))
    xp = namespace(taken)
    whole = evidence.border.total(border_weights(signature, spreads, None))
    levels = xp.moveaxis(taken, (2, 3), (0, 1))
    tall = evidence.wide.reshape(-1, evidence.wide.shape[-1])
    minus = [tall.T @ (one @ evidence.wide).reshape(tall.shape) for one in levels]
    return whole - xp.stack(minus)


def inverse_scale_square(scale: Array) -> Array:
    """The inverse of T T' for scales of shape (q, q, b), of the same shape."""
    xp = namespace(scale)
    size = len(scale)
    unit = xp.broadcast_to(xp.eye(size)[..., None], scale.shape)
    half = solve_lower(scale, unit)
    return xp.stack(
        [xp.stack([(half[:, a] * half[:, b]).sum(0) for b in range(size)]) for a in range(size)]
    )


def integrate_crossed(
    signature: CrossedSignature, spreads: CrossedSpreads, evidence: CrossedEvidence
) -> CrossedIntegral:
    """Integrates coefficients and all group effects out, at each batch point."""
    xp = namespace(spreads.sigma, evidence.own)
    inverse = spreads.sigma**-2
    scale = spreads.scale(signature.eliminated)[..., None]
    level_factor = block_cholesky(level_precision(scale, inverse, evidence.own))
    whole = border_matrices(signature, spreads, level_factor, evidence)
    shift, corner = whole[:, -1, :-1], whole[:, -1, -1]
    factor = lower_factors(whole[:, :-1, :-1])
    half = solve_lower_factors(factor, shift)
    total = inverse * evidence.square + evidence.prior_square
    left = residual_square(total, total - corner + (half**2).sum(-1))
    log_evidence = (
        evidence.constant
        + 0.5 * signature.coefficients * np.log(2 * np.pi)
        - 0.5 * left
        - 0.5 * evidence.weight * xp.log(2 * np.pi * spreads.sigma**2)
        - 0.5 * block_log_det(level_factor) @ evidence.counts
        - xp.log(xp.diagonal(factor, axis1=1, axis2=2)).sum(-1)
    )
    for k in signature.bordering:
        log_evidence = log_evidence - signature.groups[k].levels * spreads.log_scale(k)
    return CrossedIntegral(log_evidence, level_factor, factor, half)


@lru_cache(maxsize=256)
def crossed_density(
    signature: CrossedSignature,
) -> Callable[[Array, CrossedEvidence], Array]:
    """The log posterior density of the spreads on the flat vector; NumPy or JAX.

    Args:
        signature: Structure; equal signatures give the same function object.

    Returns:
        A function of flat vectors (b, size) and the sums, with values (b,).
    """

    def log_density(flat: Array, evidence: CrossedEvidence) -> Array:
        spreads = read_crossed(signature, flat)
        return (
            integrate_crossed(signature, spreads, evidence).log_evidence
            + log_prior_of_crossed(signature, spreads, evidence)
            + spreads.log_jacobian
        )

    return log_density


def log_prior_of_crossed(
    signature: CrossedSignature, spreads: CrossedSpreads, evidence: CrossedEvidence
) -> Array:
    """The log prior density of sigma, the sds and the correlations, shape (b,)."""
    scalars = [sds[..., j] for sds in spreads.sds for j in range(sds.shape[-1])]
    if signature.has_sigma:
        scalars.insert(0, spreads.sigma)
    total = namespace(spreads.sigma).zeros(spreads.sigma.shape)
    for prior, value in zip(evidence.priors, scalars, strict=True):
        total = total + prior.log_density(value)
    for k, group in enumerate(signature.groups):
        if group.free_correlations:
            total = total + evidence.correlation_priors[k].log_density(spreads.factors[k])
    return total
