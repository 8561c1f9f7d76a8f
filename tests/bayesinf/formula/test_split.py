from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from bayesinf.errors import FormulaError
from bayesinf.formula import Response, TermCall, group_columns, parse


def population(text: str) -> str:
    return parse(text).terms[0].arguments[0]


def groups(text: str) -> list[tuple[str, str, bool]]:
    found = [call for call in parse(text).terms if call.term == "varying"]
    return [(*call.arguments, call.correlated) for call in found]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("y ~ 1", "1"),
        ("y~x", "1 + x"),
        ("y ~ 0 + x", "0 + x"),
        ("y ~ x - 1", "x - 1"),
        ("y ~ -1 + x", "-1 + x"),
        ("y ~ - x", "1 - x"),
        ("y ~ (1 | g)", "1"),
        ("y ~ 0 + (1 | g)", "0"),
        ("y ~ x*z + (1|g) + bs(x, df=4) + (x|h)", "1 + x*z + bs(x, df=4)"),
        ("y ~ (1|g) + x*z", "1 + x*z"),
        ("y ~ ((x + z)) : w", "1 + ((x + z)) : w"),
        ("y ~ `my col` + center(`a b`)", "1 + `my col` + center(`a b`)"),
        ("y ~ x +\n   z", "1 + x + z"),
        ("y ~ {x + z}", "1 + {x + z}"),
        ("y ~ a + b - a:b", "1 + a + b - a:b"),
    ],
)
def test_population_part(text: str, right: str) -> None:
    assert population(text) == right


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ (1|g)", [("1", "g", True)]),
        ("y ~ (x | g)", [("1 + x", "g", True)]),
        ("y ~ (1 + x || g)", [("1 + x", "g", False)]),
        ("y ~ (0 + x || g)", [("0 + x", "g", False)]),
        ("y ~ (1 | a/b)", [("1", "a", True), ("1", "a:b", True)]),
        ("y ~ (1 | a/b/c)", [("1", "a", True), ("1", "a:b", True), ("1", "a:b:c", True)]),
        ("y ~ (1|a:b)", [("1", "a:b", True)]),
        ("y ~ (bs(x, df=4) | g)", [("1 + bs(x, df=4)", "g", True)]),
        ("y ~ (1|a) + (1|b) + x", [("1", "a", True), ("1", "b", True)]),
        ("y ~ (1 | g) + (0 + x | g)", [("1", "g", True), ("0 + x", "g", True)]),
        ("y ~ (1 | `my group`:b)", [("1", "`my group`:b", True)]),
    ],
)
def test_group_terms(text: str, expected: list[tuple[str, str, bool]]) -> None:
    assert groups(text) == expected


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("y ~ x", Response("y")),
        ("log(y) ~ x", Response("log(y)")),
        ("`my y` ~ x", Response("`my y`")),
        ("{y / 2} ~ x", Response("I(y / 2)")),
        ("k | trials(n) ~ x", Response("k", trials="n")),
        ("k | trials(10) ~ x", Response("k", trials="10")),
        ("y | weights(w) ~ x", Response("y", weights="w")),
        ("y | se(s) ~ 1", Response("y", standard_error="s")),
        ("k|weights(w) + trials(n) ~ x", Response("k", trials="n", weights="w")),
    ],
)
def test_responses(text: str, response: Response) -> None:
    assert parse(text).response == response


def test_offsets_and_special_terms() -> None:
    found = parse("y ~ x + offset(log(e)) + s(z, k=5)", special=("s",)).terms
    assert found[1] == TermCall("offset", ("log(e)",), text="offset(log(e))")
    assert found[2] == TermCall("s", ("z", "k=5"), text="s(z, k=5)")
    assert parse("y ~ x + offset(log(e)) + s(z, k=5)", special=("s",)).variables == (
        "y", "x", "e", "z",
    )  # fmt: skip


def test_arguments_of_special_terms() -> None:
    formula = parse("y ~ s(x >= 2, by=log(z))", special=("s",))
    assert formula.variables == ("y", "x", "z")
    with pytest.raises(FormulaError):
        parse("y ~ s(x, k=open('f'))", special=("s",))


def test_variables_come_in_order_of_appearance() -> None:
    text = "log(`my y`) | weights(w) ~ x*C(g, contr.sum) + np.log(z) + (bs(t, df=4) | a/`b c`)"
    formula = parse(text)
    assert formula.variables == ("my y", "w", "x", "g", "z", "a", "t", "b c") or (
        formula.variables == ("my y", "w", "x", "g", "z", "t", "a", "b c")
    )
    assert formula.response_variables == ("my y", "w")
    assert group_columns("a:`b c`") == ("a", "b c")


