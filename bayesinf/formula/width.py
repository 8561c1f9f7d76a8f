"""How many columns a right-hand side will have, before any memory is taken for them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from bayesinf.errors import FormulaError
from bayesinf.formula.algebra import expansion_of
from bayesinf.formula.expressions import dotted
from bayesinf.formula.tokens import original, plain, with_backticks
from bayesinf.numerics.memory import refuse_beyond_memory

MAX_COLUMNS = 20_000
"""Coefficients of one right-hand side."""

MAX_BYTES = 2 * 1024**3
"""Memory of one matrix."""


def refuse_wide(
    rhs: str, columns: Mapping[str, np.ndarray], levels: Mapping[str, Sequence[Any]], size: int
) -> None:
    """Refuses a right-hand side whose matrix would be too wide for memory or for any data.

    Args:
        rhs: Guarded already.
        columns: One array of shape (row,) per name.
        levels: Those that occur in each factor column.
        size: Number of rows.

    Raises:
        FormulaError: `too-wide`, with the widest term.
        SamplingError: `no-memory`, where there is no room for it now.
    """
    widths = _widths(rhs, columns, levels)
    total = sum(widths.values())
    if total <= MAX_COLUMNS and total * size * 8 <= MAX_BYTES:
        refuse_beyond_memory(
            f"A matrix of {size:,} rows and {total:,} columns",
            2.0 * total * size,
            "Use fewer rows or columns, or close other programs.",
        )
        return
    widest = max(widths, key=lambda term: widths[term])
    raise FormulaError(
        f"The columns of '{rhs if len(rhs) <= 60 else rhs[:57] + '...'}' would be {total:,} times "
        f"{size:,} numbers ({total * size * 8 / 1024**3:.1f} GiB), most of them of '{widest}' "
        f"({widths[widest]:,} columns); at most {MAX_COLUMNS:,} columns and 2 GiB are made.",
        code="too-wide",
        column=widest,
        hint="Use fewer knots or interactions, or write factors of many levels as (1 | g), which "
        "takes no columns.",
    )


def _widths(
    rhs: str, columns: Mapping[str, np.ndarray], levels: Mapping[str, Sequence[Any]]
) -> dict[str, int]:
    """The columns of each term: the product of those of its factors."""
    known: dict[str, int] = {}
    widths: dict[str, int] = {}
    for term in expansion_of(rhs).terms:
        for factor in term:
            if factor.text not in known:
                known[factor.text] = _factor_width(factor.text, columns, levels)
        name = ":".join(factor.text for factor in term)
        widths[with_backticks(name)] = prod(known[factor.text] for factor in term)
    return widths


def _factor_width(
    text: str, columns: Mapping[str, np.ndarray], levels: Mapping[str, Sequence[Any]]
) -> int:
    name = original(text.strip("`"))
    if name in columns:
        return max(len(levels[name]) - 1, 1) if name in levels else 1
    tree = ast.parse(plain(text).strip(), mode="eval").body
    if not isinstance(tree, ast.Call):
        return 1
    given = {keyword.arg: keyword.value for keyword in tree.keywords}
    called = dotted(tree.func)
    if called == "C":
        return _coded_width(tree, given, columns, levels)
    if called == "poly":
        return _number(given.get("degree", _second(tree)), 1)
    if called not in ("bs", "cr", "cs", "cc"):
        return 1
    inner = given.get("knots")
    knots = len(inner.elts) if isinstance(inner, ast.List | ast.Tuple) else 0
    return max(_number(given.get("df", _second(tree)), 0), knots + _number(given.get("degree"), 3))


def _second(call: ast.Call) -> ast.expr | None:
    return call.args[1] if len(call.args) > 1 else None


def _number(node: ast.expr | None, default: int) -> int:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) else default


def _coded_width(
    call: ast.Call,
    given: Mapping[str | None, ast.expr],
    columns: Mapping[str, np.ndarray],
    levels: Mapping[str, Sequence[Any]],
) -> int:
    declared = given.get("levels")
    if isinstance(declared, ast.List | ast.Tuple):
        return max(len(declared.elts) - 1, 1)
    name = original(call.args[0].id) if call.args and isinstance(call.args[0], ast.Name) else ""
    if name in levels:
        return max(len(levels[name]) - 1, 1)
    # An expression has at most as many levels as the longest column has distinct values.
    values = columns[name] if name in columns else next(iter(columns.values()), np.zeros(1))
    return max(len(np.unique(values)) - 1, 1)
