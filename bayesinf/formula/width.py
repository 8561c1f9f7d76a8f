"""How many columns a right-hand side will have, before any memory is taken for them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from bayesinf.errors import FormulaError
from bayesinf.formula.algebra import INTERCEPT, Factor, expansion_of
from bayesinf.formula.expressions import dotted
from bayesinf.formula.tokens import original, plain, with_backticks
from bayesinf.numerics.memory import refuse_beyond_memory

MAX_COLUMNS = 20_000
"""Coefficients of one right-hand side."""

MAX_BYTES = 2 * 1024**3
"""Memory of one matrix."""

WIDEST = 2_000
"""Most coefficients of a model with fewer rows than coefficients."""

_AS_GROUPS = "or write factors of many levels as (1 | g), which takes no columns."


def refuse_wide(
    rhs: str, columns: Mapping[str, np.ndarray], levels: Mapping[str, Sequence[Any]], size: int
) -> None:
    """Refuses a right-hand side whose matrix would be too wide for memory or for the data.

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
    _refuse_wider_than_long(rhs, widths, size)
    total = sum(width.most for width in widths.values())
    if total <= MAX_COLUMNS and total * size * 8 <= MAX_BYTES:
        refuse_beyond_memory(
            f"A matrix of {size:,} rows and {total:,} columns",
            2.0 * total * size,
            "Use fewer rows or columns, or close other programs.",
        )
        return
    widest = max(widths, key=lambda term: widths[term].most)
    raise FormulaError(
        f"The columns of '{_shortened(rhs)}' would be {total:,} times "
        f"{size:,} numbers ({total * size * 8 / 1024**3:.1f} GiB), most of them of '{widest}' "
        f"({widths[widest].most:,} columns); at most {MAX_COLUMNS:,} columns and 2 GiB are made.",
        code="too-wide",
        column=widest,
        hint=f"Use fewer knots or interactions, {_AS_GROUPS}",
    )


def _refuse_wider_than_long(rhs: str, widths: Mapping[str, _Width], size: int) -> None:
    """Refuses more than `WIDEST` columns for fewer rows, which cannot be independent."""
    fewest = sum(width.fewest for width in widths.values())
    if fewest - 1 <= max(size, WIDEST):  # the intercept is not one of them
        return
    widest = max(widths, key=lambda term: (widths[term].fewest, term.count(":")))
    own = widths[widest].fewest
    most_of = f", {own:,} of them of '{widest}'," if own > 1 else ""
    raise FormulaError(
        f"'{_shortened(rhs)}' would be {fewest:,} columns or more{most_of} for {size:,} rows; with "
        f"fewer rows than columns a model has at most {WIDEST:,}.",
        code="too-wide",
        column=widest,
        hint=f"Leave interactions out, {_AS_GROUPS}"
        if own > 1 or ":" in widest
        else "Leave columns out, or use more rows.",
    )


def _shortened(rhs: str) -> str:
    return rhs if len(rhs) <= 60 else rhs[:57] + "..."


class _Width(NamedTuple):
    """How many columns something will have, at most and at least, as far as can be told."""

    most: int
    fewest: int


def _widths(
    rhs: str, columns: Mapping[str, np.ndarray], levels: Mapping[str, Sequence[Any]]
) -> dict[str, _Width]:
    """The columns of each term: the product of those of its factors."""
    known: dict[Factor, _Width] = {}
    widths: dict[str, _Width] = {}
    for term in expansion_of(rhs).terms:
        for factor in term:
            if factor not in known:
                known[factor] = (
                    _exactly(1)
                    if factor == INTERCEPT
                    else _factor_width(factor.text, columns, levels)
                )
        name = with_backticks(":".join(factor.text for factor in term))
        each = [known[factor] for factor in term]
        widths[name] = _Width(prod(one.most for one in each), prod(one.fewest for one in each))
    return widths


def _factor_width(
    text: str, columns: Mapping[str, np.ndarray], levels: Mapping[str, Sequence[Any]]
) -> _Width:
    name = original(text.strip("`"))
    if name in columns:
        return _exactly(len(levels[name]) - 1 if name in levels else 1)
    tree = ast.parse(plain(text).strip(), mode="eval").body
    if not isinstance(tree, ast.Call):
        return _exactly(1)
    given = {keyword.arg: keyword.value for keyword in tree.keywords}
    called = dotted(tree.func)
    if called == "C":
        return _coded_width(tree, given, columns, levels)
    if called == "poly":
        return _at_most(_number(given.get("degree", _second(tree)), 1))
    if called not in ("bs", "cr", "cs", "cc"):
        return _exactly(1)
    inner = given.get("knots")
    knots = len(inner.elts) if isinstance(inner, ast.List | ast.Tuple) else 0
    degree = knots + _number(given.get("degree"), 3)
    return _at_most(max(_number(given.get("df", _second(tree)), 0), degree))


def _exactly(count: int) -> _Width:
    return _Width(max(count, 1), max(count, 1))


def _at_most(count: int) -> _Width:
    return _Width(max(count, 1), 1)


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
) -> _Width:
    declared = given.get("levels")
    if isinstance(declared, ast.List | ast.Tuple):
        return _exactly(len(declared.elts) - 1)
    name = original(call.args[0].id) if call.args and isinstance(call.args[0], ast.Name) else ""
    if name in levels:
        return _exactly(len(levels[name]) - 1)
    if name in columns:
        return _exactly(len(np.unique(columns[name])) - 1)
    # An expression has at most as many levels as the longest column has distinct values.
    return _at_most(len(np.unique(next(iter(columns.values()), np.zeros(1)))) - 1)
