"""Reads statements about parameters, such as `abs(a - b) < 0.1`, and evaluates nothing else.

Names are those of the summary. A name may run on through colons and brackets (`sd:Subject:Days`,
`C(g)[T.b]`, `Subject[308]:Days`); a name with other characters, and a coefficient called
`abs(x)`, stand in backticks.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesinf.errors import ModelError
from bayesinf.formula.encode import OWN_NAMES

LONGEST = 1000
"""Characters of a statement; it bounds how deep expressions nest."""

LARGEST = 1e300
"""Numbers of a statement lie below, so that arithmetic on them stays finite."""

COMPARISONS: dict[type[ast.cmpop], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ARITHMETIC: dict[type[ast.operator], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
SIGNS: dict[type[ast.unaryop], Callable[[np.ndarray], np.ndarray]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
CLOSING = {"(": ")", "[": "]"}
WORD = re.compile(r"[^\W\d][\w.]*")
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Statement:
    """A comparison, or a chain of comparisons, of arithmetic on named parameters.

    Attributes:
        text: As it was written.
        names: The parameters in it.
        tree: The comparison, in which the k-th name is called `name<k>`.
    """

    text: str
    names: tuple[str, ...]
    tree: ast.Compare


def read_statement(text: str) -> Statement:
    """Reads a statement.

    Args:
        text: Such as `"x > 0"`, `"a - b > 2"`, `"abs(x) < 0.1"`, `"0 < sd:Subject:Days < 5"`.

    Raises:
        ModelError: `statement`, with what may be said.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise _unreadable(text, f"it is empty, no text, or over {LONGEST} characters")
    names: list[str] = []
    pieces: list[str] = []
    place = 0
    while place < len(text):
        piece, place = _next(text, place, names)
        pieces.append(piece)
    try:
        tree = ast.parse("".join(pieces).strip(), mode="eval").body
    except SyntaxError as error:
        raise _unreadable(text, "it is not a comparison") from error
    if not isinstance(tree, ast.Compare) or not names:
        raise _unreadable(text, "it compares no parameter with anything")
    _check(text, tree)
    return Statement(text.strip(), tuple(names), tree)


def holds(statement: Statement, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """In which draws the statement holds.

    Args:
        statement: The statement.
        values: Draws of each of its names, all of one shape.

    Returns:
        Booleans of that shape.

    Raises:
        ModelError: `statement`, where a side is infinite or no number, as after a division by zero.
    """
    placed = {f"name{k}": values[name] for k, name in enumerate(statement.names)}
    # The quotients that NumPy would warn of are refused in the next lines.
    with np.errstate(all="ignore"):
        sides = [
            _value(side, placed) for side in (statement.tree.left, *statement.tree.comparators)
        ]
    if not all(np.isfinite(side).all() for side in sides):
        raise _unreadable(statement.text, "in some draws a side is infinite or no number")
    true = np.ones(np.broadcast_shapes(*(side.shape for side in sides)), dtype=bool)
    for test, left, right in zip(statement.tree.ops, sides, sides[1:], strict=False):
        true = true & COMPARISONS[type(test)](left, right)
    return true


def _next(text: str, place: int, names: list[str]) -> tuple[str, int]:
    """The next piece of the statement as Python would have it, and where it ends."""
    if text[place] == "`":
        end = text.find("`", place + 1)
        if end < 0:
            raise _unreadable(text, "a backtick is not closed")
        name = text[place + 1 : end]
        # `sigma` is the coefficient of a column of that name, and sigma the model's own parameter.
        return _placeholder(f"`{name}`" if name in OWN_NAMES else name, names), end + 1
    if word := WORD.match(text, place):
        if word.group() == "abs" and text[word.end() :].lstrip().startswith("("):
            return "abs", word.end()
        end = _name_end(text, word.end())
        return _placeholder(text[place:end], names), end
    if number := NUMBER.match(text, place):
        return number.group(), number.end()
    if text[place] in "<>=!+-*/() \t":
        return text[place], place + 1
    raise _unreadable(text, f"{text[place]!r} has no meaning here")


def _placeholder(name: str, names: list[str]) -> str:
    if name not in names:
        names.append(name)
    return f" name{names.index(name)} "


def _name_end(text: str, place: int) -> int:
    """Where a name ends that may run on through brackets and colons."""
    while place < len(text):
        if text[place] in CLOSING:
            place = _bracket_end(text, place)
        elif text[place] == ":" and (word := WORD.match(text, place + 1)):
            place = word.end()
        else:
            break
    return place


def _bracket_end(text: str, start: int) -> int:
    opened: list[str] = []
    for place in range(start, len(text)):
        if text[place] in CLOSING:
            opened.append(CLOSING[text[place]])
        elif opened and text[place] == opened[-1]:
            opened.pop()
            if not opened:
                return place + 1
    raise _unreadable(text, f"the bracket at character {start + 1} is not closed")


def _check(text: str, node: ast.AST) -> None:
    """Refuses whatever is not arithmetic on names and numbers."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            if not all(type(op) in COMPARISONS for op in ops):
                raise _unreadable(text, "only < <= > >= compare; being equal has probability zero")
            inner = [left, *others]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            inner = [left, right]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in SIGNS:
            inner = [operand]
        case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
            inner = [argument]
        case ast.Constant(value=int() | float() as number) if abs(number) < LARGEST:
            inner = []
        case ast.Name(id=name) if name != "abs":
            inner = []
        case _:
            raise _unreadable(text, "it holds more than names, numbers, + - * / and abs()")
    for part in inner:
        if isinstance(part, ast.Compare):
            raise _unreadable(text, "a comparison stands inside another")
        _check(text, part)


def _value(node: ast.AST, values: Mapping[str, np.ndarray]) -> np.ndarray:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as number):
            return np.asarray(float(number))
        case ast.UnaryOp(op=op, operand=operand):
            return SIGNS[type(op)](_value(operand, values))
        case ast.BinOp(left=left, op=op, right=right):
            return ARITHMETIC[type(op)](_value(left, values), _value(right, values))
        case ast.Call(args=[argument]):
            return np.abs(_value(argument, values))
    raise AssertionError(f"{ast.dump(node)} was let through by the check")


def _unreadable(text: object, why: str) -> ModelError:
    return ModelError(
        f"The statement {str(text)[:200]!r} cannot be read: {why}.",
        code="statement",
        hint="Write it as 'x > 0', 'a - b > 2' or 'abs(x) < 0.1', with names of the summary; names "
        "with other characters stand in backticks.",
    )
