"""Gaussian models with one group term: the density of the spreads alone.

With sigma, the group sds and their correlations given, coefficients and group effects are jointly
Gaussian and integrate out. Rows enter through sums per group only, so that one evaluation costs the
same for any number of rows.

Notation: y = X b + Z T u + e, u ~ N(0, I) per level, T = diag(sd) L, e ~ N(0, sigma^2 / w);
M = I + T' Z'WZ T / sigma^2 per level, C = chol(M)^-1 T' Z'WX / sigma^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bayesinf.model.layout import GroupShape, correlation_factor
from bayesinf.model.model import Model
from bayesinf.model.structure import gaussian_coefficients
from bayesinf.numerics.blocks import block_cholesky, block_log_det, solve_lower, solve_upper
from bayesinf.numerics.linear import Conditional, condition, residual_square
from bayesinf.numerics.precision import bucket
from bayesinf.prior import Prior
from bayesinf.priors.correlation import LKJ
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class MarginalSignature:
    """What is fixed when the density is compiled.

    Attributes:
        group: Sizes of the group term.
        has_sigma: False when the rows' standard errors are known.
    """

    group: GroupShape
    has_sigma: bool

    @property
    def size(self) -> int:
        """Length of the flat vector: log sigma, log sds, free correlations."""
        return int(self.has_sigma) + self.group.effects + self.group.free_correlations


class MarginalEvidence(NamedTuple):
    """Sums over rows, per group and in total, and the priors' numbers.

    Attributes:
        gram, moment, square, weight: X'WX (p, p), X'Wy (p,), y'Wy and the sum of weights.
        group_gram: Shape (q, q, level). Z'WZ per level.
        group_cross: Shape (q, p, level). Z'WX per level.
        group_moment: Shape (q, level). Z'Wy per level.
        prior_mean, prior_precision: Shape (p,). Of the coefficients; precision 0 is flat.
        prior_square: The prior means' sum of squares, weighted by their precisions.
        constant: What does not depend on the spreads.
        priors: On sigma, where there is one, and on each group sd.
        correlation_prior: On the correlations.
    """

    gram: Array
    moment: Array
    square: Array
    weight: Array
    group_gram: Array
    group_cross: Array
    group_moment: Array
    prior_mean: Array
    prior_precision: Array
    prior_square: Array
    constant: Array
    priors: tuple[Prior, ...]
    correlation_prior: LKJ


class Spreads(NamedTuple):
    """The unknowns that are left, with the batch axis in front.

    Attributes:
        sigma: Shape (b,).
        sds: Shape (b, q).
        factor: Shape (b, q, q). Cholesky factor of the correlations.
        log_jacobian: Shape (b,). From the flat vector to these units.
    """

    sigma: Array
    sds: Array
    factor: Array
    log_jacobian: Array

    @property
    def scale(self) -> Array:
        """T = diag(sd) L, shape (b, q, q)."""
        return self.sds[..., None] * self.factor


class Integral(NamedTuple):
    """The pieces of the Gaussian integral at each batch point, kept for drawing.

    Attributes:
        log_evidence: Shape (b,).
        level_factor: Shape (q, q, b, level). Cholesky factor of M.
        coefficients: The coefficients' Gaussian.
    """

    log_evidence: Array
    level_factor: Array
    coefficients: Conditional


def marginal_signature(model: Model) -> MarginalSignature:
    """What of the model is fixed at compilation."""
    return MarginalSignature(model.layout.groups[0], bool(model.parameters))


def marginal_evidence(model: Model) -> tuple[MarginalEvidence, float]:
    """Sums up the rows of a Gaussian model with one group term.

    Levels are filled up to their size bucket; those that are added have sums of zero.

    Returns:
        The sums, and the level that was subtracted from the outcomes for accuracy.
    """
    design, rows = model.design, model.design.rows
    group = rows.groups[0]
    outcome = design.response - rows.offset
    level = float(outcome.mean()) if design.has_intercept else 0.0
    outcome = outcome - level
    weights = np.ones(len(rows)) if design.weights is None else design.weights
    precision, constant = weights, 0.0
    if rows.known.standard_error is not None:
        precision = weights / rows.known.standard_error**2
        constant = -float(weights @ np.log(rows.known.standard_error))
    columns = rows.population - design.centre
    prior = gaussian_coefficients(model).prior(level)
    constant += prior.log_constant

    levels = bucket(len(group.levels))

    def by_level(values: np.ndarray) -> np.ndarray:
        return np.bincount(group.codes, precision * values, minlength=levels)

    z, x = group.matrix.T, columns.T
    evidence = MarginalEvidence(
        gram=(columns * precision[:, None]).T @ columns,
        moment=columns.T @ (precision * outcome),
        square=np.asarray(float(precision @ outcome**2)),
        weight=np.asarray(float(weights.sum())),
        group_gram=np.array([[by_level(a * b) for b in z] for a in z]),
        group_cross=np.array([[by_level(a * b) for b in x] for a in z]).reshape(
            len(z), len(x), levels
        ),
        group_moment=np.array([by_level(a * outcome) for a in z]),
        prior_mean=prior.mean,
        prior_precision=prior.precision,
        prior_square=np.asarray(float(prior.precision @ prior.mean**2)),
        constant=np.asarray(constant),
        priors=model.scalar_priors[model.layout.coefficients :],
        correlation_prior=model.correlation_priors[0],
    )
    return evidence, level


def read_spreads(signature: MarginalSignature, flat: Array) -> Spreads:
    """Reads the spreads out of flat vectors (b, size)."""
    xp = namespace(flat)
    start = int(signature.has_sigma)
    log_sds = flat[..., start : start + signature.group.effects]
    factor, jacobian = correlation_factor(
        flat[..., start + signature.group.effects :], signature.group
    )
    log_jacobian = log_sds.sum(-1) + jacobian
    sigma = xp.ones(flat.shape[:-1])
    if signature.has_sigma:
        sigma = xp.exp(flat[..., 0])
        log_jacobian = log_jacobian + flat[..., 0]
    return Spreads(sigma, xp.exp(log_sds), factor, log_jacobian)


def integrate(spreads: Spreads, evidence: MarginalEvidence) -> Integral:
    """Integrates coefficients and group effects out, at each batch point."""
    xp = namespace(spreads.sigma, evidence.gram)
    inverse = spreads.sigma**-2
    scale = xp.moveaxis(spreads.scale, 0, -1)[..., None]
    level_factor = block_cholesky(level_precision(scale, inverse, evidence.group_gram))
    cross = solve_lower(level_factor, times_scale(scale, evidence.group_cross, inverse))
    moment = solve_lower(level_factor, times_scale(scale, evidence.group_moment, inverse))
    size = evidence.gram.shape[0]
    width = level_factor.shape[0] * evidence.group_gram.shape[-1]
    wide = xp.moveaxis(cross, 2, 0).swapaxes(1, 2).reshape(len(spreads.sigma), size, width)
    tall = xp.moveaxis(moment, 1, 0).reshape(len(spreads.sigma), width, 1)
    precision = (
        xp.diag(evidence.prior_precision)
        + inverse[:, None, None] * evidence.gram
        - wide @ wide.swapaxes(1, 2)
    )
    shift = (
        evidence.prior_precision * evidence.prior_mean
        + inverse[:, None] * evidence.moment
        - (wide @ tall)[..., 0]
    )
    conditional, integrated = condition(precision, shift)
    total = inverse * evidence.square + evidence.prior_square
    left = residual_square(total, integrated.fitted + (tall[..., 0] ** 2).sum(-1))
    log_evidence = (
        evidence.constant
        + integrated.log_volume
        - 0.5 * left
        - 0.5 * evidence.weight * xp.log(2 * np.pi * spreads.sigma**2)
        - 0.5 * block_log_det(level_factor).sum(-1)
    )
    return Integral(log_evidence, level_factor, conditional)


def level_precision(scale: Array, inverse: Array, group_gram: Array) -> Array:
    """M = I + T' Z'WZ T / sigma^2, shape (q, q, b, level).

    Args:
        scale: Shape (q, q, b, 1). T.
        inverse: Shape (b,). 1 / sigma^2.
        group_gram: Shape (q, q, level). Z'WZ.
    """
    xp = namespace(scale)
    size = scale.shape[0]
    half = [
        [sum(group_gram[a, c] * scale[c, j] for c in range(j, size)) for j in range(size)]
        for a in range(size)
    ]
    rows = []
    for i in range(size):
        row = []
        for j in range(size):
            inner = sum(scale[a, i] * half[a][j] for a in range(i, size))
            row.append(inverse[:, None] * inner + (1.0 if i == j else 0.0))
        rows.append(xp.stack(row))
    return xp.stack(rows)


def times_scale(scale: Array, sums: Array, inverse: Array) -> Array:
    """T' s / sigma^2 for sums s of shape (q, ..., level); the batch axis comes before the level."""
    xp = namespace(scale)
    size = scale.shape[0]
    wide = sums[..., None, :]
    rows = [sum(scale[a, i] * wide[a] for a in range(i, size)) for i in range(size)]
    return xp.stack(rows) * inverse[:, None]


