"""The sums over rows that the density of several group terms needs, computed once.

Notation as in `model/crossed/density.py`: Z are the columns of the eliminated term, V those of its
border.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.model.crossed.density import CrossedEvidence, CrossedSignature
from bayesinf.model.fact import Fact
from bayesinf.model.model import Model
from bayesinf.model.structure import gaussian_coefficients
from bayesinf.numerics.combination import border_terms, combine, count_terms
from bayesinf.numerics.linear import Gaussian
from bayesinf.term import Effects

if TYPE_CHECKING:
    from scipy.sparse import coo_array, csr_array


MOST_TERMS = 30_000_000
"""Terms listed one by one take 12 bytes each in memory: 360 MB."""

LARGEST_CROSS = 50_000_000
"""Numbers in the full matrix that takes their place (400 MB)."""

LARGEST_BORDER = 5000
"""Columns of a dense matrix that is factorised some hundred times, each in about two seconds."""


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

    @property
    def size(self) -> int:
        """How many effects and coefficients border the eliminated term."""
        return self.evidence.border.size - 1

    @property
    def seconds(self) -> float:
        """What one value of the density takes, predicted from sizes.

        Fitted to measurements on one core with 9 to 1,146 border columns, right within a factor of
        two: a Cholesky factor at 20 Gflop/s, a few passes over the matrix, and its terms.
        """
        size = self.size + 1.0
        terms = self.evidence.border.values.size
        per_term = 7e-11 if self.evidence.border.starts is None else 1.2e-9
        full = 0.0 if self.evidence.wide is None else len(self.moment) * size**2 / 1e10
        return 2e-6 + 5e-9 * size**2 + size**3 / 6e10 + per_term * terms + full

    @cached_property
    def parts(self) -> list[slice]:
        """Where each bordering term and, last, the coefficients lie among the border's columns."""
        groups = [self.signature.groups[k] for k in self.signature.bordering]
        sizes = [group.levels * group.effects for group in groups]
        ends = np.cumsum([0, *sizes, self.signature.coefficients]).tolist()
        return [slice(a, b) for a, b in pairwise(ends)]

    @property
    def column_weights(self) -> list[np.ndarray]:
        """The weighted sum of squares of each varying column, (q,) per term."""
        squares = self.border_gram.diagonal()
        found = []
        for k, group in enumerate(self.signature.groups):
            if k == self.signature.eliminated:
                found.append(np.diagonal(self.own.sum(axis=0)))
            else:
                part = self.parts[self.signature.bordering.index(k)]
                found.append(squares[part].reshape(group.effects, -1).sum(axis=1))
        return found

    @property
    def widths(self) -> list[int]:
        """Effects per level of each part; the coefficients count as levels of one effect."""
        return [*(self.signature.groups[k].effects for k in self.signature.bordering), 1]

    @cached_property
    def border_cross(self) -> csr_array:
        """C without the outcome, (level * q, m)."""
        return self.cross[:, :-1]

    @cached_property
    def border_gram(self) -> csr_array:
        """V'WV, (m, m)."""
        return self.gram[:-1, :-1]

    @cached_property
    def moment(self) -> np.ndarray:
        """Z'Wy, (level * q, 1)."""
        return self.cross[:, [-1]].toarray()

    @cached_property
    def border_moment(self) -> np.ndarray:
        """V'Wy, (m, 1)."""
        return self.gram[:-1, [-1]].toarray()


def crossed_signature(model: Model) -> CrossedSignature:
    """What of the model is fixed at compilation; the term with the most effects is eliminated."""
    groups = model.layout.groups
    eliminated = int(np.argmax([group.levels * group.effects for group in groups]))
    return CrossedSignature(groups, eliminated, model.layout.coefficients, bool(model.parameters))


def affordable(model: Model) -> Fact:
    """Whether what borders the largest group term is small enough to be factorised densely."""
    signature = crossed_signature(model)
    largest = model.design.rows.groups[signature.eliminated]
    effects = sum(signature.groups[k].effects for k in signature.bordering)
    border, others = signature.border, signature.border - signature.coefficients
    if border > LARGEST_BORDER:
        return Fact(
            False,
            f"besides the effects of '{largest.factor}', which integrate out level by level, there "
            f"are {border:,} effects and coefficients, of which a dense matrix serves at most "
            f"{LARGEST_BORDER:,}",
        )
    q, counts = len(largest.names), np.bincount(largest.codes, minlength=len(largest.levels))
    touched = np.minimum(counts * effects, others) + signature.coefficients + 1.0
    terms = (touched * (touched + 1) / 2).sum() * q * (q + 1) / 2
    if terms > MOST_TERMS and len(counts) * q * border > LARGEST_CROSS:
        return Fact(
            False,
            f"the levels of '{largest.factor}' meet so many of the {border:,} other effects and "
            "coefficients that their sums do not fit into memory",
        )
    return Fact(True, f"{border:,} effects and coefficients border those of '{largest.factor}'")


def crossed_rows(model: Model, most_terms: int = MOST_TERMS) -> CrossedRows:
    """Sums up the rows of a Gaussian model with group terms.

    Args:
        model: The model.
        most_terms: The most terms for which sums over the eliminated levels are listed term by
            term; above, they are products of full matrices.
    """
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
    q, size = own.shape[1], signature.border + 1
    distinct, kinds = np.unique(own.reshape(len(own), -1), axis=0, return_inverse=True)
    full = count_terms(cross, q) > most_terms
    if full:
        distinct, kinds = own, np.arange(len(own))
    evidence = CrossedEvidence(
        own=np.moveaxis(distinct.reshape(-1, q, q), 0, -1),
        counts=np.bincount(kinds).astype(float),
        border=combine(_all_terms(signature, None if full else cross, gram, kinds, prior), size),
        wide=cross.toarray().reshape(len(own), q, size) if full else None,
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
    cross: csr_array | None,
    gram: csr_array,
    kinds: np.ndarray,
    prior: Gaussian,
) -> coo_array:
    """The border's matrix by the weights of `border_weights`, in their order.

    Without `cross` the sum over the eliminated levels is left out.
    """
    from scipy.sparse import coo_array, hstack, tril

    size = signature.border + 1
    lower = coo_array(tril(gram))
    parts = [_column(lower.data, lower.row.astype(np.int64) * size + lower.col, size)]
    if cross is not None:
        effects = signature.groups[signature.eliminated].effects
        parts.insert(0, border_terms(cross, size, kinds, effects))
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
