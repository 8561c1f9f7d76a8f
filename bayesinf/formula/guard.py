"""What a formula may do: nothing but arithmetic on columns and the functions of `functions`.

formulaic evaluates the pieces of a formula as Python, builtins included, so every piece passes here
first, as a syntax tree. What is not on the list is refused; there is no list of forbidden things.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from bayesinf.errors import LONGEST_NAME, FormulaError
from bayesinf.formula.algebra import expand, named
from bayesinf.formula.expressions import Code, check_column, column_names, dotted
from bayesinf.formula.tokens import (
    ALIAS,
    MAX_LENGTH,
    Place,
    Token,
    original,
    tidy,
    tokens_of,
)

if TYPE_CHECKING:
    from bayesinf.formula.formula import Formula

MAX_PART = 4 * MAX_LENGTH
"""Characters of a part; `parse` spaces out what was typed, `x+x` to `1 + x + x`."""

OPERATORS = frozenset({"+", "-", "*", "/", ":", "**", "^"})
COMPARED = "Write comparisons as I(x > 0) or I(x == 1), which is 1 where they hold and else 0."
ADVICE: Mapping[str, str] = {
    "%in%": "Write x:f for R's x %in% f.",
    **dict.fromkeys(("=", "==", "<", ">", "<=", ">=", "!", "!="), COMPARED),
}
"""What to write for operators that are not on the list."""

PLAIN = OPERATORS | {"(", ")", "0", "1"}
"""What is on the list whatever stands around it."""


def check(
    expression: str,
    columns: Collection[str] | None = None,
    *,
    text: str | None = None,
    start: int = 0,
) -> int:
    """Refuses everything in a formula's part that is not on the list; evaluates nothing.

    Args:
        expression: A right-hand side, such as `x * g + bs(z, df=4)`.
        columns: The names that may occur; None, before the frame is known, allows any.
        text: The whole formula that the expression was taken from, for the caret.
        start: Where in `text` the expression begins.

    Returns:
        At most how many terms it expands to.

    Raises:
        FormulaError: `forbidden-code`, `unknown-function`, `unknown-column`, `syntax`,
            `too-many-terms` and others, with a caret under the place.
    """
    place = Place(tidy(expression, MAX_PART) if text is None else text, start)
    refuse_aliases(expression, place)
    name = single_name(expression)
    if name is not None and name != ".":
        _refuse_reserved(expression.strip(), place)
        check_column(name, columns, place)
        return 1
    tokens = tokens_of(expression)
    check_tokens(tokens, columns, place)
    return expand(tokens, place, named).size


def check_tokens(tokens: Sequence[Token], columns: Collection[str] | None, place: Place) -> None:
    """Refuses what is not on the list in the tokens of a right-hand side, or of a part of one.

    Raises:
        FormulaError: As `check`.
    """
    check_grammar(tokens, place)
    for token in tokens:
        _check_token(token, columns, place)


def check_expression(
    expression: str,
    columns: Collection[str] | None = None,
    *,
    text: str | None = None,
    start: int = 0,
    remembers: bool = False,
) -> None:
    """Refuses everything in a single expression, such as a response, that is not on the list.

    Args:
        expression: Arithmetic on columns, such as `log(y)` or a column's name.
        columns: As for `check`.
        text: As for `check`.
        start: As for `check`.
        remembers: Whether functions that remember the training rows are allowed. A response, an
            offset or weights are computed afresh for new rows, where `scale(y)` would silently
            mean something else.

    Raises:
        FormulaError: As `check`.
    """
    place = Place(tidy(expression, MAX_PART) if text is None else text, start)
    refuse_aliases(expression, place)
    name = single_name(expression)
    if name is not None:
        _refuse_reserved(expression.strip(), place)
        check_column(name, columns, place)
        return
    Code(expression, columns, place, remembers=remembers).check()


def single_name(expression: str) -> str | None:
    """The column, where an expression is nothing but a column's name, quoted or not."""
    stripped = expression.strip()
    if re.fullmatch(r"`[^`]+`", stripped):
        return stripped[1:-1]
    is_name = re.fullmatch(r"[^\W\d][\w.]*", stripped)
    return stripped if is_name and stripped not in ("True", "False", "None") else None


def check_grammar(tokens: Sequence[Token], place: Place) -> None:
    """Refuses two terms without an operator between them, and operators without a term.

    Raises:
        FormulaError: `syntax`, with a caret.
    """
    wants_term, last = True, None
    for number, token in enumerate(tokens):
        if token.kind == "operator":
            if token.text in ADVICE:
                raise _no_operator(token, place.at(token.start))
            if wants_term and token.text not in "+-":
                raise place.at(token.start).error(
                    f"A term is missing before '{token.text}'.",
                    "syntax",
                    hint=f"Add a term before '{token.text}', or leave it out.",
                )
            wants_term = True
        elif token.kind == "close":
            if wants_term:
                raise place.at(token.start).error(
                    "A term is missing before this ')'.", "syntax", hint="Add a term before it."
                )
        else:
            if not wants_term:
                raise place.at(token.start).error(
                    f"An operator is missing before '{token.text}'.",
                    "syntax",
                    hint=f"Write '+' between terms, or {_one_name(tokens, number, place)}.",
                )
            wants_term = token.kind == "open"
        last = token
    if wants_term:
        after = f"after '{last.text}'" if last else "here"
        raise place.at(last.stop if last else 0).error(
            f"A term is missing {after}.", "syntax", hint="Add a term, or leave the operator out."
        )


