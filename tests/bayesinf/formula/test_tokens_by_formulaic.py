"""Formulas are cut into the pieces that formulaic cuts, but for text inside of calls."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from formulaic.errors import FormulaSyntaxError
from formulaic.parser.algos.tokenize import tokenize
from hypothesis import example, given, settings, strategies as st

from bayesinf.errors import FormulaError
from bayesinf.formula.tokens import tokens_of

WORDS = ("x", "a.b", "_", "g1", "1x", "0", "1", "2.5", ".", "..", "1.2.3", "é", "٣", "_1", "ª", "²")
SIGNS = ("+", "-", "*", "**", "***", ":", "/", "|", "||", "|||", "^", "~", ",", "=", "!", "#", "é́")
SPACES = ("(", ")", " (", ") ", " ", "  ", "\t", "\xa0", "$", "&", "@", "<", ";", "?")
WHOLE = (
    "log(x)",
    "C(g, contr.sum)",
    "x[0]",
    "f(x)(y)",
    "{x + 1}",
    "{a[(b)]}",
    "`a b`",
    "%in%",
    " 'a' ",
)
PIECES = st.sampled_from((*WORDS, *SIGNS, *SPACES, *WHOLE))
Piece = tuple[str, int]


def by_formulaic(text: str) -> Iterator[Piece]:
    """The text of each piece and where it begins; runs of operators taken apart."""
    for raw in tokenize(text):
        kind = raw.kind.value if raw.kind else ""
        assert raw.source_start is not None and raw.source_end is not None
        if kind == "operator" and text[raw.source_start] != "%":
            run = text[raw.source_start : raw.source_end + 1]
            for match in re.finditer(r"\*\*|\|\||\S", run):
                yield match.group(), raw.source_start + match.start()
        elif text[raw.source_start] in "`{%":
            length = len(raw.token) + 2
            yield text[raw.source_start : raw.source_start + length], raw.source_start
        else:
            yield raw.token, raw.source_start


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
@example("x %in% z + 2(x)")
@example("f(x) (y) + {x}(z)")
def test_pieces_are_those_of_formulaic(text: str) -> None:
    tokens_of.cache_clear()
    try:
        found = [(token.text, token.start) for token in tokens_of(text)]
    except FormulaError as error:
        assert error.code in ("syntax", "too-deep")
        return
    try:
        assert found == list(by_formulaic(text))
    except FormulaSyntaxError as error:  # text that follows a column, which our grammar refuses
        assert "Unexpected character" in str(error)


@pytest.mark.parametrize(
    "call",
    [
        "C(g, levels=['a)', 'b'])",
        "C(g, levels=[')', '`', \"it's\"])",
        r"C(g, levels=['it\'s)'])",
        "log(`a) b`)",
        "C(`(`, levels=['`)'])",
    ],
)
def test_text_and_names_inside_of_a_call_close_nothing(call: str) -> None:
    assert [token.text for token in tokens_of(f"{call} + x")] == [call, "+", "x"]


@pytest.mark.parametrize("text", ["log(x", "f('x)", "f(`x)", "{x", "'x", "`x", "x %in z", "f(x]"])
def test_what_never_ends_is_shown(text: str) -> None:
    with pytest.raises(FormulaError, match="never closed, from") as caught:
        tokens_of(f"z + {text}")
    assert caught.value.code == "syntax"
