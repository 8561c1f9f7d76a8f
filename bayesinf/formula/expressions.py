"""One expression of a formula as a syntax tree: what may stand in it, and the columns it names.

What is not on the list is refused; there is no list of forbidden things.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bayesinf.errors import FormulaError, suggest
from bayesinf.formula.backticks import with_names_quoted
from bayesinf.formula.constants import ALLOWED, DESCRIPTION, literal_none, number
from bayesinf.formula.elsewhere import ELSEWHERE, advice_for
from bayesinf.formula.functions import (
    CONTRASTS,
    ELEMENTWISE,
    FUNCTIONS,
    ArgumentKind,
    Function,
)
from bayesinf.formula.registry import callable_functions
from bayesinf.formula.tokens import QUOTED, Place, original, plain, with_backticks

SHORT = 100
"""Characters of an expression whose syntax tree is kept for the next time."""

MAX_DEPTH = 30
"""Nesting of one expression."""

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)

ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^\\'\"abfnrtv0-3xNuU\n]")
NUMBER_BEGINS = re.compile(r"(?<![\w.])(?=\.?\d)")
NUMBER = re.compile(
    r"(?:0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+"
    r"|(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[jJ]?)(?![\w.])"
)
PREFIXED = re.compile(r"\w''|(?<![\w.])[^\W\d]\w*\.\d")

WORDS = {
    ast.Attribute: "attribute access",
    ast.Subscript: "square brackets",
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Starred: "a star",
    ast.IfExp: "a condition",
    ast.BoolOp: "'and' or 'or'",
    ast.Await: "'await'",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
}


def check_column(name: str, columns: Collection[str] | None, here: Place) -> None:
    """Refuses a name that is not a column, once the columns are known."""
    if columns is None:
        return
    if name not in columns:
        raise here.error(
            f"There is no column '{name}' among the {len(columns)}.{suggest(name, columns)}",
            "unknown-column",
            column=name,
            hint=f"Name one of the columns: {', '.join(list(columns)[:20])}.",
        )


@dataclass(frozen=True)
class Code:
    """One expression of a formula, to be checked as a syntax tree.

    Attributes:
        text: The expression.
        columns: The names that may occur, or None for any.
        place: Where it stands.
        remembers: Whether functions that remember the training rows are allowed.
    """

    text: str
    columns: Collection[str] | None
    place: Place
    remembers: bool

    def check(self) -> bool:
        """Refuses what is not on the list; returns whether the expression names a column."""
        tree = self.parse()
        if len(self.text) > MAX_DEPTH:  # each level takes a character
            _check_depth(tree, self.place)
        if not self.text.isascii():
            self._check_spelling(tree)
        self._walk(tree, outermost=True)
        return _has_name(tree)

    def parse(self) -> ast.expr:
        """The syntax tree, names in backticks replaced."""
        read = _short_tree if len(self.text) <= SHORT else _tree
        try:
            return read(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self.place.error(
                f"'{_shorten(self.text)}' cannot be read as an expression.",
                "syntax",
                hint=self._advice(),
            ) from error

    def _advice(self) -> str:
        """What may be wrong with an expression that cannot be read."""
        called, _, rest = self.text.partition("(")
        if called.strip() in ELSEWHERE:  # as.factor, whose 'as' is a word of Python's own
            return advice_for(called.strip(), re.split(r"[,)]", rest)[0].strip())
        written = with_names_quoted(self.text)
        if written is None:
            return "Write arithmetic as I(a / b), and functions as log(x)."
        return (
            "Write arithmetic as I(a / b); a column's name that is no single word stands in "
            f"backticks: {written}"
        )

    def here(self, node: ast.AST) -> Place:
        """The place of a node; of the whole expression where columns of text do not correspond."""
        exact = self.text.isascii() and not {"`", "^"} & set(self.text)
        blank = len(self.text) - len(self.text.lstrip())
        return self.place.at(blank + getattr(node, "col_offset", 0)) if exact else self.place

    def _check_spelling(self, tree: ast.expr) -> None:
        """Refuses identifiers that Python would silently respell (NFKC), such as 'ª' for 'a'."""
        strings = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        for word in re.findall(r"\w+", plain(self.text)):
            respelt = unicodedata.normalize("NFKC", word)
            if respelt != word and not any(word in string for string in strings):
                raise self.place.error(
                    f"The name '{word}' would be read as '{respelt}'.",
                    "forbidden-code",
                    hint=f"Put it in backticks: `{word}`.",
                )

    def _walk(self, node: ast.expr, *, outermost: bool = False) -> None:
        if isinstance(node, ast.Name):
            self._name(node)
        elif isinstance(node, ast.Constant):
            self._constant(node)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
            self._walk(node.operand)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ARITHMETIC):
            self._power(node)
            self._walk(node.left)
            self._walk(node.right)
        elif (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and isinstance(node.ops[0], COMPARISONS)
        ):
            self._walk(node.left)
            self._walk(node.comparators[0])
        elif isinstance(node, ast.Call):
            self._call(node, outermost=outermost)
        elif dotted(node) != "np.pi":
            raise self._forbidden(node)

    def _forbidden(self, node: ast.AST) -> FormulaError:
        written = with_names_quoted(self.text) if isinstance(node, ast.Attribute) else None
        if written is not None and isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            return self.here(node).error(
                f"'{_shorten(name)}' would be attribute access inside of a function, which a "
                "formula may not use.",
                "forbidden-code",
                hint=f"Put its name in backticks, if it is a column: {written}",
            )
        word = WORDS.get(type(node), "this")
        return self.here(node).error(
            f"'{_shorten(self.text)}' uses {word}, which a formula may not.",
            "forbidden-code",
            hint=f"Use columns, numbers, + - * / **, comparisons and: {', '.join(FUNCTIONS)}.",
        )

    def _name(self, node: ast.Name) -> None:
        name = original(node.id)
        if node.id.startswith(("__", "_formulaic_")):
            raise self._forbidden(node)
        check_column(name, self.columns, self.here(node))

    def _constant(self, node: ast.Constant) -> None:
        if number(node) is None:
            raise self.here(node).error(
                f"'{_written(node)}' is not a number that an expression may use.",
                "forbidden-code",
                hint="Levels are compared before the fit, as in frame['is_a'] = frame['g'] == 'a'; "
                "C(g) has a coefficient for each."
                if isinstance(node.value, str)
                else "Use numbers of at most 1e15 in size.",
            )

    def _power(self, node: ast.BinOp) -> None:
        """Refuses powers of constants, which can take for ever (9**9**9)."""
        if not isinstance(node.op, ast.Pow):
            return
        exponent = number(node.right)
        if (_has_name(node.left) and exponent is not None and abs(exponent) <= 20) or (
            _has_name(node.right)
        ):
            return
        raise self.here(node).error(
            f"The power '{_shorten(ast.unparse(node))}' needs a column, and an exponent that is a "
            "number of at most 20 or a column.",
            "forbidden-code",
            hint="Write I(x**2), or compute the column before the fit.",
        )

    def _call(self, node: ast.Call, *, outermost: bool) -> None:
        name = dotted(node.func)
        function = callable_functions().get(name.removeprefix("np.")) if name else None
        if name is None:
            raise self._forbidden(node.func)
        if function is None or (name.startswith("np.") and name[3:] not in ELEMENTWISE):
            known = callable_functions()
            raise self.here(node).error(
                f"A formula may not call '{name}', which is none of the {len(known)} functions "
                f"that it may.{suggest(name, known)}",
                "forbidden-code",
                hint=advice_for(name.removeprefix("np."), ast.unparse(node.args[0]))
                if name.removeprefix("np.") in ELSEWHERE and node.args
                else f"Use one of them: {', '.join(known)}; or your own, after "
                "bi.register(name, function).",
            )
        if function.remembers and not self.remembers:
            raise self.here(node).error(
                f"'{name}' remembers the rows it was fitted to, which only terms can.",
                "remembers",
                hint="Compute the column before the fit.",
            )
        if function.outermost and not outermost:
            raise self.here(node).error(
                f"'{name}(...)' stands for several columns, so nothing can be computed from it.",
                "forbidden-code",
                hint="Let it stand by itself, or join it with ':' or '*'.",
            )
        self._arguments(node, name, function)

    def _arguments(self, node: ast.Call, name: str, function: Function) -> None:
        names = list(function.arguments)
        given: dict[str, ast.expr] = {}
        for position, value in enumerate(node.args):
            if isinstance(value, ast.Starred):
                raise self._forbidden(value)
            if position >= min(len(names), 3):
                raise self.here(value).error(
                    f"'{name}' is given {len(node.args)} arguments by place, and takes at most "
                    f"{min(len(names), 3)}.",
                    "argument",
                    hint=f"Give these: {', '.join(names)}." if names else "Leave them out.",
                )
            given[names[position]] = value
        for keyword in node.keywords:
            kind = function.arguments.get(keyword.arg or "")
            # formulaic names the first argument otherwise, so expressions are given by position.
            if keyword.arg is None or kind in (None, "expression") or keyword.arg in given:
                raise self.here(keyword).error(
                    f"'{name}' cannot take the argument '{keyword.arg or '**'}' here."
                    f"{suggest(keyword.arg or '', names)}",
                    "argument",
                    hint=f"Give these: {', '.join(names)}." if names else "Leave it out.",
                )
            given[keyword.arg] = keyword.value
        for missing in names[: function.required]:
            if missing not in given:
                raise self.here(node).error(
                    f"'{name}' needs an argument.",
                    "argument",
                    hint=f"Give these: {', '.join(names[: function.required])}.",
                )
        for argument, value in given.items():
            self._argument(name, argument, function.arguments[argument], value)

    def _argument(self, name: str, argument: str, kind: ArgumentKind, value: ast.expr) -> None:
        if kind == "expression":
            self._walk(value)
        elif kind == "contrast":
            self._contrast(value)
        elif not (literal_none(value) or ALLOWED[kind](value)):
            raise self.here(value).error(
                f"The argument '{argument}' of '{name}' must be {DESCRIPTION[kind]}.",
                "argument",
                hint="Write a constant there: formulas compute no arguments.",
            )

    def _contrast(self, node: ast.expr) -> None:
        coding = node.func if isinstance(node, ast.Call) else node
        name = dotted(coding) or ""
        function = CONTRASTS.get(name.removeprefix("contr."))
        if not name.startswith("contr.") or function is None:
            raise self.here(node).error(
                f"'{_written(node)}' is not a coding of a factor.",
                "argument",
                hint=f"Use one of {', '.join(f'contr.{known}' for known in CONTRASTS)}.",
            )
        if isinstance(node, ast.Call):
            self._arguments(node, name, function)


def _tree(text: str) -> ast.expr:
    return ast.parse(_without_warnings(plain(text).strip()), mode="eval").body


@lru_cache(maxsize=2048)
def _short_tree(text: str) -> ast.expr:
    """A formula is checked, asked for its columns and built, and its calls read three times."""
    return _tree(text)


def _without_warnings(code: str) -> str:
    """Refuses what Python would read with a warning to the screen, and which says nothing here.

    Raises:
        SyntaxError: For numbers that run into a word, `1if x` or `x.5in z`, for unknown escapes in
            text, and for text with a letter in front or of three quotes, in which Python would look
            for either.
    """
    if "'''" in code or '"""' in code or ESCAPE.search(code):
        raise SyntaxError(code)
    bare = QUOTED.sub("''", code)
    numbers = (NUMBER.match(bare, found.start()) for found in NUMBER_BEGINS.finditer(bare))
    if PREFIXED.search(bare) or not all(numbers):
        raise SyntaxError(code)
    return code


