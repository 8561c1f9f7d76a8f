"""Formulas without calls and quotes are cut faster, and into the very pieces of formulaic."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from hypothesis import given, settings, strategies as st

from bayesinf.errors import FormulaError
from bayesinf.formula import tokens
from bayesinf.formula.tokens import Token, tokens_of

WORDS = ("x", "a.b", "_", "g1", "1x", "0", "1", "2.5", ".", "..", "1.2.3", "é", "٣", "_1", "ª", "²")
SIGNS = ("+", "-", "*", "**", "***", ":", "/", "|", "||", "|||", "^", "~", ",", "=", "!", "#", "é́")
SPACES = ("(", ")", " (", ") ", " ", "  ", "\t", "\xa0", "$", "&", "@", "<", ";", "?")
PIECES = st.sampled_from((*WORDS, *SIGNS, *SPACES))


def outcome(text: str) -> tuple[Token, ...] | str:
    tokens_of.cache_clear()
    try:
        return tokens_of(text)
    except FormulaError as error:
        return str(error)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_even_formulas_are_cut_as_formulaic_cuts_them(text: str) -> None:
    found = outcome(text)
    with patch.object(tokens, "UNEVEN", re.compile("")):
        assert outcome(text) == found


@pytest.mark.parametrize("text", ["log(x)", "`a b`", "x['a']", "{x}", "x %in% z", "x\\"])
def test_what_has_an_inside_is_left_to_formulaic(text: str) -> None:
    assert tokens.UNEVEN.search(text)
