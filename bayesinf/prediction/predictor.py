"""The linear predictor of any rows at every draw, in pieces that fit into memory.

Arrays of row x draw are laid out with the draws of one row side by side and handed out transposed,
as (draw, row): every operation then runs along the draws of a row, in an order that does not depend
on which other rows are computed with it. That is what makes predictions of rows the same to the
last bit whether they are made together or in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.data.table import Table
from bayesinf.design import Rows, rows_at
from bayesinf.model.pointwise import family_parameters, row_stretches
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior
from bayesinf.prediction.newcomers import newcomer_effects, population_root, refuse_newcomers
from bayesinf.term import Effects


@dataclass(frozen=True, eq=False)
class Predictor:
    """Rows and draws, ready to be multiplied.

    Attributes:
        rows: The rows as numbers.
        coefficients: Shape (coefficient, draw), draws chain after chain.
        parameters: The family's parameters, each of shape (draw, 1).
        effects: Shape (draw, level, effect) per group term, of the levels of the fit.
        roots: Shape (effect, effect, draw) per group term with new levels, None for the others.
        streams: Random streams of the posterior.
    """

    rows: Rows
    coefficients: np.ndarray
    parameters: dict[str, np.ndarray]
    effects: tuple[np.ndarray, ...]
    roots: tuple[np.ndarray | None, ...]
    streams: Streams

    @property
    def count(self) -> int:
        """Number of draws."""
        return self.coefficients.shape[1]

    def stretches(self) -> list[slice]:
        """Cuts the rows so that no array of rows x draws x effects passes `LARGEST_BLOCK`."""
        effects = max([1, *(len(group.names) for group in self.rows.groups)])
        return row_stretches(len(self.rows), self.count * effects)

    def at(self, stretch: slice) -> np.ndarray:
        """The linear predictor of a stretch of rows, shape (draw, row)."""
        rows = self.rows.take(stretch)
        total = _product(rows.population, self.coefficients)
        total += rows.offset[:, None]
        for group, effects, root in zip(rows.groups, self.effects, self.roots, strict=True):
            codes, place = np.unique(group.codes, return_inverse=True)
            of_levels = self._level_effects(group, codes, effects, root)
            for k in range(len(group.names)):
                total += group.matrix[:, k, None] * of_levels[place, k]
        return total.T

    def _level_effects(
        self, group: Effects, codes: np.ndarray, effects: np.ndarray, root: np.ndarray | None
    ) -> np.ndarray:
        """The effects (level, effect, draw) of the levels with the given sorted codes."""
        known = int(np.searchsorted(codes, len(group.levels)))
        seen = np.ascontiguousarray(np.moveaxis(effects[:, codes[:known]], 0, -1))
        if root is None or known == len(codes):
            return seen
        labels = tuple(group.unseen[code - len(group.levels)] for code in codes[known:])
        new = newcomer_effects(root, group.label, labels, self.streams)
        return np.concatenate([seen, new]) if known else new


def predictor_of(posterior: Posterior, table: Table, new_groups: str) -> Predictor:
    """Prepares rows for prediction.

    Args:
        posterior: Gives the draws.
        table: Rows that hold at least the predictor columns.
        new_groups: `"population"`, or `"error"` to refuse groups that the fit has not seen.

    Returns:
        The predictor.

    Raises:
        DataError: Where the rows are not of the kind that the fit saw, or groups are refused.
    """
    return predictor_at(posterior, rows_at(posterior.model.design.recipe, table)[0], new_groups)


def predictor_at(posterior: Posterior, rows: Rows, new_groups: str) -> Predictor:
    """Prepares rows that are numbers already; see `predictor_of`."""
    values = posterior.values
    if new_groups == "error":
        refuse_newcomers(rows.groups)

    def flat(draws: np.ndarray) -> np.ndarray:
        return draws.reshape(values.count, *draws.shape[2:])

    roots = tuple(
        population_root(flat(sds), flat(correlations)) if group.unseen else None
        for group, sds, correlations in zip(
            rows.groups, values.sds, values.correlations, strict=True
        )
    )
    return Predictor(
        rows=rows,
        coefficients=np.ascontiguousarray(flat(values.coefficients).T),
        parameters=family_parameters(posterior.model, flat(values.parameters)),
        effects=tuple(flat(effects) for effects in values.effects),
        roots=roots,
        streams=Streams(posterior.provenance.seed),
    )


def _product(matrix: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """Multiplies (row, coefficient) by (coefficient, draw).

    One row alone is multiplied twice over: BLAS has another routine for vectors, which adds up in
    another order.
    """
    if matrix.shape[1] == 0:
        return np.zeros((len(matrix), coefficients.shape[1]))
    if len(matrix) == 1:
        return (np.repeat(matrix, 2, axis=0) @ coefficients)[:1]
    return matrix @ coefficients
