"""One expression as numbers: a response, an offset, weights or trials.

A syntax tree that the guard has passed is walked node by node; Python's `eval` is not used.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bayesinf.errors import DataError, name_rows
from bayesinf.formula.expressions import Code, dotted
from bayesinf.formula.functions import ELEMENTWISE
from bayesinf.formula.guard import check_expression, names_in, single_name
from bayesinf.formula.tokens import Place, original

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
EXACT = 2**53
"""Up to here every whole number is a float64."""

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
) -> np.ndarray:
    """Computes one expression, such as a response, an offset, weights or trials.

    Args:
        expression: A column, a number, or arithmetic and functions of single values; functions
            that remember the training rows are refused.
        columns: One array of shape (row,) per name.
        levels: Of factor columns, which are not numbers and so are refused.
        size: Number of rows; needed where there are no columns, as for `10`.

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
            raise DataError(
                f"Column '{name}' is not a number, so '{expression}' cannot be computed.",
                code="not-a-number",
                column=name,
            )
    refuse_missing(names, columns)
    refuse_large_integers(names, columns)
    only = single_name(expression)
    if only is not None:
        result = np.asarray(columns[only], dtype=np.float64)
    else:
        tree = Code(expression, None, Place(expression), remembers=False).parse()
        with np.errstate(all="ignore"):
            result = np.asarray(_compute(tree, columns), dtype=np.float64)
    n = number_of_rows(columns, size)
    result = np.full(n, float(result)) if result.ndim == 0 else np.array(result)
    rows = np.flatnonzero(~np.isfinite(result)).tolist()
    if rows:
        raise not_finite(expression, rows)
    return result


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
        return values[0] if name == "I" else ELEMENTWISE[name](*values)
    return np.float64(np.pi)


def number_of_rows(columns: Mapping[str, np.ndarray], size: int | None) -> int:
    """The number given, or else that of the first column."""
    if size is not None:
        return size
    return len(next(iter(columns.values()))) if columns else 0


def refuse_missing(names: Sequence[str], columns: Mapping[str, np.ndarray]) -> None:
    """Refuses missing values in the named columns, with their rows."""
    for name in names:
        values = columns[name]
        if values.dtype == object:
            import pandas as pd

            missing = np.asarray(pd.isna(values))
        else:
            missing = np.isnan(values) if values.dtype.kind == "f" else np.zeros(0, dtype=bool)
        rows = np.flatnonzero(missing)
        if rows.size:
            raise DataError(
                f"Column '{name}' has missing values in {name_rows(rows.tolist())}.",
                code="missing-values",
                column=name,
                rows=rows.tolist(),
                hint="Fill them in or leave the rows out.",
            )


def refuse_large_integers(names: Sequence[str], columns: Mapping[str, np.ndarray]) -> None:
    """Refuses whole numbers that would be rounded as float64, with their rows."""
    for name in names:
        values = columns[name]
        if values.dtype.kind not in "iu":
            continue
        large = values > EXACT
        if values.dtype.kind == "i":
            large |= values < -EXACT
        rows = np.flatnonzero(large).tolist()
        if rows:
            raise DataError(
                f"Column '{name}' has whole numbers too large to be exact, in {name_rows(rows)}, "
                f"e.g. {values[rows[0]]}: beyond 2**53 different ones would become equal.",
                code="too-large-integer",
                column=name,
                rows=rows,
                hint="If they are identifiers, make them text; if amounts, make them floats.",
            )


def not_finite(expression: str, rows: Sequence[int]) -> DataError:
    """The error for an expression such as log(0)."""
    return DataError(
        f"'{expression}' is not a finite number in {name_rows(rows)}.",
        code="not-finite",
        column=expression,
        rows=rows,
        hint="Look at the values there: log needs numbers above 0, a quotient no zero below.",
    )
