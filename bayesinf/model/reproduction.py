"""Outcomes that columns and groups reproduce exactly, which leave sigma nothing to describe.

Let the columns, with the effects of some of the groups' sds, reproduce n rows exactly, and r be the
rank of all these. Coefficients and effects near the exact ones have a mass of order sigma^r; each
other sd, with its effects, may be as small as sigma, at the price of one more power (1 + a_s, of a
prior of order s^a_s near zero). There the density of the outcomes is of order sigma^-n. A prior of
sigma of order sigma^a near zero is integrable with that only if

    n - r - (sum over the other sds of 1 + a_s) < 1 + a

for every choice of sds that reproduces the outcome, that of none first; a half normal prior has
a = 0. A model with groups, or with Student's t, is refused where one fails: samplers follow sigma
down for ever. A normal one without groups is answered in closed form as far as the arithmetic goes,
with a finding.

What is not decided: effects that are correlated exactly, more than `MOST_COLUMNS` coefficients,
links other than the identity, and, of more than `MOST_TERMS` sds, choices of a few of them. Beyond
`LARGEST_RANK` the number of columns stands for r, which may be less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import inf

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import ModelError
from bayesinf.family import Family
from bayesinf.links import Identity
from bayesinf.model.slots import Priors, group_sds
from bayesinf.prior import Prior
from bayesinf.term import Effects

ROWS_AT_FIRST = 300
"""Rows of a few levels that are looked at before all rows: they mostly show it."""

MOST_COLUMNS = 100
"""Coefficients up to which this is looked for."""

MOST_TERMS = 4
"""Sds of which all choices are looked at; of more, none, each alone, and all."""

LARGEST_RANK = 1_000_000
"""Rows times columns up to which a rank is computed."""

ROUNDED = 1e-13
"""Of a column of largest value 1, no more than this is rounding."""

MOST_STEPS = 300
"""Of the search among all rows; what it has not reproduced by then counts as not reproduced."""


@dataclass(frozen=True, eq=False)
class Spread:
    """The effects of one sd.

    Attributes:
        group: The group.
        effect: The effect's position among those of the group.
        cost: The powers of sigma that an sd as small as sigma costs.
    """

    group: Effects
    effect: int
    cost: float

    @property
    def values(self) -> np.ndarray:
        """What multiplies the effects, by row."""
        return self.group.matrix[:, self.effect]

    def columns(self, rows: np.ndarray) -> np.ndarray:
        """The columns of those levels that are among some rows."""
        _, codes = np.unique(self.group.codes[rows], return_inverse=True)
        block = np.zeros((len(rows), int(codes.max()) + 1))
        block[np.arange(len(rows)), codes] = self.values[rows]
        return block

    def left_of(self, columns: np.ndarray) -> np.ndarray:
        """What the best effect of each level leaves of columns of shape (row, column)."""
        codes, values = self.group.codes, self.values
        squares = np.bincount(codes, values**2)
        best = np.stack([np.bincount(codes, values * column) for column in columns.T])
        best /= np.where(squares > 0, squares, 1.0)
        return columns - (values * best[:, codes]).T


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
    count = float(len(design.rows) if design.weights is None else design.weights.sum())
    if not _is_reproduced(design, priors, count - 1.0 - power_at_zero(priors["sigma"])):
        return
    outcome = design.recipe.formula.response.expression
    raise ModelError(
        f"The predictors and groups reproduce the outcome '{outcome}' of all {len(design.rows)} "
        f"rows, from row {design.row_as_read()} on, to rounding, and the prior of 'sigma', "
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


def _is_reproduced(design: Design, priors: Priors, powers: float) -> bool:
    """Whether some choice of sds reproduces the outcome, and takes no more than these powers."""
    spreads = [
        Spread(group, effect, 1.0 + power_at_zero(priors[slot]))
        for slot, group, effect in group_sds(design)
    ]
    few = _few_rows(design)
    # What all of them leave of a few rows, every choice leaves: mostly that settles it, if they
    # are not so many that they leave nothing of any outcome.
    width = len(design.names) + sum(len(np.unique(one.group.codes[few])) for one in spreads)
    if width < len(few) and not _reproduces(design, spreads, few):
        return False
    for chosen in _choices(spreads):
        left = powers - sum(one.cost for one in spreads if one not in chosen)
        if left < max((_fewest_columns(one) for one in chosen), default=0):
            continue
        if not _reproduces(design, chosen, few) or not _has_rank(design, chosen, left):
            continue
        if len(few) == len(design.rows) or _reproduces_all(design, chosen):
            return True
    return False


def _choices(spreads: list[Spread]) -> Iterator[list[Spread]]:
    """Choices of sds, from none to all."""
    sizes = range(len(spreads) + 1)
    if len(spreads) > MOST_TERMS:
        sizes = (0, 1, len(spreads))
    for size in sizes:
        yield from map(list, combinations(spreads, size))


def _fewest_columns(spread: Spread) -> int:
    """The rank of one sd's effects: levels with a value other than 0."""
    return int(np.count_nonzero(np.bincount(spread.group.codes[spread.values != 0])))