@pytest.mark.parametrize(
    ("text", "code", "caret"),
    [
        ("y + x", "syntax", 0),
        ("y ~", "syntax", 3),
        ("~ x", "syntax", 0),
        ("y ~ x ~ z", "syntax", 6),
        ("y ~ (x", "syntax", 4),
        ("y ~ x)", "syntax", 5),
        ("y ~ log(x", "syntax", 4),
        ("y ~ x +", "syntax", 7),
        ("y ~ + ", "syntax", 5),
        ("y ~ x * * z", "syntax", 8),
        ("y ~ x z", "syntax", 6),
        ("y ~ x | g", "group-term", 6),
        ("y ~ x:(1|g)", "group-term", 8),
        ("y ~ (1|g)*x", "group-term", 6),
        ("y ~ (1|)", "group-term", 6),
        ("y ~ (|g)", "group-term", 5),
        ("y ~ (1|g|h)", "group-term", 8),
        ("y ~ (1|log(g))", "group-term", 7),
        ("y ~ (1|a*b)", "group-term", 8),
        ("y ~ (1|a:)", "group-term", 9),
        ("y ~ (0|g)", "group-term", 6),
        ("y ~ x - (1|g)", "syntax", 6),
        ("y ~ .", "syntax", 4),
        ("y ~ x:offset(z)", "special-term", 6),
        ("y ~ offset()", "syntax", 11),
        ("y ~ foo(x)", "forbidden-code", 4),
        ("y ~ lgo(x)", "forbidden-code", 4),
        ("a + b ~ x", "syntax", 0),
        ("y | foo(x) ~ x", "syntax", 4),
        ("y | ~ x", "syntax", 4),
        ("y | trials() ~ x", "syntax", 11),
        ("y | se(s) + se(t) ~ x", "syntax", 12),
        ("y || se(s) ~ x", "syntax", 2),
        ("y ~ x %in% z", "syntax", 6),
        ("y ~ 'x'", "syntax", 4),
        ("y ~ x^9", "bad-power", 5),
        ("y ~ (a + b)**10", "bad-power", 11),
        ("log(y ~ x)", "syntax", None),
        ("y ~ 2", "syntax", 4),
        ("y ~ x + 2:x", "syntax", 8),
        ("y ~ x:(a + 0)", "syntax", 11),
        ("y ~ (x - 1)", "syntax", 9),
        ("y ~ (x*-z)", "syntax", 7),
        ("y ~ (a + b)^2^2", "bad-power", 11),
        ("y ~ (a + b)^(2)", "bad-power", 11),
        ("scale(y) ~ x", "remembers", 0),
        ("y ~ offset(poly(x, 2))", "remembers", 11),
    ],
)
def test_errors_point_at_the_place(text: str, code: str, caret: int | None) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.code == code
    lines = str(caught.value).splitlines()
    if caret is not None:
        assert lines[1].strip() == text.strip()
        assert lines[2].index("^") - 4 == caret


def test_errors_of_whole_formulas() -> None:
    with pytest.raises(FormulaError, match="text") as caught:
        parse(3)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "not-a-formula"
    with pytest.raises(FormulaError, match="empty"):
        parse("  ")
    with pytest.raises(FormulaError, match="10,001") as caught:
        parse("y ~ " + "x" * 9_997)
    assert caught.value.code == "too-long"
    with pytest.raises(FormulaError) as caught:
        parse("y ~ (1|g) + (x|g)")
    assert caught.value.code == "repeated-term"
    with pytest.raises(FormulaError) as caught:
        parse("y ~ " + "(" * 60 + "x" + ")" * 60)
    assert caught.value.code == "too-deep"


def test_unknown_function_is_suggested() -> None:
    with pytest.raises(FormulaError, match="Did you mean 'center'"):
        parse("y ~ centre(x)")
    with pytest.raises(FormulaError, match="Did you mean 'trials'"):
        parse("k | trails(n) ~ x")


def test_a_caret_in_a_long_formula_stays_in_sight() -> None:
    text = "y ~ " + " + ".join(f"x{k}" for k in range(100)) + " + foo(z) + w"
    with pytest.raises(FormulaError) as caught:
        parse(text)
    shown, pointer = str(caught.value).splitlines()[1:3]
    assert len(shown) <= 80
    assert shown[pointer.index("^") :].startswith("foo(z)")


NAMES = st.sampled_from(["x", "z", "`a b`", "log(x)", "bs(z, df=4)", "C(g)", "I(x ** 2)"])
TERMS = st.one_of(
    NAMES,
    st.builds("{}:{}".format, NAMES, NAMES),
    st.builds("({} + {}) * w".format, NAMES, NAMES),
    st.builds("({} | g)".format, NAMES),
    st.builds("(0 + {} || g:h)".format, NAMES),
    st.builds("(1 | {}/h)".format, st.sampled_from(["a", "`b b`"])),
    st.builds("offset({})".format, st.sampled_from(["x", "log(z)"])),
)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["y", "log(y)", "k | trials(n)", "y | se(s) + weights(w)"]),
    st.lists(TERMS, min_size=1, max_size=5, unique=True),
    st.sampled_from([" + ", "+", "  +\n"]),
)
def test_a_formula_written_out_reads_back(left: str, right: list[str], plus: str) -> None:
    text = f"{left} ~ {plus.join(right)}"
    try:
        formula = parse(text)
    except FormulaError as error:
        assert error.code == "repeated-term"
        return
    assert parse(str(formula)) == formula
    assert parse(formula.text) == formula
    assert str(parse(str(formula))) == str(formula)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="xyzg ~+-*:/|()[]`'\".0123,={}^%\\\n", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(f"y ~ {text}")
    except FormulaError as error:
        assert error.code
