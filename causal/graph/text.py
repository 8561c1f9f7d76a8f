"""Edge text to arrows and back: `"z -> x; z -> y; x <-> y; u [latent]"`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from causal.graph.errors import GraphError, mark, nearest

TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|\#[^\n]*)
      | (?P<separator>[;,\n])
      | (?P<arrow><->|->|<-)
      | (?P<attribute>\[[^\]\n]*\])
      | (?P<name>"(?:[^"\\]|\\.)*"|[\w.]+)""",
    re.VERBOSE,
)
PLAIN_NAME = re.compile(r"[\w.]+")
LATENT_WORDS = ("latent", "unobserved", "unmeasured")
SELECTED_WORDS = ("selected", "selection")
GRAMMAR = (
    "Write arrows '->', '<-' and '<->', chains 'a -> b -> c' and declarations 'u [latent]', "
    "separated by ';', ',' or new lines; other names go in double quotes: \"blood pressure\"."
)


@dataclass(frozen=True)
class Token:
    """A piece of the text, its kind, and where it starts."""

    kind: str
    text: str
    place: int


@dataclass
class Arrows:
    """What the text says, with the place of each arrow and declaration.

    Attributes:
        directed: Pairs (cause, effect), in order of appearance.
        bidirected: Pairs that share an unmeasured common cause.
        latent: Names declared unmeasured.
        nodes: Names that stand in an arrow or alone, in order of appearance.
        selected: Names that decided which rows are in the data.
        places: Where each arrow `(a, b)` and each declaration `(name,)` was last written.
    """

    directed: list[tuple[str, str]] = field(default_factory=list)
    bidirected: list[tuple[str, str]] = field(default_factory=list)
    latent: set[str] = field(default_factory=set)
    nodes: list[str] = field(default_factory=list)
    selected: set[str] = field(default_factory=set)
    places: dict[tuple[str, ...], int] = field(default_factory=dict)


def read_arrows(text: str) -> Arrows:
    """Reads edge text; what the arrows mean together is not judged here.

    Raises:
        GraphError: The text breaks the grammar; the place is marked.
    """
    arrows = Arrows()
    for group in comma_groups(text):
        for statement in group:
            read_statement(statement, arrows, text)
        refuse_lists(group, text)
    return arrows


def quote(name: str) -> str:
    """Writes a name so that it is read back as it was."""
    if PLAIN_NAME.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def tokens(text: str) -> Iterator[Token]:
    """Splits the text into names, arrows, attributes and separators."""
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise unreadable(text, place)
        if match.lastgroup and match.lastgroup != "space":
            yield Token(match.lastgroup, match.group(), place)
        place = match.end()


def comma_groups(text: str) -> Iterator[list[list[Token]]]:
    """Yields the statements of the text, those joined by commas together."""
    group: list[list[Token]] = [[]]
    for token in tokens(text):
        if token.kind != "separator":
            group[-1].append(token)
        elif token.text == ",":
            group.append([])
        else:
            yield [statement for statement in group if statement]
            group = [[]]
    yield [statement for statement in group if statement]


def read_statement(statement: list[Token], arrows: Arrows, text: str) -> None:
    """Adds `name [attribute] (arrow name [attribute])*` to the arrows."""
    previous, arrow = None, None
    for token in statement:
        if token.kind == "name" and (previous is None or arrow is not None):
            name = unquote(token, text)
            if previous is not None and arrow is not None:
                add_arrow(previous, arrow, name, arrows)
            previous, arrow = name, None
        elif token.kind == "arrow" and previous is not None and arrow is None:
            arrow = token
        elif token.kind == "attribute" and previous is not None and arrow is None:
            declare(previous, token, arrows, text)
        else:
            raise misplaced(token, text)
    if arrow is not None:
        raise fault(f"The arrow '{arrow.text}' leads nowhere.", arrow.place, text)
    if previous is not None and len(statement) == 1:
        arrows.nodes.append(previous)


def add_arrow(start: str, arrow: Token, end: str, arrows: Arrows) -> None:
    """Records one arrow between two names."""
    arrows.nodes += [start, end]
    pair = (end, start) if arrow.text == "<-" else (start, end)
    (arrows.bidirected if arrow.text == "<->" else arrows.directed).append(pair)
    arrows.places[pair] = arrow.place


def declare(name: str, attribute: Token, arrows: Arrows, text: str) -> None:
    """Records that a name is unmeasured, or decided which rows are in the data."""
    word = attribute.text[1:-1].strip()
    known = (*LATENT_WORDS, *SELECTED_WORDS)
    if word not in known:
        raise fault(
            f"'[{word}]' is not something that can be said of a variable.{nearest(word, known)}",
            attribute.place,
            text,
            "Write '[latent]' (or '[unobserved]', '[unmeasured]') or '[selected]' after a name.",
        )
    (arrows.latent if word in LATENT_WORDS else arrows.selected).add(name)
    arrows.places[(name,)] = attribute.place


def unquote(token: Token, text: str) -> str:
    """Takes the name out of its quotes."""
    if not token.text.startswith('"'):
        return token.text
    name = re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
    if not name.strip():
        raise fault("The name between the quotes is blank.", token.place, text)
    return name


def refuse_lists(group: list[list[Token]], text: str) -> None:
    """Refuses `a, b -> y`, which may mean one arrow or two."""
    alone = [statement[0] for statement in group if len(statement) == 1]
    if alone and len(alone) < len(group):
        name = alone[0]
        raise fault(
            f"The name {name.text} stands alone between commas.",
            name.place,
            text,
            "Write each of the arrows from several variables: 'a -> y; b -> y'.",
        )


def misplaced(token: Token, text: str) -> GraphError:
    """Says which piece of a statement stands where it cannot."""
    sentence = {
        "name": f"There is no arrow before {token.text}.",
        "arrow": f"There is no variable before the arrow '{token.text}'.",
        "attribute": f"There is no variable before {token.text}.",
    }[token.kind]
    return fault(sentence, token.place, text)


def unreadable(text: str, place: int) -> GraphError:
    """Says which character cannot be read."""
    character = text[place]
    sentences = {
        '"': "The quote that opens here is never closed.",
        "[": "The bracket that opens here is never closed.",
    }
    sentence = sentences.get(character, f"The character '{character}' has no meaning here.")
    return fault(sentence, place, text)


def fault(sentence: str, place: int, text: str, hint: str = GRAMMAR) -> GraphError:
    """Makes the error for a place in the text."""
    return GraphError(sentence + mark(text, place), code="graph-syntax", hint=hint, place=place)