def _columns(design: Design, spreads: list[Spread], rows: np.ndarray) -> np.ndarray:
    """The columns of some rows, of a largest value of 1 each."""
    blocks = [design.rows.population[rows], *(one.columns(rows) for one in spreads)]
    columns = np.hstack(blocks)
    size = np.abs(columns).max(axis=0, initial=0.0)
    return columns / np.where(size > 0, size, 1.0)


def _reproduces(design: Design, spreads: list[Spread], rows: np.ndarray) -> bool:
    """Whether columns and effects leave nothing of the outcome of some rows."""
    outcome = (design.response - design.rows.offset)[rows]
    columns = _columns(design, spreads, rows)
    found = np.linalg.lstsq(columns, outcome, rcond=None)[0]
    return _is_rounding(outcome - columns @ found, outcome)


def _has_rank(design: Design, spreads: list[Spread], most: float) -> bool:
    """Whether the rank of columns and effects is this at most."""
    rows = np.arange(len(design.rows))
    width = len(design.names) + sum(_fewest_columns(one) for one in spreads)
    if width <= most or width * len(rows) > LARGEST_RANK:
        return width <= most
    return int(np.linalg.matrix_rank(_columns(design, spreads, rows))) <= most


def _reproduces_all(design: Design, spreads: list[Spread]) -> bool:
    """The same for all rows.

    Effects of one sd are taken out level by level. Those of several make the columns sparse, so
    that conjugate directions find the rest of the outcome.
    """
    if not spreads:
        return _reproduces(design, spreads, np.arange(len(design.rows)))
    if len(spreads) == 1:
        return _reproduces_levels(design, spreads[0])
    from scipy.sparse import csr_array, hstack
    from scipy.sparse.linalg import lsmr

    count, outcome = len(design.rows), design.response - design.rows.offset
    size = np.abs(design.rows.population).max(axis=0, initial=0.0)
    blocks = [csr_array(design.rows.population / np.where(size > 0, size, 1.0))]
    for one in spreads:
        places = (np.arange(count), one.group.codes)
        blocks.append(csr_array((one.values, places), shape=(count, len(one.group.levels))))
    columns = hstack(blocks, format="csr")
    found = lsmr(columns, outcome, atol=1e-15, btol=1e-15, conlim=0, maxiter=MOST_STEPS)[0]
    return _is_rounding(outcome - columns @ found, outcome)


def _reproduces_levels(design: Design, spread: Spread) -> bool:
    """The same for all rows and the effects of one sd."""
    outcome = design.response - design.rows.offset
    size = np.abs(design.rows.population).max(axis=0, initial=0.0)
    columns = design.rows.population / np.where(size > 0, size, 1.0)
    # Sums of thousands of rows are rounded; a second time leaves what rounding left of the first.
    left = spread.left_of(spread.left_of(np.column_stack([columns, outcome])))
    size = np.abs(left[:, :-1]).max(axis=0, initial=0.0)
    said = size <= ROUNDED  # columns that the effects say already, of which rounding is left
    columns = left[:, :-1][:, ~said] / size[~said]
    found = np.linalg.lstsq(columns, left[:, -1], rcond=None)[0]
    return _is_rounding(left[:, -1] - columns @ found, outcome)


def _is_rounding(left: np.ndarray, outcome: np.ndarray) -> bool:
    rounding = 1e-11 * float(np.ptp(outcome)) + 1e-14 * float(np.abs(outcome).max())
    return float(np.abs(left).max()) <= rounding
