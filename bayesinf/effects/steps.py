"""Columns that enter a formula by steps, as in `I(x > 5)` and `floor(x)`: these have no slope."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from bayesinf.data.table import Table
from bayesinf.design import Rows, rows_at
from bayesinf.errors import FormulaError, ModelError, all_or_some, name_rows
from bayesinf.formula.expressions import Code, column_names, dotted
from bayesinf.formula.formula import Formula, argument_value
from bayesinf.formula.tokens import Place, original, tokens_of
from bayesinf.model.model import Model
from bayesinf.prediction.grid import with_value

STEPS = frozenset({"floor", "ceil", "np.floor", "np.ceil"})
"""Functions that are level between jumps."""

JUMP = 1e-3
"""Of a design column's size. Within three points next to each other (`derivative.STEP`) a smooth
column bends by about 1e-8 of it, a broken line by 1e-4, and a jump is most of it."""


def refuse_steps(model: Model, table: Table, variable: str, points: np.ndarray) -> None:
    """Refuses the slope of a column where the formula has only steps of it, or jumps at the rows.

    Args:
        model: Knows the formula.
        table: The rows asked about.
        variable: The column.
        points: Where a derivative looks, shape (3, row).

    Raises:
        ModelError: `no-slope`.
    """
    trees = list(_trees(model.formula, variable))
    steps = [node for tree in trees for node in ast.walk(tree) if _is_step(node)]
    if all(variable not in column_names(node) for node in steps):
        return
    hint = f'Set two values of it: comparisons("{variable}", values=(low, high)).'
    if not any(_smoothly(tree, variable) for tree in trees):
        raise ModelError(
            f"'{variable}' enters the model by steps alone ({model.formula.text}): between them "
            "its slope is 0, and at them it has none.",
            code="no-slope",
            column=variable,
            hint=hint,
        )
    rows = table.as_read(np.flatnonzero(_jumps(model, table, variable, points)))
    if rows:
        raise ModelError(
            f"The formula has a step of '{variable}' at its very value in {name_rows(rows)} "
            f"({all_or_some(len(rows), table.n)}), where there is no slope.",
            code="no-slope",
            column=variable,
            rows=rows,
            hint=f"{hint[:-1]}; or ask about rows beside the step: rows=frame.",
        )


def _trees(formula: Formula, variable: str) -> Iterator[ast.expr]:
    """What the right-hand side computes from a column, group names left out."""
    for call in formula.terms:
        for part in call.arguments[:1] if call.term == "varying" else call.arguments:
            try:
                tokens = tokens_of(argument_value(part))
            except FormulaError:  # a remainder, x % 2, as in `guard.names_in`
                yield _parsed(argument_value(part))
                continue
            if any(token.kind == "name" and token.content == variable for token in tokens):
                yield ast.Name(variable)
            yield from (_parsed(token.content) for token in tokens if token.kind == "code")


def _parsed(code: str) -> ast.expr:
    return Code(code, None, Place(code, 0), remembers=True).parse()


def _is_step(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return dotted(node.func) in STEPS
    floors = isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv)
    return floors or isinstance(node, ast.Compare)


def _smoothly(node: ast.AST, variable: str) -> bool:
    """Whether a column takes part in more than steps."""
    if _is_step(node):
        return False
    if isinstance(node, ast.Name):
        return original(node.id) == variable
    parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    return any(_smoothly(part, variable) for part in parts)


def _jumps(model: Model, table: Table, variable: str, points: np.ndarray) -> np.ndarray:
    """In which rows a column of the design jumps between the three points."""
    found = np.zeros(table.n, dtype=bool)
    recipe = model.design.recipe
    read = [rows_at(recipe, with_value(table, variable, at))[0] for at in points]
    for first, middle, last in zip(*map(_matrices, read), strict=True):
        size = np.abs([first, middle, last]).max(axis=(0, 1))
        found |= (np.abs(first - 2.0 * middle + last) > JUMP * size).any(axis=1)
    return found


def _matrices(rows: Rows) -> list[np.ndarray]:
    return [rows.population, rows.offset[:, None], *(group.matrix for group in rows.groups)]
