from __future__ import annotations

import pytest

from bayesinf.formula.tokens import original, plain, split_at, tokens_of, with_backticks


def test_every_token_knows_its_place() -> None:
    text = "y ~ -`a b`:{x + 1} ** 2 || log(z) %in% w - (0)"
    for token in tokens_of(text):
        assert text[token.start : token.stop] == token.text
    kinds = [token.kind for token in tokens_of(text)]
    assert kinds == [
        "name", "operator", "operator", "name", "operator", "code", "operator", "number",
        "operator", "code", "operator", "name", "operator", "open", "number", "close",
    ]  # fmt: skip


def test_split_at_ignores_what_is_inside_parentheses() -> None:
    parts = split_at(tokens_of("a + (b + c) - log(d + e)"), "+-")
    assert [(sign.text if sign else None, len(part)) for sign, part in parts] == [
        (None, 1), ("+", 5), ("-", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a b", "class", "été", "1a", "a-b", "²", "x.y", "名 前"])
def test_quoted_names_become_identifiers_and_come_back(name: str) -> None:
    made = plain(f"log(`{name}`)")
    assert made.isascii()
    compile(made, "", "eval")
    assert original(made[4:-1]) == name
    assert with_backticks(made) == f"log(`{name}`)"


def test_plain_leaves_text_and_plain_names_alone() -> None:
    assert plain("C(`g`, levels=['`a b`'])") == "C(g, levels=['`a b`'])"
    assert original("x") == "x"
