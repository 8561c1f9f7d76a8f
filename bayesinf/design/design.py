"""Columns became numbers, and how to do it again for new rows.

`build_design` turns a formula and a table into a `Design`; its `Recipe` holds all that is needed to
turn other rows into the same numbers (`rows_at`), without the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from bayesinf import terms
from bayesinf.data.missing import Missing, drop_missing
from bayesinf.data.schema import Schema
from bayesinf.data.table import Table
from bayesinf.design.columns import check_columns
from bayesinf.design.formula_check import (
    read_columns,
    refuse_both_sides,
    refuse_squares,
    shown_in,
)
from bayesinf.design.outcome import outcome_levels, read_known, read_outcome, read_weights
from bayesinf.errors import DataError, ModelError, name_rows, suggest
from bayesinf.family import Known
from bayesinf.formula import registry
from bayesinf.formula.formula import Formula, group_columns
from bayesinf.formula.guard import names_in
from bayesinf.numerics.distinct import Distinct, distinct_rows
from bayesinf.numerics.rows import gram
from bayesinf.term import Block, Columns, Effects, Shift, State, Term


@dataclass(frozen=True)
class Recipe:
    """How columns become numbers: plain values that survive in JSON.

    Attributes:
        formula: What was asked.
        schema: Kind, levels and range of each predictor column at the fit.
        states: What each term of the formula remembers, in the formula's order.
        outcome_levels: The two levels of a text outcome, failure first; None for numbers.
        functions: The version of each registered function that the formula calls.
    """

    formula: Formula
    schema: Schema
    states: tuple[State, ...]
    outcome_levels: tuple[str, str] | None = None
    functions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Rows:
    """What a linear predictor needs of some rows.

    Attributes:
        population: Shape (row, coefficient), column after column in memory (Fortran order), in
            which it is filled and summed; the intercept, where there is one, is column 0.
        groups: One block per group term.
        offset: Shape (row,).
        known: Trials and standard errors of the rows, where the formula names them.
    """

    population: np.ndarray
    groups: tuple[Effects, ...]
    offset: np.ndarray
    known: Known = field(default_factory=Known)

    def __len__(self) -> int:
        return len(self.offset)

    def take(self, rows: slice | np.ndarray) -> Rows:
        """The given stretch of rows, or the rows at the given positions."""
        return Rows(
            self.population[rows],
            tuple(
                Effects(
                    g.factor,
                    g.levels,
                    g.codes[rows],
                    g.matrix[rows],
                    g.names,
                    g.correlated,
                    g.unseen,
                )
                for g in self.groups
            ),
            self.offset[rows],
            Known(
                None if self.known.trials is None else self.known.trials[rows],
                None if self.known.standard_error is None else self.known.standard_error[rows],
            ),
        )


@dataclass(frozen=True, eq=False)
class Design:
    """The numbers of the training rows, and the recipe that made them.

    Attributes:
        recipe: How to make the same numbers of other rows.
        rows: The training rows' linear-predictor ingredients.
        names: The population coefficients' names.
        centre: Shape (coefficient,). Column means where there is an intercept, else zeros; the
            intercept's prior is a statement about a row with these values.
        response: Shape (row,).
        weights: Shape (row,) or None. Each row's likelihood is raised to its weight.
        missing: Which rows were left out.
        table: The training rows, None in a posterior that was loaded from disk.
    """

    recipe: Recipe
    rows: Rows
    names: tuple[str, ...]
    centre: np.ndarray
    response: np.ndarray
    weights: np.ndarray | None
    missing: Missing
    table: Table | None

    def row_as_read(self, row: int = 0) -> int:
        """Where a row stood in the frame that was given, for a sentence."""
        return row if self.table is None else int(self.table.as_read([row])[0])

    @property
    def has_intercept(self) -> bool:
        """Whether the first population coefficient is an intercept."""
        return bool(self.names) and self.names[0] == "Intercept"

    @cached_property
    def products(self) -> np.ndarray:
        """The sum of (x - centre)(x - centre)' over the population rows x, unweighted."""
        return gram(self.rows.population, self.centre)

    @cached_property
    def distinct(self) -> Distinct | None:
        """The rows that differ in anything that enters the likelihood but their weight.

        None where rows hardly repeat.
        """
        if len(self.response) == 0:
            return None
        rows, known = self.rows, self.rows.known
        columns = [self.response, rows.offset, *rows.population.T]
        columns += [part for part in (known.trials, known.standard_error) if part is not None]
        for group in rows.groups:
            columns += [group.codes, *group.matrix.T]
        return distinct_rows(columns)


