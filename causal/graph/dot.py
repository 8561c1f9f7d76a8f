"""Graphs in braces, as dagitty.net and Graphviz write them: `dag { z -> {x y}; u [latent] }`.

Both are the same notation: statements `a -> b -> {c d} [attributes]` between braces, separated by
semicolons, new lines or nothing. What only concerns the picture (positions, colours, labels) is
passed over, and so are dagitty's `exposure`, `outcome` and `adjusted`: they are a question to the
graph, which is asked of `causal.identify`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from causal.graph.errors import GraphError, mark
from causal.graph.text import LATENT_WORDS, SELECTED_WORDS, Arrows, Token, add_arrow, unquote

TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<separator>[;,])
      | (?P<arrow><->|->|<-|--|@-@|@->|<-@|@--|--@)
      | (?P<brace>[{}])
      | (?P<bracket>[\[\]])
      | (?P<equals>=)
      | (?P<name>"(?:[^"\\]|\\.)*"|[\w.]+)""",
    re.VERBOSE | re.DOTALL,
)
OPENING = re.compile(
    r"(?:\s|\#[^\n]*\n|//[^\n]*\n|/\*.*?\*/)*(?:strict\s+)?(?P<kind>\w+)\b"
    r"""\s*(?:"[^"]*"|[\w.]+)?\s*\{""",
    re.DOTALL,
)
KINDS = ("dag", "digraph", "admg")
REFUSED = {
    "mag": "A MAG's arrows say which variable is an ancestor of which, not what affects what "
    "directly, so several causal graphs share it",
    "pdag": "A PDAG has edges without a direction, so several causal graphs share it",
    "cpdag": "A CPDAG stands for all DAGs with the same independences",
    "pag": "A PAG stands for all graphs with the same independences",
    "graph": "Its edges have no direction, so they do not say what affects what",
}
DEFAULTS = ("node", "edge", "graph")


def in_braces(text: str) -> bool:
    """Whether a text is a graph in braces, and not edge text."""
    return OPENING.match(text) is not None


def read_dot(text: str) -> Arrows:
    """Reads the first graph in braces of a text; what its arrows mean together is not judged here.

    Args:
        text: `dag { ... }` (dagitty) or `digraph name { ... }` (DOT). Understood are arrows `->`,
            `<-` and `<->` (in DOT `a -> b [dir=both]`), groups `{a b}`, subgraphs, attributes
            `[latent]`, `[unobserved]`, `[observed=no]`, `[selected]`, and comments.

    Raises:
        GraphError: The text breaks the grammar (the place is marked), or is a graph whose edges do
            not say what affects what (MAG, PDAG, PAG, undirected).

    Source:
        Textor et al. (2016), Robust causal inference using directed acyclic graphs: the R package
        dagitty, International Journal of Epidemiology 45; graphviz.org/doc/info/lang.html.
    """
    opening = OPENING.match(text)
    kind = opening["kind"].lower() if opening else ""
    if opening is None or kind in REFUSED or kind not in KINDS:
        place = opening.start("kind") if opening else 0
        reason = REFUSED.get(kind, f"'{kind}' is no kind of graph that is known here")
        raise GraphError(
            f"{reason}.{mark(text, place)}",
            code="graph-kind",
            hint="Write a DAG or ADMG: 'dag { x -> y; x <-> y }', with the arrows that you "
            "believe in.",
            place=place,
        )
    reader = Reader(text, tokens(text, opening.end()))
    reader.block()
    return reader.arrows


def tokens(text: str, place: int) -> list[Token]:
    """Splits a text into names, arrows and punctuation."""
    found = []
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise fault(f"The character '{text[place]}' has no meaning here.", place, text)
        if match.lastgroup and match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), place))
        place = match.end()
    return found


