"""The rows of a group model, arranged by factor, and the precision matrix that they make.

Latents are one flat vector: the effects of the largest term level by level, those of the other
terms, then the coefficients. The largest term is the one that the bordered factor eliminates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.family import Family, Known
from bayesinf.model.density import evidence_of, signature_of
from bayesinf.model.layout import GroupShape
from bayesinf.model.model import Model
from bayesinf.model.units import expected_units
from bayesinf.numerics.arrow import Arrow, Border, factorise
from bayesinf.prior import Prior
from bayesinf.priors.correlation import LKJ
from bayesinf.types import Array

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LARGEST_DENSE_BORDER = 4_000_000
"""Numbers (32 MB) above which the border of the precision matrix is kept sparse."""


@dataclass(frozen=True, eq=False)
class Factor:
    """The rows of one group term.

    Attributes:
        place: Which term of the model it is.
        shape: Levels, effects per level, and whether they are correlated.
        codes: Shape (row,). The level of each row.
        matrix: Shape (row, effect). What each effect is multiplied by.
    """

    place: int
    shape: GroupShape
    codes: np.ndarray
    matrix: np.ndarray

    @property
    def size(self) -> int:
        """How many effects there are in all."""
        return self.shape.levels * self.shape.effects

    @cached_property
    def indicator(self) -> csr_array:
        """Shape (row, level * effect): from effects to their contributions."""
        from scipy.sparse import csr_array

        rows, q = self.matrix.shape
        columns = self.codes[:, None] * q + np.arange(q)
        starts = np.arange(0, rows * q + 1, q)
        return csr_array((self.matrix.ravel(), columns.ravel(), starts), shape=(rows, self.size))

    @cached_property
    def transposed(self) -> csr_array:
        """The indicator's transpose, ready for products."""
        return self.indicator.T.tocsr()

    def part(self, rows: slice) -> Factor:
        """The same term of some of the rows."""
        return Factor(self.place, self.shape, self.codes[rows], self.matrix[rows])

    def blocks(self, weights: np.ndarray) -> np.ndarray:
        """Sums of weighted products per level, (level, effect, effect)."""
        q, levels = self.shape.effects, self.shape.levels
        found = np.empty((levels, q, q))
        for a in range(q):
            for b in range(a + 1):
                values = weights * self.matrix[:, a] * self.matrix[:, b]
                found[:, a, b] = found[:, b, a] = np.bincount(self.codes, values, levels)
        return found

    def weighted(self, weights: np.ndarray) -> csr_array:
        """The transpose with each row's column weighted."""
        from scipy.sparse import csr_array

        own = self.transposed
        values = own.data * weights[own.indices]
        return csr_array((values, own.indices, own.indptr), shape=own.shape)


