"""Characters to tokens, each with its place in the text, so that an error can point at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple
from unicodedata import combining, is_normalized, normalize

from bayesinf.errors import HIDDEN, FormulaError

MAX_LENGTH = 10_000
"""Characters in a formula. A longer one is a program's mistake, or an attack."""

MAX_PARENTHESES = 50
"""Nesting of parentheses outside of calls."""

WIDTH = 76
"""Characters of a formula that an error shows around the place it points at."""

Kind = Literal["name", "number", "text", "code", "operator", "open", "close"]


class Token(NamedTuple):
    """One piece of a formula; a tuple, because thousands may be made at once.

    Attributes:
        kind: What it is; `code` is a function call or `{...}`, to be evaluated as an expression.
        text: As it stands in the formula.
        content: Without its quotes or braces.
        start: Position of its first character.
        stop: Position after its last character.
    """

    kind: Kind
    text: str
    content: str
    start: int
    stop: int


class Place(NamedTuple):
    """Where in a formula something stands.

    Attributes:
        text: The whole formula.
        start: Position of the character to point at.
    """

    text: str
    start: int = 0

    def at(self, offset: int) -> Place:
        """The place so many characters further on."""
        return Place(self.text, self.start + offset)

    def between(self, start: int, stop: int) -> str:
        """The text between two offsets from here."""
        return self.text[self.start + start : self.start + stop]

    def error(
        self, what: str, code: str, *, column: str | None = None, hint: str | None = None
    ) -> FormulaError:
        """Builds the error that shows the formula with a caret under this place.

        Args:
            what: The sentence.
            code: The error's stable name.
            column: The column concerned, where there is one.
            hint: What to do.
        """
        return FormulaError(f"{what}\n{self.shown()}", code=code, column=column, hint=hint)

    def shown(self) -> str:
        """The formula, or the stretch of it around this place, with a caret under the place."""
        first = max(0, min(self.start - WIDTH // 2, len(self.text) - WIDTH))
        pointer = " " * (self.start - first) + "^"
        return f"    {self.text[first : first + WIDTH]}\n    {pointer}"


def tidy(text: object, limit: int = MAX_LENGTH) -> str:
    """Checks that a formula is text of a sensible length and puts it on one line.

    Args:
        text: A formula, or a part of one.
        limit: Characters; a right-hand side that `parse` wrote out may be longer than what was
            typed.

    Raises:
        FormulaError: When it is not text, is empty, is longer than `limit`, or holds
            characters that do not show.
    """
    if not isinstance(text, str):
        raise FormulaError(
            f"A formula is text, such as 'y ~ x'; this is '{type(text).__name__}'.",
            code="not-a-formula",
            hint="Write it in quotes.",
        )
    text = str.__str__(text)  # of a subclass, whose own methods are not called
    if len(text) > limit:
        raise FormulaError(
            f"The formula has {len(text):,} characters; at most {limit:,} are read of "
            f"'{text[:12]}...'."
            f"\n{Place(text, limit).shown()}",
            code="too-long",
            hint="Shorten it: give columns that belong together as one, computed before the fit.",
        )
    hidden = HIDDEN.search(re.sub(r"[\r\f\v]", " ", text))
    if hidden:
        half = "\ud800" <= hidden.group() <= "\udfff"
        raise FormulaError(
            f"Character {hidden.start() + 1} of the formula, {hidden.group()!a}, "
            + ("is half a character (a lone surrogate)" if half else "does not show")
            + ", and a formula is read as it looks.",
            code="syntax",
            hint="Take it out; where a column's name holds it, rename the column.",
        )
    if not text.strip():
        raise FormulaError("The formula is empty.", code="syntax", hint="Write 'y ~ x'.")
    return _composed(re.sub(r"[\r\n\t\f\v]", " ", text).strip())


def _composed(text: str) -> str:
    """Writes letters with accents as one character, but in text, which is compared with levels."""
    if text.isascii() or is_normalized("NFC", text):
        return text
    return APART.sub(lambda found: found[1] or normalize("NFC", found[2]), text)


APART = re.compile(r"('(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|['\"])|([^'\"]+)")
"""Text in quotes, and what stands between."""

PIECE = re.compile(
    r"(?P<word>[\w.]+)(?P<call>[(\[])?"  # a number or a column, or the beginning of a call
    r"|(?P<column>`[^`]*`)"
    r"|(?P<text>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
    r"|(?P<named>%[^%]*%)"
    r"|(?P<open>[(\[])|(?P<close>[)\]])"
    r"|(?P<brace>{)"
    r"|(?P<unended>[`'\"%])"  # whole ones were found above
    r"|\*\*|\|\||\S",
    re.DOTALL,
)

INSIDE = re.compile(
    r"`[^`]*`|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|([(\[{])|([)\]}])|([`'\"])", re.DOTALL
)
"""What counts inside of a call: text and names whole, what opens, closes, and never ends."""

CLOSING = {"(": ")", "[": "]", "{": "}"}


@lru_cache(maxsize=16)
def tokens_of(text: str) -> tuple[Token, ...]:
    """Cuts a formula into tokens; nothing is evaluated.

    Raises:
        FormulaError: When a parenthesis, quote or brace is never closed.
    """
    found = tuple(_tokens(text))
    check_balance(text, found)
    return found


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while match := PIECE.search(text, at):
        start, at = match.span()
        piece = inner = match.group()
        kind: Kind = "operator"
        match match.lastgroup:
            case "word":
                kind = _word(piece)
            case "call" if _word(match["word"]) == "number":  # 2(x): a number, and parentheses
                at, kind, piece = at - 1, "number", match["word"]
                inner = piece
            case "call":
                at, kind = _end_of_call(text, start, at - 1), "code"
                piece = inner = text[start:at]
            case "brace":
                at, kind = _end_of_brackets(text, start, start), "code"
                piece, inner = text[start:at], text[start + 1 : at - 1]
            case "unended":
                raise _never_closed(text, start)
            case "column":
                kind, inner = "name", piece[1:-1]
            case "named":
                inner = piece[1:-1]
            case "text" | "open" | "close":
                kind = match.lastgroup
            case _ if combining(piece[0]):
                raise _marked(text, start)
        yield Token(kind, piece, inner, start, at)


def _marked(text: str, start: int) -> FormulaError:
    """The error for a letter with a mark of its own, as x with a bar, which no word holds."""
    return Place(text, start - 1).error(
        f"'{text[start - 1 : start + 1]}' is a letter with a mark, which a name without quotes "
        "may not hold.",
        "syntax",
        hint="Put the name of the column in `backticks`.",
    )


def _word(text: str) -> Kind:
    return "name" if text.strip("0123456789.") else "number"


def _end_of_call(text: str, start: int, opening: int) -> int:
    """The end of `f(x)`, also of `f(x)(y)` and `f(x)[y]`, which are refused as a whole."""
    stop = opening
    while text[stop : stop + 1] in ("(", "["):
        stop = _end_of_brackets(text, start, stop)
    return stop


def _end_of_brackets(text: str, start: int, opening: int) -> int:
    """Where the bracket that opens is closed; `start` is where its token begins."""
    expected: list[str] = []
    for match in INSIDE.finditer(text, opening):
        opens, closes, unended = match.groups()
        if unended:
            break
        if opens:
            expected.append(CLOSING[opens])
        elif closes == expected[-1]:
            expected.pop()
        if not expected:
            return match.end()
    raise _never_closed(text, start)


def _never_closed(text: str, start: int) -> FormulaError:
    return Place(text, start).error(
        f"A parenthesis, bracket or quote is opened and never closed, from "
        f"'{text[start : start + 12]}' on.",
        "syntax",
        hint="Put the name of a column with % in `backticks`."
        if text[start] == "%"
        else "Put in what is missing, or leave that part out.",
    )


def check_balance(text: str, tokens: Sequence[Token]) -> None:
    """Refuses parentheses that do not pair up.

    Raises:
        FormulaError: With a caret under the one without a partner.
    """
    open_at: list[Token] = []
    for token in tokens:
        if token.kind == "open":
            open_at.append(token)
        elif token.kind == "close":
            if not open_at:
                raise Place(text, token.start).error(
                    f"This '{token.text}' closes nothing.",
                    "syntax",
                    hint="Leave it out, or put the other one in.",
                )
            open_at.pop()
        if len(open_at) > MAX_PARENTHESES:
            raise Place(text, token.start).error(
                f"The parentheses '((...' are nested more than {MAX_PARENTHESES} deep.",
                "too-deep",
                hint="Leave out those that change nothing.",
            )
    if open_at:
        raise Place(text, open_at[-1].start).error(
            f"This '{open_at[-1].text}' is never closed.",
            "syntax",
            hint="Put the other one in.",
        )


def split_at(tokens: Sequence[Token], symbols: Sequence[str]) -> list[tuple[Token | None, list]]:
    """Cuts tokens at operators that stand outside all parentheses.

    Args:
        tokens: Of a whole formula or a part.
        symbols: The operators to cut at.

    Returns:
        For each stretch, the operator before it (None before the first) and its tokens.
    """
    parts: list[tuple[Token | None, list[Token]]] = [(None, [])]
    depth = 0
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth == 0 and token.kind == "operator" and token.text in symbols:
            parts.append((token, []))
        else:
            parts[-1][1].append(token)
    return parts


QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`([^`]*)`|\^")
ALIAS = re.compile(r"_quoted_((?:[0-9a-f]{2})+)_")


def plain(code: str) -> str:
    """Replaces names in backticks by identifiers and `^` by `**`, for text that Python parses.

    A caret is a power in R, inside I(x^2) as well as in (a + b)^2, and so it is here; to Python it
    would be an operation on bits. For names, formulaic's own replacement appends random letters
    when one occurs twice, and then cannot find what it remembered of a transform; ours depends on
    the name alone.

    Example:
        >>> plain("log(`a b`) + I(`c`^2)")
        'log(_quoted_612062_) + I(c**2)'
    """

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "**" if match.group() == "^" else match.group()
        return name if _is_plain(name) else f"_quoted_{name.encode().hex()}_"

    return QUOTED.sub(replace, code)


def _is_plain(name: str) -> bool:
    from keyword import iskeyword

    return name.isascii() and name.isidentifier() and not iskeyword(name)


def original(identifier: str) -> str:
    """The column that an identifier of `plain` stands for."""
    match = ALIAS.fullmatch(identifier)
    try:
        return bytes.fromhex(match.group(1)).decode() if match else identifier
    except UnicodeDecodeError:  # not written by `plain`: somebody's own name
        return identifier


def with_backticks(text: str) -> str:
    """Puts the names in backticks back, as the formula had them."""
    return ALIAS.sub(_in_backticks, text)


def _in_backticks(match: re.Match[str]) -> str:
    name = original(match.group())
    return name if name == match.group() else f"`{name}`"