def build_design(formula: Formula, frame: object, missing: str = "drop") -> Design:
    """Turns a formula and a frame into numbers.

    Args:
        formula: What is asked.
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays.
        missing: `"drop"` leaves rows with missing values out and counts them, `"error"` refuses.

    Returns:
        The design of the rows that are complete in the columns used and have no weight of 0.

    Raises:
        DataError: Where a column is unknown, constant, collinear, or not what the formula needs,
            or all weights are 0.
        FormulaError: `response-on-both-sides`, `idle-product`, or `too-wide`.
    """
    refuse_both_sides(formula)
    table, left_out = _rows_used(formula, frame, missing)
    refuse_squares(formula, table)
    learned = [term_of(call.term).learn(call, table) for call in formula.terms]
    levels = outcome_levels(formula.response, table)
    schema = _learn_schema(formula, table)
    recipe = Recipe(
        formula,
        schema,
        tuple(part.state for part in learned),
        levels,
        registry.versions(formula.functions),
    )
    rows, names = _assemble(
        [part.block for part in learned], read_known(formula.response, table), table.n
    )
    weights = read_weights(formula.response, table)
    design = Design(
        recipe=recipe,
        rows=rows,
        names=names,
        centre=_centre(rows.population, names),
        response=read_outcome(formula.response, table, levels),
        weights=weights,
        missing=left_out,
        table=table,
    )
    # More columns than rows cannot be independent, and their products would be the larger matrix.
    products = design.products if len(names) <= len(rows) else None
    try:
        check_columns(rows.population, names, design.centre, products)
    except DataError as error:
        raise shown_in(formula, error) from error
    return design


def redesign(recipe: Recipe, centre: np.ndarray, frame: object, missing: str = "drop") -> Design:
    """Applies a design that was made before to other rows, outcomes included.

    Levels, knots and the centre stay those of the first design, so that priors keep their meaning.
    """
    formula = recipe.formula
    table, left_out = _rows_used(formula, frame, missing)
    rows, names = rows_at(recipe, table)
    return Design(
        recipe=recipe,
        rows=rows,
        names=names,
        centre=centre,
        response=read_outcome(formula.response, table, recipe.outcome_levels),
        weights=read_weights(formula.response, table),
        missing=left_out,
        table=table,
    )


def _rows_used(formula: Formula, frame: object, missing: str) -> tuple[Table, Missing]:
    """The rows that are complete and whose weight is above 0, and how many were left out.

    A row of weight 0 says nothing, but it would shift centres and default priors.
    """
    table, left_out = drop_missing(read_columns(formula, frame), missing)
    weights = read_weights(formula.response, table)
    if weights is None or (weights > 0).all():
        return table, left_out
    if not (weights > 0).any():
        raise DataError(
            f"All {table.n} rows have the weight 0 in '{formula.response.weights}', so no row says "
            "anything.",
            code="all-weights-zero",
            column=formula.response.weights,
            hint="Correct the weights: a weight says how often a row counts.",
        )
    kept = table.take(weights > 0)
    return kept, replace(left_out, n_after=kept.n, zero_weight=table.n - kept.n)


