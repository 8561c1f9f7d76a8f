"""Equal outcomes under Student's t, around which sigma goes to zero while the others count as far.

Let m of n rows be fitted exactly, by columns of rank r. As sigma goes to zero, the density of each
of these is of order 1 / sigma, that of each other row, in the tail, of order sigma^nu, and the mass
of the coefficients near the exact ones of order sigma^r. With a prior of sigma of order sigma^a,
and sds of groups as small as sigma (`model.reproduction`), the integral is infinite where

    nu (n - m) <= m - r - (1 + a) - (sum over the sds of 1 + a_s).

As `nu` is above 1, somewhat more than half of the rows must be tied, and then it is enough that the
prior of `nu` has mass between 1 and there.

Looked at are rows of one outcome, by an intercept, and the most frequent outcomes within equal rows
of the predictors, as in the arms of an experiment. What is not decided: other rows that happen to
be fitted exactly, as by a line, or by effects of groups.

Source: Fernandez and Steel (1999), Biometrika 86(1), 153-167, theorem 3, whose prior is 1 / sigma.
Departure: proper priors of sigma, and sds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import ModelError
from bayesinf.family import Family
from bayesinf.links import Identity
from bayesinf.model.reproduction import MOST_COLUMNS, power_at_zero
from bayesinf.model.slots import Priors, group_sds

type Tie = tuple[np.ndarray, int]
"""A mask of rows that are fitted exactly, and the rank of their columns."""


def refuse_ties(family: Family, design: Design, priors: Priors) -> None:
    """Refuses outcomes so many of which are equal that Student's t leaves no posterior.

    Raises:
        ModelError: `improper-posterior`.
    """
    active = {one.name: one.lower for one in family.active_parameters(design.rows.known)}
    tail_is_a_power = family.tail in active and "sigma" in active
    decided = isinstance(family.link, Identity) and len(design.names) <= MOST_COLUMNS
    if not tail_is_a_power or not decided:
        return
    lower, prior = active[family.tail], priors[family.tail]
    slots = ("sigma", *(slot for slot, *_ in group_sds(design)))
    powers = sum(1.0 + power_at_zero(priors[slot]) for slot in slots)
    weights = np.ones(len(design.rows)) if design.weights is None else design.weights
    for tied, rank in _ties(design, weights, powers, lower):
        inside, outside = float(weights[tied].sum()), float(weights[~tied].sum())
        if not outside > 0.0 or inside - rank - powers < lower * outside:
            continue
        most = (inside - rank - powers) / outside
        asked = np.linspace(lower, most, 50)
        if np.isfinite(np.asarray(prior.log_density(asked))).any():
            raise _tied(design, priors, tied, most)


def _ties(design: Design, weights: np.ndarray, powers: float, lower: float) -> Iterator[Tie]:
    """Rows that coefficients fit exactly, where they are many enough to be looked at."""
    outcome, population = design.response - design.rows.offset, design.rows.population
    values, place = np.unique(outcome, return_inverse=True)
    counts = np.bincount(place, weights)
    total = float(weights.sum())
    # The rows tied have as many different outcomes as they have columns at most.
    most = float(np.sort(counts)[::-1][: max(1, len(design.names))].sum())
    if most - powers < lower * (total - most):
        return
    most = float(counts.max(initial=0.0))
    by_one = design.has_intercept or not values[counts.argmax()]
    if by_one and most - powers >= lower * (total - most):
        tied = place == counts.argmax()
        yield tied, int(np.linalg.matrix_rank(population[tied]))
    yield from _within_cells(population, place, weights)


def _within_cells(population: np.ndarray, place: np.ndarray, weights: np.ndarray) -> Iterator[Tie]:
    """The most frequent outcomes of one cell of equal rows, of two that are independent, and on."""
    # Equal rows have the same sum of columns times irregular numbers, and others another one.
    irregular = np.random.default_rng(0).normal(size=population.shape[1])
    total = np.zeros(len(population))
    for column, number in zip(population.T, irregular, strict=True):
        total = total + number * column
    _, first, cell = np.unique(total, return_index=True, return_inverse=True)
    largest = np.sort(np.bincount(cell, weights))[::-1][: population.shape[1]]
    if 2.0 * largest.sum() < weights.sum():
        return
    cells = population[first]
    keys, key = np.unique(cell * (place.max() + 1) + place, return_inverse=True)
    tied = np.zeros(len(place), dtype=bool)
    taken: set[int] = set()
    basis = np.zeros((0, population.shape[1]))
    for best in np.argsort(-np.bincount(key, weights), kind="stable"):
        found = int(keys[best] // (place.max() + 1))
        left = cells[found] - basis.T @ (basis @ cells[found])
        size = float(np.linalg.norm(left))
        if found in taken or size <= 1e-8 * float(np.linalg.norm(cells[found])):
            continue
        taken.add(found)
        basis = np.vstack([basis, left / size])
        tied = tied | (key == best)
        yield tied, len(basis)
        if len(basis) == population.shape[1]:
            return


def _tied(design: Design, priors: Priors, tied: np.ndarray, most: float) -> ModelError:
    outcome = design.recipe.formula.response.expression
    values, counts = np.unique(design.response[tied], return_counts=True)
    first = design.row_as_read(int(np.flatnonzero(tied)[0]))
    said = " and ".join(
        f"{values[k]:g} ({counts[k]} times)" for k in np.argsort(-counts, kind="stable")[:3]
    )
    return ModelError(
        f"{int(tied.sum())} of {len(tied)} outcomes '{outcome}', from row {first} on, are equal "
        f"among equal predictors: {said}{', ...' * (len(values) > 3)}. Student's t with 'nu' up to "
        f"{most:.3g} takes them for all that sigma describes and the others for outliers, and the "
        f"prior of 'sigma', {priors['sigma'].describe()}, does not keep it away from 0: there is "
        "no posterior.",
        code="improper-posterior",
        column=outcome,
        hint="Use family='gaussian', model whether an outcome is one of these apart from the "
        "others, or give 'sigma' a prior away from 0, such as bi.LogNormal(0, 1).",
    )
