"""One expression as numbers: a response, an offset, weights or trials.

A syntax tree that the guard has passed is walked node by node; Python's `eval` is not used.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from bayesinf.errors import DataError, as_read, name_rows, wrong_values
from bayesinf.formula.expressions import Code, dotted
from bayesinf.formula.functions import ELEMENTWISE
from bayesinf.formula.guard import check_expression, names_in, single_name
from bayesinf.formula.registry import elementwise
from bayesinf.formula.tokens import Place, original
from bayesinf.numerics.gaps import inexact_rows, missing_rows
from bayesinf.texts import advice_on

Levels = Mapping[str, Sequence[Any]]

ARITHMETIC: Mapping[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
COMPARISONS: Mapping[type[ast.cmpop], Any] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(
    expression: str,
    columns: Mapping[str, np.ndarray],
    levels: Levels | None = None,
    size: int | None = None,
    positions: np.ndarray | None = None,
) -> np.ndarray:
    """Computes one expression, such as a response, an offset, weights or trials.

    Args:
        expression: A column, a number, or arithmetic and functions of single values; functions
            that remember the training rows are refused.
        columns: One array of shape (row,) per name.
        levels: Of factor columns, which are not numbers and so are refused.
        size: Number of rows; needed where there are no columns, as for `10`.
        positions: Shape (row,). Where the rows stood before some were left out, for errors.

    Returns:
        Shape (row,), float64.

    Raises:
        FormulaError: When the expression does what formulas may not.
        DataError: For text, and for rows where the result is missing or not finite.
    """
    check_expression(expression, columns.keys())
    names = names_in(expression)
    for name in names:
        if columns[name].dtype == object or name in (levels or {}):
            raise not_a_number(name, expression, columns, positions)
    refuse_missing(names, columns, positions)
    refuse_large_integers(names, columns, positions)
    only = single_name(expression)
    if only is not None:
        result = np.asarray(columns[only], dtype=np.float64)
    else:
        tree = Code(expression, None, Place(expression), remembers=False).parse()
        result = np.asarray(compute(tree, columns), dtype=np.float64)
    n = number_of_rows(columns, size)
    result = np.full(n, float(result)) if result.ndim == 0 else np.array(result)
    strange = np.flatnonzero(~np.isfinite(result))
    if strange.size:
        raise not_finite(expression, names, columns, strange, positions)
    return result


def arithmetic_of(expression: str, numbers: Collection[str]) -> ast.expr | None:
    """The syntax tree of an expression that only calculates with numbers, row by row.

    Args:
        expression: As formulaic evaluates it; guarded already.
        numbers: The names of number columns.

    Returns:
        None where it compares, remembers, calls a user's own function or names other columns.

    Example:
        >>> arithmetic_of("I(x / 10)", {"x"}) is None, arithmetic_of("I(x > 0)", {"x"}) is None
        (False, True)
    """
    tree = Code(expression, None, Place(expression), remembers=True).parse()
    return tree if _calculates(tree, numbers) else None


def _calculates(node: ast.AST, numbers: Collection[str]) -> bool:
    if isinstance(node, ast.Name):
        return original(node.id) in numbers
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.UAdd | ast.USub) and _calculates(node.operand, numbers)
    if isinstance(node, ast.BinOp):
        parts: Sequence[ast.AST] = (node.left, node.right)
    elif isinstance(node, ast.Call) and not node.keywords:
        name = (dotted(node.func) or "").removeprefix("np.")
        parts = node.args if name == "I" or name in ELEMENTWISE else ()
    else:
        return dotted(node) == "np.pi" if isinstance(node, ast.Attribute) else False
    return bool(parts) and all(_calculates(part, numbers) for part in parts)


def compute(tree: ast.expr, columns: Mapping[str, np.ndarray]) -> Any:
    """Computes a syntax tree that the guard has passed; what is not finite is left as it is."""
    with np.errstate(all="ignore"):
        return _compute(tree, columns)


def _compute(node: ast.AST, columns: Mapping[str, np.ndarray]) -> Any:
    """Walks a syntax tree that the guard has passed; Python itself evaluates nothing."""
    if isinstance(node, ast.Name):
        return np.asarray(columns[original(node.id)], dtype=np.float64)
    if isinstance(node, ast.Constant):
        return np.float64(node.value)  # pyright: ignore[reportArgumentType]  (guarded: a number)
    if isinstance(node, ast.UnaryOp):
        value = _compute(node.operand, columns)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _compute(node.left, columns), _compute(node.right, columns)
        return ARITHMETIC[type(node.op)](left, right)
    if isinstance(node, ast.Compare):
        left, right = _compute(node.left, columns), _compute(node.comparators[0], columns)
        return np.asarray(COMPARISONS[type(node.ops[0])](left, right), dtype=np.float64)
    if isinstance(node, ast.Call):
        name = (dotted(node.func) or "").removeprefix("np.")
        values = [_compute(value, columns) for value in node.args]
        return values[0] if name == "I" else elementwise()[name](*values)
    return np.float64(np.pi)


def number_of_rows(columns: Mapping[str, np.ndarray], size: int | None) -> int:
    """The number given, or else that of the first column."""
    if size is not None:
        return size
    return len(next(iter(columns.values()))) if columns else 0


def refuse_missing(
    names: Sequence[str], columns: Mapping[str, np.ndarray], positions: np.ndarray | None = None
) -> None:
    """Refuses missing values in the named columns, with their rows."""
    for name in names:
        found = np.flatnonzero(missing_rows(columns[name]))
        if found.size:
            rows, hint = as_read(found, positions), "Fill them in or leave the rows out."
            raise wrong_values(name, "missing", rows, "missing-values", hint)


def refuse_large_integers(
    names: Sequence[str], columns: Mapping[str, np.ndarray], positions: np.ndarray | None = None
) -> None:
    """Refuses whole numbers that would be rounded as float64, with their rows."""
    for name in names:
        values = columns[name]
        found = np.flatnonzero(inexact_rows(values))
        if found.size:
            rows = as_read(found, positions)
            raise DataError(
                f"Column '{name}' has {len(rows)} whole number{'' if len(rows) == 1 else 's'} too "
                f"large to be exact, in {name_rows(rows)}, e.g. {values[found[0]]}: beyond 2**53 "
                "different ones would become equal.",
                code="too-large-integer",
                column=name,
                rows=rows,
                hint="Make them text if they are identifiers, or floats if they are amounts.",
            )


def not_a_number(
    name: str,
    expression: str,
    columns: Mapping[str, np.ndarray],
    positions: np.ndarray | None = None,
) -> DataError:
    """The error for arithmetic with text or a factor."""
    values = columns[name]
    return DataError(
        f"Column '{name}' is not a number, so '{expression}' cannot be computed: it holds "
        f"{values[0]!r} in row {as_read([0], positions)[0]}, and {len(set(values.tolist()))} "
        "different values in all.",
        code="not-a-number",
        column=name,
        hint=advice_on(name, values.tolist(), positions)
        or f"Make '{name}' numbers before the fit, or use it as it is, as a factor.",
    )


def not_finite(
    expression: str,
    names: Sequence[str],
    columns: Mapping[str, np.ndarray],
    strange: np.ndarray,
    positions: np.ndarray | None = None,
) -> DataError:
    """The error for an expression such as log(0).

    Args:
        expression: Or the name of a column that it makes.
        names: Of the columns that it may need.
        columns: One array of shape (row,) per name.
        strange: The positions of the rows concerned.
        positions: Where all rows stood before some were left out.
    """
    rows = as_read(strange, positions)
    inner = [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", expression)]
    numbers = [name for name in inner if columns[name].dtype != object]
    there = ", ".join(f"{name} is {columns[name][strange[0]]:g}" for name in numbers)
    size = number_of_rows(columns, None)
    return DataError(
        f"'{expression}' is not a finite number in {len(rows)} of {size} rows, "
        f"{name_rows(rows)}{': in the first of them ' + there if there else ''}.",
        code="not-finite",
        column=expression,
        rows=rows,
        hint="Correct those rows, leave them out, or write another expression: log needs numbers "
        "above 0 (log1p from 0), sqrt numbers from 0, and a quotient no zero below.",
    )