def refuse_unseen_groups(design: Design) -> None:
    """Refuses rows of groups that the design does not know, which would have no effect to learn.

    Raises:
        DataError: With the levels and the rows.
    """
    for group in design.rows.groups:
        if not group.unseen:
            continue
        rows = np.flatnonzero(group.codes >= len(group.levels))
        places = rows.tolist() if design.table is None else design.table.as_read(rows)
        raise DataError(
            f"The grouping factor '{group.factor}' has levels that the model does not know, "
            f"{', '.join(repr(level) for level in group.unseen[:5])} ({name_rows(places)}).",
            code="unseen-level",
            column=group.factor,
            rows=places,
            hint="Fit the formula again, so that every group gets its own effect.",
        )


def predictor_columns(formula: Formula) -> tuple[str, ...]:
    """The columns that rows must have before they can be predicted."""
    response = formula.response
    known = [part for part in (response.trials, response.standard_error) if part]
    outcome_only = set(formula.response_variables)
    needed = [name for name in formula.variables if name not in outcome_only]
    return tuple(dict.fromkeys([*needed, *(name for part in known for name in names_in(part))]))


def rows_at(recipe: Recipe, table: Table) -> tuple[Rows, tuple[str, ...]]:
    """Turns any complete rows into linear-predictor ingredients, as at the fit.

    Args:
        recipe: Of the fitted design.
        table: Rows that hold at least the predictor columns.

    Returns:
        The rows' numbers and the coefficients' names.

    Raises:
        DataError: Where a column is missing, has another type, or holds a level never seen.
        FormulaError: `unregistered-function`, where the formula calls one that is not registered
            here in the version of the fit.
    """
    registry.check_registered(recipe.functions)
    recipe.schema.check(table, allow_unseen=_group_columns(recipe.formula))
    ordered = _with_levels(recipe.schema, table)
    blocks = [
        term_of(call.term).block(call, state, ordered)
        for call, state in zip(recipe.formula.terms, recipe.states, strict=True)
    ]
    return _assemble(blocks, read_known(recipe.formula.response, ordered), table.n)


def term_of(name: str) -> Term:
    """Finds the listed term of that name."""
    for member in terms.ALL:
        if member.name == name:
            return member()
    known = [member.name for member in terms.ALL]
    raise ModelError(f"There is no term '{name}'.{suggest(name, known)}", code="unknown-term")


def _assemble(blocks: list[Block], known: Known, size: int) -> tuple[Rows, tuple[str, ...]]:
    columns = [block for block in blocks if isinstance(block, Columns)]
    names = tuple(name for block in columns for name in block.names)
    matrix = (
        columns[0].matrix
        if len(columns) == 1
        else np.concatenate([np.zeros((size, 0)), *(b.matrix for b in columns)], axis=1)
    )
    offset = np.zeros(size)
    for block in blocks:
        if isinstance(block, Shift):
            offset = offset + block.values
    groups = tuple(block for block in blocks if isinstance(block, Effects))
    return Rows(np.asfortranarray(matrix, dtype=np.float64), groups, offset, known), names


def _centre(matrix: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Means that ignore the weights, as in brms and rstanarm."""
    if not names or names[0] != "Intercept":
        return np.zeros(len(names))
    centre = matrix.mean(axis=0)
    centre[0] = 0.0
    return centre


def _group_columns(formula: Formula) -> frozenset[str]:
    return frozenset(
        column
        for call in formula.terms
        if call.term == "varying"
        for column in group_columns(call.arguments[1])
    )


def _learn_schema(formula: Formula, table: Table) -> Schema:
    from bayesinf.formula.guard import factor_columns

    needed = predictor_columns(formula)
    factors = frozenset(factor_columns(formula))
    part = table.only(needed)
    return Schema.learn(part, factors=factors)


def _with_levels(schema: Schema, table: Table) -> Table:
    """Gives factor columns the levels of the fit, so that columns come out in the same order."""
    levels: Mapping[str, tuple] = {
        name: tuple(column.levels)
        for name, column in schema.columns.items()
        if column.kind == "factor" and name in table.columns and name in table.levels
    }
    return Table(table.columns, {**table.levels, **levels}, table.index, table.n, table.positions)