@lru_cache(maxsize=256)
def marginal_density(
    signature: MarginalSignature,
) -> Callable[[Array, MarginalEvidence], Array]:
    """The log posterior density of the spreads on the flat vector; NumPy or JAX.

    Args:
        signature: Structure; equal signatures give the same function object.

    Returns:
        A function of flat vectors (b, size) and the sums, with values (b,).
    """

    def log_density(flat: Array, evidence: MarginalEvidence) -> Array:
        spreads = read_spreads(signature, flat)
        return (
            integrate(spreads, evidence).log_evidence
            + log_prior_of_spreads(signature, spreads, evidence)
            + spreads.log_jacobian
        )

    return log_density


def log_prior_of_spreads(
    signature: MarginalSignature, spreads: Spreads, evidence: MarginalEvidence
) -> Array:
    """The log prior density of sigma, the sds and the correlations, shape (b,)."""
    scalars = [spreads.sds[..., k] for k in range(signature.group.effects)]
    if signature.has_sigma:
        scalars.insert(0, spreads.sigma)
    total = namespace(spreads.sigma).zeros(spreads.sigma.shape)
    for prior, value in zip(evidence.priors, scalars, strict=True):
        total = total + prior.log_density(value)
    if signature.group.free_correlations:
        total = total + evidence.correlation_prior.log_density(spreads.factor)
    return total


def draw_latents(
    spreads: Spreads, evidence: MarginalEvidence, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draws coefficients (b, p) and group effects (b, level, q) given each draw of the spreads."""
    integral = integrate(spreads, evidence)
    size, levels = evidence.gram.shape[0], evidence.group_gram.shape[-1]
    batch, effects = spreads.sds.shape
    coefficients = integral.coefficients.draw(generator.standard_normal((batch, size)))
    scale = np.moveaxis(np.asarray(spreads.scale), 0, -1)[..., None]
    inverse = spreads.sigma**-2
    fitted = np.einsum("qpl,bp->qbl", evidence.group_cross, coefficients)
    rest = np.asarray(evidence.group_moment)[:, None, :] - fitted
    pulled = [
        sum(scale[a, i] * rest[a] for a in range(i, effects)) * inverse[:, None]
        for i in range(effects)
    ]
    factor = integral.level_factor
    half = solve_lower(factor, np.stack(pulled))
    standard = solve_upper(factor, half + generator.standard_normal((effects, batch, levels)))
    moved = np.stack([sum(scale[i, j] * standard[j] for j in range(i + 1)) for i in range(effects)])
    return coefficients, np.moveaxis(moved, 0, -1)
