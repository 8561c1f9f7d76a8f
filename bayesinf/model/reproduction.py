"""Outcomes that columns and groups reproduce exactly, which leave sigma nothing to describe.

With r the rank of all columns, those of the groups included, and n rows, coefficients and effects
near the exact ones have a mass of order sigma^r, where the density of the outcomes is of order
sigma^-n. A prior of sigma of order sigma^a near zero is integrable with that only if
n - r < 1 + a; a half normal one has a = 0. A model with groups, or with Student's t, is then
refused: samplers follow sigma down for ever. A normal one without groups is answered in closed form
as far as the arithmetic goes, with a finding.
"""

from __future__ import annotations

from math import inf

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import ModelError
from bayesinf.family import Family
from bayesinf.links import Identity
from bayesinf.model.slots import Priors
from bayesinf.prior import Prior

ROWS_AT_FIRST = 300
"""Rows of a few levels that are looked at before all rows: they mostly show it."""

MOST_COLUMNS = 100
"""Coefficients up to which this is looked for."""

MOST_STEPS = 300
"""Of the search among all rows; what it has not reproduced by then counts as not reproduced."""


def refuse_reproduced(family: Family, design: Design, priors: Priors) -> None:
    """Refuses outcomes that are reproduced exactly, under a prior that lets sigma go to zero.

    Raises:
        ModelError: `improper-posterior`.
    """
    names = {parameter.name for parameter in family.active_parameters(design.rows.known)}
    closed_form = family.normal and not design.rows.groups
    if "sigma" not in names or not isinstance(family.link, Identity) or closed_form:
        return
    if len(design.names) > MOST_COLUMNS or not len(design.rows):
        return
    rank = _rank_that_reproduces(design, _few_rows(design))
    if rank is not None and len(design.rows) > ROWS_AT_FIRST:
        rank = _most_rank_that_reproduces(design)
    if rank is None:
        return
    count = float(len(design.rows) if design.weights is None else design.weights.sum())
    if count - rank < 1.0 + power_at_zero(priors["sigma"]):
        return
    first = 0 if design.table is None else int(design.table.as_read([0])[0])
    outcome = design.recipe.formula.response.expression
    raise ModelError(
        f"The predictors and groups reproduce the outcome '{outcome}' of all {len(design.rows)} "
        f"rows, from row {first} on, to rounding, and the prior of 'sigma', "
        f"{priors['sigma'].describe()}, does not keep it away from 0: there is no posterior.",
        code="improper-posterior",
        column=outcome,
        hint="Check whether the outcome, or a copy of it, is among the predictors, or the same in "
        "all rows of a group.",
    )


def power_at_zero(prior: Prior) -> float:
    """The power a of a density that behaves as x^a near zero; infinity where it falls faster."""
    with np.errstate(divide="ignore", over="ignore"):
        height = np.asarray(prior.log_density(np.array([1e-12, 1e-9, 1e-6])))
        nearer, near = np.diff(height) / np.log(1e3)
    return float(near) if nearer <= near + 0.01 else inf


def _few_rows(design: Design) -> np.ndarray:
    """Rows of the largest levels of the first group, so that few columns describe many rows."""
    if len(design.rows) <= ROWS_AT_FIRST or not design.rows.groups:
        return np.arange(min(len(design.rows), ROWS_AT_FIRST))
    codes = design.rows.groups[0].codes
    size = np.bincount(codes)
    kept = np.argsort(-size)[: 1 + int(np.searchsorted(np.cumsum(-np.sort(-size)), ROWS_AT_FIRST))]
    return np.flatnonzero(np.isin(codes, kept))[:ROWS_AT_FIRST]


def _rank_that_reproduces(design: Design, rows: np.ndarray) -> int | None:
    """The rank of the columns of some rows, None where they leave something of the outcome."""
    outcome = (design.response - design.rows.offset)[rows]
    blocks = [design.rows.population[rows]]
    for group in design.rows.groups:
        _, codes = np.unique(group.codes[rows], return_inverse=True)
        for effect in range(len(group.names)):
            block = np.zeros((len(rows), int(codes.max()) + 1))
            block[np.arange(len(rows)), codes] = group.matrix[rows, effect]
            blocks.append(block)
    columns = np.hstack(blocks)
    size = np.abs(columns).max(axis=0)
    columns = columns / np.where(size > 0, size, 1.0)
    found, _, rank, _ = np.linalg.lstsq(columns, outcome, rcond=None)
    return int(rank) if _is_rounding(outcome - columns @ found, outcome) else None


def _most_rank_that_reproduces(design: Design) -> int | None:
    """The number of columns, of all rows; None where they leave something of the outcome.

    Levels make the columns sparse, so that conjugate directions find the rest of the outcome.
    """
    from scipy.sparse import csr_array, hstack
    from scipy.sparse.linalg import lsmr

    count, outcome = len(design.rows), design.response - design.rows.offset
    width = len(design.names) + sum(len(g.levels) * len(g.names) for g in design.rows.groups)
    if width >= count:
        return None
    size = np.abs(design.rows.population).max(axis=0, initial=0.0)
    blocks = [csr_array(design.rows.population / np.where(size > 0, size, 1.0))]
    for group in design.rows.groups:
        for values in group.matrix.T:
            places = (np.arange(count), group.codes)
            blocks.append(csr_array((values, places), shape=(count, len(group.levels))))
    columns = hstack(blocks, format="csr")
    found = lsmr(columns, outcome, atol=1e-15, btol=1e-15, conlim=0, maxiter=MOST_STEPS)[0]
    return width if _is_rounding(outcome - columns @ found, outcome) else None


def _is_rounding(left: np.ndarray, outcome: np.ndarray) -> bool:
    rounding = 1e-11 * float(np.ptp(outcome)) + 1e-14 * float(np.abs(outcome).max())
    return float(np.abs(left).max()) <= rounding
