"""Constants among the arguments of a formula's functions: which kinds there are, and what fits."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from bayesinf.formula.functions import EDGES

MAX_COUNT = 100
"""Knots, degrees and other arguments that set a number of columns."""

MAX_LEVELS = 1_000
"""Levels that a formula lists. A categorical column holds more of them, in their order."""


def number(node: ast.AST) -> float | None:
    """The number that a node writes, with its sign; None for anything else, or beyond 1e15."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        inner = number(node.operand)
        return None if inner is None else (-inner if isinstance(node.op, ast.USub) else inner)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = node.value
        assert isinstance(value, int | float)
        return value if abs(value) <= 1e15 else None
    return None


def literal_none(node: ast.AST) -> bool:
    """Whether a node is the word None."""
    return isinstance(node, ast.Constant) and node.value is None


def _is_count(node: ast.AST) -> bool:
    value = number(node)
    return isinstance(value, int) and 0 <= value <= MAX_COUNT


def _is_flag(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _is_level(node: ast.AST) -> bool:
    return number(node) is not None or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _all_of(node: ast.AST, allowed: Any) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and all(allowed(item) for item in node.elts)


# A string argument of a function that remembers must come from a closed set: formulaic pastes the
# text of such a call into a new expression without escaping quotes in it.
ALLOWED: Mapping[str, Any] = {
    "count": _is_count,
    "positive count": lambda node: _is_count(node) and number(node) != 0,
    "number": lambda node: number(node) is not None,
    "numbers": lambda node: (
        _all_of(node, lambda item: number(item) is not None) and len(node.elts) <= MAX_COUNT
    ),
    "flag": _is_flag,
    "flag or number": lambda node: _is_flag(node) or number(node) is not None,
    "edge": lambda node: isinstance(node, ast.Constant) and node.value in EDGES,
    "centre": lambda node: isinstance(node, ast.Constant) and node.value == "center",
    "level": _is_level,
    "levels": lambda node: _all_of(node, _is_level) and len(node.elts) <= MAX_LEVELS,
}
DESCRIPTION: Mapping[str, str] = {
    "count": f"a whole number from 0 to {MAX_COUNT}",
    "positive count": f"a whole number from 1 to {MAX_COUNT}",
    "number": "a number",
    "numbers": f"a list of at most {MAX_COUNT} numbers",
    "flag": "True or False",
    "flag or number": "True, False or a number",
    "edge": f"one of {', '.join(EDGES)}",
    "centre": '"center"',
    "level": "the name or number of a level",
    "levels": f"a list of at most {MAX_LEVELS:,} levels",
}
