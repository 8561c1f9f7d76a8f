from __future__ import annotations

import numpy as np
import pytest

from bayesinf.effects.statements import holds, read_statement
from bayesinf.errors import ModelError

RNG = np.random.default_rng(5)
VALUES = {
    name: RNG.normal(size=(2, 50))
    for name in (
        "a",
        "b",
        "sd:g:x",
        "C(g)[T.b]:x",
        "g[St. Louis]:x",
        "my col",
        "abs(a)",
        "I(a ** 2)",
    )
}
A, B = VALUES["a"], VALUES["b"]


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("a > 0", A > 0),
        ("a>-.5", A > -0.5),
        ("a - b > 2", A - B > 2),
        ("a-b<=2*(b + 1e-1)/3", A - B <= 2 * (B + 0.1) / 3),
        ("abs(a) < 0.1", np.abs(A) < 0.1),
        ("abs (a - -b) >= 1", np.abs(A + B) >= 1),
        ("-1 < a < b", (A > -1) & (B > A)),
        ("sd:g:x > a", VALUES["sd:g:x"] > A),
        ("C(g)[T.b]:x + g[St. Louis]:x < 0", VALUES["C(g)[T.b]:x"] + VALUES["g[St. Louis]:x"] < 0),
        ("`my col`>I(a ** 2)", VALUES["my col"] > VALUES["I(a ** 2)"]),
        ("`abs(a)` > 0", VALUES["abs(a)"] > 0),
    ],
)
def test_statements_hold_where_numpy_says_so(text: str, truth: np.ndarray) -> None:
    statement = read_statement(text)
    np.testing.assert_array_equal(holds(statement, VALUES), truth)
    assert 0 < truth.mean() < 1
    assert set(statement.names) <= set(VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "a",
        "a + b",
        "1 > 0",
        "a == 0",
        "a != b",
        "a = 0",
        "a > 0 and b > 0",
        "(a > 0) > b",
        "a ** 2 > 1",
        "a // 2 > 1",
        "abs(a, b) > 0",
        "a > 1e400",
        "a > " + "9" * 400,
        "a[0 > 1",
        "`a > 0",
        "a > 'b'",
        "a; b > 0",
        "a\n> 0",
        "lambda: a > 0",
        "a > 1 if b else 0",
        "{a} > 0",
        "a @ b > 0",
        "~a > 0",
        "a > 0 # b",
        "-" * 2000 + "a > 0",
        "-" * 900 + "a",
        "(" * 450 + "a" + ")" * 450 + " > 0",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_statement(text)
    assert caught.value.code == "statement"


def test_code_is_only_ever_a_name() -> None:
    for text in ("__import__('os').getpid() > 0", "a.__class__ > 0", "open('x') > 0"):
        try:
            names = read_statement(text).names
        except ModelError:
            continue
        assert len(names) == 1
        assert names[0] in text


def test_a_division_by_zero_is_refused() -> None:
    for text in ("a / 0 > 1", "a / (b - b) > 1", "a > 1e200 * 1e200"):
        with pytest.raises(ModelError, match="infinite or no number"):
            holds(read_statement(text), VALUES)


def test_deep_nesting_is_read() -> None:
    statement = read_statement("-" * 900 + "a > 0")
    np.testing.assert_array_equal(holds(statement, VALUES), A > 0)