def _check_depth(tree: ast.AST, place: Place) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise place.error(f"The expression is nested more than {MAX_DEPTH} deep.", "too-deep")
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.expr_context | ast.operator | ast.cmpop | ast.unaryop)
        ]


def dotted(node: ast.AST) -> str | None:
    """`np.log` as text, where a node is a name or an attribute of a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


def _has_name(node: ast.AST) -> bool:
    """Whether a column takes part; the names of called functions do not count."""
    return any(True for _ in column_names(node))


def column_names(node: ast.AST) -> Iterator[str]:
    """The columns that a syntax tree reads; names of functions and codings are not columns."""
    if isinstance(node, ast.Name):
        yield original(node.id)
    elif isinstance(node, ast.Call):
        # Only the expressions among the arguments name columns; codings such as contr.sum do not.
        function = callable_functions().get((dotted(node.func) or "").removeprefix("np."))
        kinds = function.arguments if function else {}
        names = list(kinds)
        for position, value in enumerate(node.args):
            if position >= len(names) or kinds[names[position]] == "expression":
                yield from column_names(value)
    elif not isinstance(node, ast.Attribute):
        for child in ast.iter_child_nodes(node):
            yield from column_names(child)


def _written(node: ast.expr) -> str:
    try:
        return _shorten(ast.unparse(node))
    except ValueError:  # a number of more digits than Python writes out
        return "a number of thousands of digits"


def _shorten(text: str) -> str:
    text = with_backticks(text.strip())
    return text if len(text) <= 40 else f"{text[:37]}..."
