"""The sums over rows that the density of several group terms needs, computed once.

Notation as in `model/crossed.py`: Z are the columns of the eliminated term, V those of its border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.model.crossed import CrossedEvidence, CrossedSignature
from bayesinf.model.model import Model
from bayesinf.model.structure import gaussian_coefficients
from bayesinf.numerics.combination import border_terms, combine
from bayesinf.numerics.linear import Gaussian
from bayesinf.term import Effects

if TYPE_CHECKING:
    from scipy.sparse import coo_array, csr_array


@dataclass(frozen=True, eq=False)
class CrossedRows:
    """A Gaussian model with several group terms as sums over its rows.

    The border's columns are the bordering terms' effects, effect by effect, then the coefficients.

    Attributes:
        signature: Sizes.
        evidence: What the density of the spreads needs.
        own: Shape (level, q, q). Z'WZ of each level.
        kinds: Shape (level,). Levels with equal `own` are one kind.
        cross: Shape (level * q, m + 1). Z'W[V y], level by level.
        gram: Shape (m + 1, m + 1). [V y]'W[V y].
        prior: Of the coefficients, less the level.
        level: What was subtracted from the outcomes for accuracy.
    """

    signature: CrossedSignature
    evidence: CrossedEvidence
    own: np.ndarray
    kinds: np.ndarray
    cross: csr_array
    gram: csr_array
    prior: Gaussian
    level: float


def crossed_signature(model: Model) -> CrossedSignature:
    """What of the model is fixed at compilation; the term with the most effects is eliminated."""
    groups = model.layout.groups
    eliminated = int(np.argmax([group.levels * group.effects for group in groups]))
    return CrossedSignature(groups, eliminated, model.layout.coefficients, bool(model.parameters))


def crossed_rows(model: Model) -> CrossedRows:
    """Sums up the rows of a Gaussian model with group terms."""
    from scipy.sparse import csr_array, hstack

    design, rows, signature = model.design, model.design.rows, crossed_signature(model)
    outcome = design.response - rows.offset
    level = float(outcome.mean()) if design.has_intercept else 0.0
    weights = np.ones(len(rows)) if design.weights is None else design.weights
    precision, constant = weights, 0.0
    if rows.known.standard_error is not None:
        precision = weights / rows.known.standard_error**2
        constant = -float(weights @ np.log(rows.known.standard_error))
    prior = gaussian_coefficients(model).prior(level)
    group = rows.groups[signature.eliminated]
    dense = np.column_stack([rows.population - design.centre, outcome - level])
    others = [_effect_columns(rows.groups[k]) for k in signature.bordering]
    border = csr_array(hstack([*others, csr_array(dense)], format="csr"))
    weighted = csr_array(border.multiply(precision[:, None]))
    cross = csr_array(_level_columns(group).T @ weighted)
    cross.sort_indices()
    gram = csr_array(border.T @ weighted)
    own = _own(group, precision)
    distinct, kinds = np.unique(own.reshape(len(own), -1), axis=0, return_inverse=True)
    q = own.shape[1]
    evidence = CrossedEvidence(
        own=np.moveaxis(distinct.reshape(-1, q, q), 0, -1),
        counts=np.bincount(kinds).astype(float),
        border=combine(_all_terms(signature, cross, gram, kinds, prior), gram.shape[0]),
        square=np.asarray(gram[-1, -1]),
        weight=np.asarray(float(weights.sum())),
        prior_square=np.asarray(float(prior.precision @ prior.mean**2)),
        constant=np.asarray(constant + prior.log_constant),
        priors=model.scalar_priors[model.layout.coefficients :],
        correlation_priors=model.correlation_priors,
    )
    return CrossedRows(signature, evidence, own, kinds, cross, gram, prior, level)


def _effect_columns(group: Effects) -> csr_array:
    """The columns of a term's effects, effect by effect."""
    from scipy.sparse import csr_array

    rows, levels = len(group.codes), len(group.levels)
    effects = group.matrix.shape[1]
    columns = group.codes[:, None] + levels * np.arange(effects)
    starts = effects * np.arange(rows + 1)
    parts = (group.matrix.ravel(), columns.ravel(), starts)
    return csr_array(parts, shape=(rows, levels * effects))


def _level_columns(group: Effects) -> csr_array:
    """The columns of a term's effects, level by level."""
    from scipy.sparse import csr_array

    rows, effects = group.matrix.shape
    columns = group.codes[:, None] * effects + np.arange(effects)
    parts = (group.matrix.ravel(), columns.ravel(), effects * np.arange(rows + 1))
    return csr_array(parts, shape=(rows, len(group.levels) * effects))


def _own(group: Effects, precision: np.ndarray) -> np.ndarray:
    """Z'WZ of each level, (level, q, q)."""
    levels, z = len(group.levels), group.matrix.T
    sums = [[np.bincount(group.codes, precision * a * b, levels) for b in z] for a in z]
    return np.moveaxis(np.array(sums), -1, 0)


def _all_terms(
    signature: CrossedSignature,
    cross: csr_array,
    gram: csr_array,
    kinds: np.ndarray,
    prior: Gaussian,
) -> coo_array:
    """The border's matrix by the weights of `border_weights`, in their order."""
    from scipy.sparse import coo_array, hstack, tril

    size = gram.shape[0]
    lower = coo_array(tril(gram))
    parts = [border_terms(cross, kinds, signature.groups[signature.eliminated].effects)]
    parts.append(_column(lower.data, lower.row.astype(np.int64) * size + lower.col, size))
    start = 0
    for k in signature.bordering:
        group = signature.groups[k]
        places = start + np.arange(group.levels)
        for a in range(group.effects):
            for b in range(a + 1):
                entries = (places + a * group.levels) * size + places + b * group.levels
                parts.append(_column(np.ones(group.levels), entries, size))
        start += group.levels * group.effects
    places = start + np.arange(len(prior.mean))
    total = float(prior.precision @ prior.mean**2)
    values = np.concatenate([prior.precision, prior.precision * prior.mean, [total]])
    entries = np.concatenate([places * (size + 1), (size - 1) * size + places, [size**2 - 1]])
    parts.append(_column(values, entries, size))
    return coo_array(hstack(parts))


def _column(values: np.ndarray, entries: np.ndarray, size: int) -> coo_array:
    from scipy.sparse import coo_array

    nothing = np.zeros(len(values), dtype=np.int64)
    return coo_array((values, (entries, nothing)), shape=(size * size, 1))