@dataclass
class Reader:
    """Reads statements one after the other.

    Attributes:
        text: The whole text.
        waiting: The pieces after the opening brace.
        at: How many of them were read.
        arrows: What they said.
    """

    text: str
    waiting: Sequence[Token]
    at: int = 0
    arrows: Arrows = field(default_factory=Arrows)

    def peek(self) -> Token:
        """The next piece; one of kind "end" when there is none."""
        if self.at < len(self.waiting):
            return self.waiting[self.at]
        return Token("end", "", len(self.text))

    def take(self) -> Token:
        """The next piece, which is then read."""
        token = self.peek()
        self.at += 1
        return token

    def block(self) -> list[str]:
        """Reads statements up to the closing brace, and gives the variables that they name."""
        named: list[str] = []
        while (token := self.peek()).text != "}":
            if token.kind == "end":
                raise fault("A brace that was opened is never closed.", token.place, self.text)
            if token.kind == "separator":
                self.take()
            else:
                named += self.statement()
        self.take()
        return named

    def statement(self) -> list[str]:
        """Reads `operand (arrow operand)* [attributes]`, or a setting."""
        token = self.peek()
        after = self.waiting[self.at + 1] if self.at + 1 < len(self.waiting) else None
        if token.kind == "name" and after is not None and after.kind == "equals":
            self.at += 3
            return []
        if token.text.lower() in DEFAULTS and after is not None and after.text == "[":
            self.take()
            self.attributes()
            return []
        start = self.at
        groups = [self.operand()]
        between: list[Token] = []
        while self.peek().kind == "arrow":
            between.append(self.directed(self.take()))
            groups.append(self.operand())
        said = self.attributes() if self.peek().text == "[" else {}
        if between:
            self.connect(groups, between, said)
        else:
            self.declare(groups[0], said, self.waiting[start].place)
        return [name for group in groups for name in group]

    def operand(self) -> list[str]:
        """Reads a name, or a group of statements in braces, and gives the variables."""
        token = self.take()
        if token.text == "subgraph":
            if self.peek().kind == "name":
                self.take()
            token = self.take()
        if token.text == "{":
            return list(dict.fromkeys(self.block()))
        if token.kind != "name":
            found = f"'{token.text}'" if token.text else "the end of the text"
            raise fault(f"A variable should stand here, not {found}.", token.place, self.text)
        name = unquote(token, self.text)
        self.arrows.nodes.append(name)
        return [name]

    def attributes(self) -> dict[str, str]:
        """Reads `[key=value, key, ...]`, also several of them in a row."""
        said: dict[str, str] = {}
        while self.peek().text == "[":
            self.take()
            while (token := self.take()).text != "]":
                if token.kind == "end":
                    raise fault("A bracket is never closed.", token.place, self.text)
                if token.kind == "name":
                    value = ""
                    if self.peek().kind == "equals":
                        self.take()
                        value = self.take().text.strip('"')
                    said[token.text.strip('"').lower()] = value.lower()
        return said

    def directed(self, arrow: Token) -> Token:
        """Refuses an edge that does not say what affects what."""
        if arrow.text not in ("->", "<-", "<->"):
            raise fault(
                f"The edge '{arrow.text}' does not say what affects what.", arrow.place, self.text
            )
        return arrow

    def connect(
        self, groups: Sequence[list[str]], between: Sequence[Token], said: dict[str, str]
    ) -> None:
        """Records the arrows between neighbouring groups, from each of one to each of the next."""
        turned = {"both": "<->", "back": "<-"}.get(said.get("dir", ""))
        if said.get("dir") == "none":
            raise fault("An edge without a head (dir=none).", between[0].place, self.text)
        for arrow, left, right in zip(between, groups, groups[1:], strict=False):
            kept = Token("arrow", turned or arrow.text, arrow.place)
            for one in left:
                for other in right:
                    add_arrow(one, kept, other, self.arrows)

    def declare(self, names: Sequence[str], said: dict[str, str], place: int) -> None:
        """Records which variables were not measured, and which decided what is in the data."""
        no = ("no", "false", "0")
        unmeasured = said.get("observed") in no or any(
            said.get(word, "no") not in no for word in LATENT_WORDS
        )
        for name in names:
            self.arrows.places[(name,)] = place
            if unmeasured:
                self.arrows.latent.add(name)
            if any(said.get(word, "no") not in no for word in SELECTED_WORDS):
                self.arrows.selected.add(name)


def fault(sentence: str, place: int, text: str) -> GraphError:
    """Makes the error for a place in the text."""
    return GraphError(
        sentence + mark(text, place),
        code="graph-syntax",
        hint="Write between the braces arrows 'a -> b', '{a b} -> c', 'a <-> b' and declarations "
        "'u [latent]'; names with other characters go in double quotes.",
        place=place,
    )