@dataclass(frozen=True, eq=False)
class LatentRows:
    """The rows of a group model as its latents meet them.

    Attributes:
        family: The outcome's family.
        population: Shape (row, coefficient), centred.
        offset, response, weights: Shape (row,).
        known: Trials and standard errors.
        factors: The group terms, the largest first.
        parameters: Names of the family's parameters.
        lowers: Their lower bounds.
        priors: One prior per kind, its numbers being arrays over the scalars that it governs.
        governed: For each kind of prior, the positions of the scalars that it governs.
        correlation_priors: The LKJ prior of each group term, in the model's order.
        centre: Shape (coefficient,). Where the coefficients are to be expected.
        units: Shape (coefficient,). The size of each coefficient's uncertainty, roughly.
        usual: Shape (hyperparameter,). Where each hyperparameter is to be expected.
    """

    family: Family
    population: np.ndarray
    offset: np.ndarray
    response: np.ndarray
    weights: np.ndarray
    known: Known
    factors: tuple[Factor, ...]
    parameters: tuple[str, ...]
    lowers: np.ndarray
    priors: tuple[Prior, ...]
    governed: tuple[tuple[int, ...], ...]
    correlation_priors: tuple[LKJ, ...]
    centre: np.ndarray
    units: np.ndarray
    usual: np.ndarray

    @property
    def effects(self) -> int:
        """How many group effects there are."""
        return sum(factor.size for factor in self.factors)

    @property
    def coefficients(self) -> int:
        """How many coefficients there are."""
        return self.population.shape[1]

    @property
    def size(self) -> int:
        """Length of the vector of latents."""
        return self.effects + self.coefficients

    @cached_property
    def indicator(self) -> csr_array:
        """Shape (row, effects): from all group effects to their sum in each row."""
        from scipy.sparse import csr_array, hstack

        if len(self.factors) == 1:
            return self.factors[0].indicator
        return csr_array(hstack([factor.indicator for factor in self.factors], format="csr"))

    @cached_property
    def transposed(self) -> csr_array:
        """The indicator's transpose, ready for products."""
        return self.indicator.T.tocsr()

    def predictor(self, latents: np.ndarray) -> np.ndarray:
        """The linear predictor of each row, (row, ...) for latents (size, ...)."""
        offset = self.offset.reshape(-1, *(1,) * (latents.ndim - 1))
        return (
            offset
            + self.indicator @ latents[: self.effects]
            + self.population @ latents[self.effects :]
        )

    def gather(self, slopes: np.ndarray) -> np.ndarray:
        """The transpose of `predictor`: sums over rows, (size, ...) for values (row, ...)."""
        return np.concatenate([self.transposed @ slopes, self.population.T @ slopes])

    def part(self, rows: slice) -> LatentRows:
        """The same latents seen by some of the rows."""
        known = Known(_cut(self.known.trials, rows), _cut(self.known.standard_error, rows))
        return replace(
            self,
            population=self.population[rows],
            offset=self.offset[rows],
            response=self.response[rows],
            weights=self.weights[rows],
            known=known,
            factors=tuple(factor.part(rows) for factor in self.factors),
        )

    def precision(
        self, weights: np.ndarray, priors: list[np.ndarray], coefficients: np.ndarray
    ) -> Arrow:
        """Factorises the latents' precision matrix.

        Args:
            weights: Shape (row,). Minus the second derivative of the log density of each row.
            priors: The prior precision (effect, effect) of each factor's levels.
            coefficients: Shape (coefficient,). The prior precision of the coefficients.

        Returns:
            The factor.
        """
        from scipy.sparse import csr_array

        first, *others = self.factors
        scaled = [factor.weighted(weights) for factor in self.factors]
        columns = self.population
        blocks = first.blocks(weights) + priors[0]
        border = _join([scaled[0] @ other.indicator for other in others], scaled[0] @ columns)
        gram = columns.T @ (weights[:, None] * columns) + np.diag(coefficients)
        rows: list[list[np.ndarray]] = []
        for k, factor in enumerate(others, start=1):
            row = [csr_array(scaled[k] @ other.indicator).toarray() for other in others]
            row[k - 1] = row[k - 1] + np.kron(np.eye(factor.shape.levels), priors[k])
            rows.append([*row, scaled[k] @ columns])
        rows.append([*(row[-1].T for row in rows), gram])
        return factorise(blocks, border, np.block(rows))


def latent_rows(model: Model) -> LatentRows:
    """Arranges a group model's rows by factor."""
    evidence = evidence_of(model)
    layout = model.layout
    shapes = sorted(enumerate(layout.groups), key=lambda item: -item[1].levels * item[1].effects)
    factors = tuple(
        Factor(k, shape, np.asarray(evidence.codes[k]), np.asarray(evidence.varying[k]))
        for k, shape in shapes
    )
    place, width = expected_units(model, layout)
    return LatentRows(
        model.family,
        np.asarray(evidence.population),
        np.asarray(evidence.offset),
        np.asarray(evidence.response),
        np.asarray(evidence.weights),
        Known(evidence.trials, evidence.standard_error),
        factors,
        layout.parameters,
        np.array(layout.lowers),
        evidence.priors,
        signature_of(model).governed,
        evidence.correlation_priors,
        place[: layout.coefficients],
        width[: layout.coefficients],
        _hyperparameters(model, place),
    )


def _cut(values: Array | None, rows: slice) -> Array | None:
    return None if values is None else np.asarray(values)[rows]


def _hyperparameters(model: Model, flat: np.ndarray) -> np.ndarray:
    """Picks the hyperparameters out of a flat vector of the model's layout."""
    layout = model.layout
    place = layout.coefficients
    parts = [flat[place : place + len(layout.parameters)]]
    place += len(layout.parameters)
    for group in layout.groups:
        count = group.effects + group.free_correlations
        parts.append(flat[place : place + count])
        place += count + group.levels * group.effects
    return np.concatenate(parts)


def _join(factors: list[csr_array], columns: np.ndarray) -> Border:
    width = sum(factor.shape[1] for factor in factors)  # type: ignore[index]
    size = columns.shape[0] * (columns.shape[1] + width)
    if size <= LARGEST_DENSE_BORDER:
        return np.hstack([*(factor.toarray() for factor in factors), columns])
    from scipy.sparse import csr_array, hstack

    return csr_array(hstack([*factors, csr_array(columns)], format="csr"))