def _no_operator(token: Token, here: Place) -> FormulaError:
    return here.error(
        f"'{token.text}' has no meaning here.",
        "syntax",
        hint=ADVICE.get(
            token.text, "Join terms by + - * / : or **; put names with other signs in `backticks`."
        ),
    )


def _one_name(tokens: Sequence[Token], number: int, place: Place) -> str:
    """How to write two or more words where they are the name of one column."""
    first = last = number - 1
    while last + 1 < len(tokens) and tokens[last + 1].kind in ("name", "number"):
        last += 1
    words = place.between(tokens[first].start, tokens[last].stop)
    if first == last or "`" in words or len(words) > LONGEST_NAME:
        return "names with blanks in `backticks`"
    return f"`{words}` with backticks, if it is the name of one column"


def _check_token(token: Token, columns: Collection[str] | None, place: Place) -> None:
    if token.text in PLAIN:
        return
    here = place.at(token.start)
    if token.text == ".":
        raise here.error(
            "'.' for all other columns is not supported.",
            "syntax",
            hint="Name the columns: y ~ x + z.",
        )
    if token.kind == "name":
        _refuse_reserved(token.text, here)
        check_column(token.content, columns, here)
    elif token.kind == "code":
        offset = 0 if token.text == token.content else 1
        if not Code(token.content, columns, here.at(offset), remembers=True).check():
            raise here.error(
                f"'{token.text}' names no column, so it is the same in all rows.",
                "no-column",
                hint="Leave it out; '1' is the intercept.",
            )
    elif token.kind == "text":
        raise here.error(
            f"The text {token.text} is not a term.",
            "syntax",
            hint="Quote columns in `backticks`.",
        )
    elif token.kind == "operator" and token.text not in OPERATORS:
        raise _no_operator(token, here)
    elif token.kind in ("open", "close") and token.text in "[]":
        raise here.error(
            f"The bracket '{token.text}' has no meaning in a formula.",
            "forbidden-code",
            hint="Use parentheses for terms that belong together: (a + b):c.",
        )
    elif token.kind == "number" and not re.fullmatch(r"\d{1,6}(\.\d*)?|\.\d+", token.text):
        raise here.error(
            f"'{token.text}' is not a number that a formula may use.",
            "syntax",
            hint="Write arithmetic with numbers inside I(...), as in I(x / 10).",
        )


def refuse_aliases(expression: str, place: Place) -> None:
    """Refuses names that stand for other names in what is evaluated (`tokens.plain`)."""
    for match in ALIAS.finditer(expression):
        if (meant := original(match.group())) != match.group():
            raise place.at(match.start()).error(
                f"The name '{match.group()}' is how formulas write '{meant}' for themselves.",
                "forbidden-code",
                column=match.group(),
                hint="Rename the column.",
            )


def _refuse_reserved(word: str, here: Place) -> None:
    """Refuses unquoted names such as `x.__class__`, which no column needs."""
    if not word.startswith("`") and (word.startswith("__") or ".__" in word):
        raise here.error(
            f"'{word}' is not a name that a formula may use.",
            "forbidden-code",
            hint="Put a column's name in `backticks`.",
        )


def names_in(expression: str) -> tuple[str, ...]:
    """The columns that an expression or a right-hand side needs, in order of appearance.

    Example:
        >>> names_in("x * C(g, contr.sum) + bs(`dose mg`, df=4)")
        ('x', 'g', 'dose mg')
    """
    name = single_name(expression)
    if name is not None:
        return (name,)
    found: dict[str, None] = {}
    try:
        tokens = tokens_of(expression)
    except FormulaError:  # a remainder, x % 2, which in a right-hand side would open a %quote%
        return _names_in_code(expression)
    for token in tokens:
        if token.text.startswith("%"):
            return _names_in_code(expression)
        if token.kind == "name" and token.text not in (".", "np.pi"):
            found[token.content] = None
        elif token.kind == "code":
            found.update(dict.fromkeys(_names_in_code(token.content)))
    return tuple(found)


@lru_cache(maxsize=1024)
def _names_in_code(code: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column_names(_parsed(code))))


def functions_in(rhs: str) -> frozenset[str]:
    """The names that a right-hand side calls, or takes attributes of, such as `log` and `np`."""
    try:
        tokens = tokens_of(rhs)
    except FormulaError:  # a remainder, as in names_in
        tokens = ()
    trees = [_parsed(token.content) for token in tokens if token.kind == "code"]
    if not tokens or any(token.text.startswith("%") for token in tokens):
        trees = [_parsed(rhs)]
    found: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(node.func.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(node.value.id)
    return frozenset(found)


def _parsed(code: str) -> ast.expr:
    return Code(code, None, Place(code, 0), remembers=True).parse()


def factors_in(expression: str) -> tuple[str, ...]:
    """The columns that an expression codes as factors with C(...)."""
    found: dict[str, None] = {}
    for token in tokens_of(expression):
        if token.kind == "code":
            tree = _parsed(token.content)
            if isinstance(tree, ast.Call) and dotted(tree.func) == "C":
                coded = [node for node in tree.args[:1] if isinstance(node, ast.Name)]
                found.update((original(node.id), None) for node in coded)
    return tuple(found)


def factor_columns(formula: Formula) -> frozenset[str]:
    """The columns that a formula codes as factors with C(...), whatever their type."""
    parts: Iterable[str] = (
        argument
        for call in formula.terms
        if call.term in ("population", "varying")
        for argument in call.arguments[:1]
    )
    return frozenset(name for part in parts for name in factors_in(part))
