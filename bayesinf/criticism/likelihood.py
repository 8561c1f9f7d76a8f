"""The log likelihood of each observed value at each draw, for every kind of posterior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from bayesinf.design import Rows
from bayesinf.errors import DataError, ModelError, SamplingError
from bayesinf.family import Known
from bayesinf.model.model import Model
from bayesinf.model.pointwise import log_likelihood_at
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import ProgramPosterior, site_log_likelihoods
from bayesinf.posterior.summary import entry_names
from bayesinf.term import Effects

LARGEST_TABLE = 100_000_000
"""Draws times observed values of a program that are held at once: 0.8 GB."""


@dataclass(frozen=True, eq=False)
class RowLikelihoods:
    """What leave-one-out needs to know about a posterior.

    Attributes:
        total: How many rows, or observed values, there are.
        at: From positions of rows to their log likelihoods (draw, row), chain after chain.
        label: From positions of rows to their names.
        shape: Chains, and draws in each.
        independent: Whether the draws are independent of each other.
    """

    total: int
    at: Callable[[np.ndarray], np.ndarray]
    label: Callable[[np.ndarray], tuple[Any, ...]]
    shape: tuple[int, int]
    independent: bool

    @property
    def count(self) -> int:
        """Number of draws in all chains together."""
        return self.shape[0] * self.shape[1]


@singledispatch
def row_likelihoods(posterior: object) -> RowLikelihoods:
    """The log likelihood of each row of a posterior.

    Raises:
        DataError: `no-training-rows`, for a posterior that was loaded from disk.
    """
    raise TypeError(f"there are no rows of {type(posterior).__name__}")


@row_likelihoods.register
def _(posterior: Posterior) -> RowLikelihoods:
    require_rows(posterior)
    return RowLikelihoods(
        len(posterior.model.design.response),
        lambda rows: row_log_likelihood(posterior, rows),
        lambda rows: row_labels(posterior.model, rows),
        posterior.values.shape,
        posterior.independent,
    )


@row_likelihoods.register
def _(posterior: ProgramPosterior) -> RowLikelihoods:
    require_likelihood(posterior)
    count, rows = posterior.values.count, posterior.model.rows
    if count * rows > LARGEST_TABLE:
        raise SamplingError(
            f"{count:,} draws of {rows:,} log likelihoods are {8e-9 * count * rows:.1f} GB in one "
            "table.",
            code="too-large",
            hint="Fit with fewer draws.",
        )
    found = site_log_likelihoods(posterior)
    table = np.concatenate([values.reshape(count, -1) for values in found.values()], axis=1)
    names = [row for name, values in found.items() for row in entry_names(name, values.shape[1:])]
    return RowLikelihoods(
        table.shape[1],
        lambda rows: np.maximum(table[:, rows], -1e100),
        lambda rows: tuple(names[row] for row in rows),
        posterior.values.shape,
        posterior.independent,
    )


def require_likelihood(posterior: ProgramPosterior) -> None:
    """Refuses a program whose likelihood cannot be told row by row.

    Raises:
        DataError: `no-training-rows`, where it was loaded from disk.
        ModelError: `no-likelihood`, where it observes nothing, or adds terms by `numpyro.factor`,
            which may or may not belong to the likelihood.
    """
    model = posterior.model
    if model.data is None:
        raise DataError(
            f"This posterior of '{model.label}' has no data: it was loaded from disk, without "
            "them.",
            code="no-training-rows",
            hint="Compare the fit before it is saved, or fit the model again with bi.fit.",
        )
    hint = "Observe the outcome: numpyro.sample(name, distribution, obs=outcome)."
    if model.sites.factors:
        raise ModelError(
            f"The model '{model.label}' adds '{model.sites.factors[0]}' to its log density by "
            "numpyro.factor, and nothing says whether that is likelihood or prior.",
            code="no-likelihood",
            hint=hint,
        )
    if not model.sites.observed:
        raise ModelError(
            f"The model '{model.label}' observes nothing, so there is nothing to leave out.",
            code="no-likelihood",
            hint=hint,
        )


def require_rows(posterior: Posterior) -> None:
    """Refuses a posterior without its training rows.

    Raises:
        DataError: `no-training-rows`.
    """
    if posterior.model.design.table is None:
        raise DataError(
            "This posterior has no training rows: it was loaded from disk, without them.",
            code="no-training-rows",
            hint="Check the fit before it is saved, or fit the model again with bi.fit.",
        )


def row_labels(model: Model, rows: np.ndarray) -> tuple[Any, ...]:
    """The labels of rows: those of the frame's index, else positions among the rows used."""
    table = model.design.table
    if table is None or table.index is None:
        return tuple(int(row) for row in rows)
    return tuple(table.index[rows])


def row_log_likelihood(posterior: Posterior, rows: np.ndarray) -> np.ndarray:
    """The weighted log likelihood (draw, row) of the training rows at some positions."""
    design, values = posterior.model.design, posterior.values
    found = log_likelihood_at(
        posterior.model,
        rows_of(design.rows, rows),
        design.response[rows],
        values.coefficients.reshape(values.count, -1),
        values.parameters.reshape(values.count, -1),
        tuple(effects.reshape(values.count, *effects.shape[2:]) for effects in values.effects),
    )
    if design.weights is not None:
        found = found * design.weights[rows]
    # A draw under which the row is impossible has all the weight; infinities cannot say so.
    return np.maximum(found, -1e100)


def rows_of(rows: Rows, positions: np.ndarray) -> Rows:
    """The rows at some positions."""
    trials, error = rows.known.trials, rows.known.standard_error
    groups = tuple(
        Effects(
            group.factor,
            group.levels,
            group.codes[positions],
            group.matrix[positions],
            group.names,
            group.correlated,
            group.unseen,
        )
        for group in rows.groups
    )
    known = Known(
        None if trials is None else trials[positions],
        None if error is None else error[positions],
    )
    return Rows(rows.population[positions], groups, rows.offset[positions], known)
