"""Right-hand sides stand for the terms that formulaic expands them to, in the same order."""

from __future__ import annotations

import pytest
from formulaic.errors import FormulaSyntaxError
from formulaic.parser import DefaultFormulaParser
from hypothesis import given, settings, strategies as st

from bayesinf.errors import FormulaError
from bayesinf.formula import parse
from bayesinf.formula.algebra import expansion_of
from bayesinf.formula.guard import check
from bayesinf.formula.tokens import plain

PARSER = DefaultFormulaParser(feature_flags=DefaultFormulaParser.FeatureFlags.NONE)
LEAVES = st.sampled_from(("a", "b", "c", "d", "`e f`", "log(a)", "log( a )", "{a + 1}", "I(b^2)"))


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    sign = st.sampled_from((" + ", " - ", " * ", ":", "/", "+", "*"))
    pair = st.tuples(inner, sign, inner).map("".join)
    bracket = inner.map(lambda text: f"({text})")
    power = st.tuples(inner, inner, st.sampled_from(("**2", "^3", "**1"))).map(
        lambda parts: f"({parts[0]} + {parts[1]}){parts[2]}"
    )
    return st.one_of(pair, bracket, power)


RIGHT = st.tuples(
    st.sampled_from(("1 + ", "0 + ", "-1 + ", "", "- ")), st.recursive(LEAVES, joined, max_leaves=8)
).map("".join)


def by_formulaic(rhs: str) -> list[tuple[str, ...]]:
    return [tuple(factor.expr for factor in term.factors) for term in PARSER.get_terms(plain(rhs))]


@settings(max_examples=600, deadline=None)
@given(RIGHT)
def test_terms_are_those_of_formulaic(rhs: str) -> None:
    try:
        check(rhs)
        made = expansion_of(rhs).terms
    except FormulaError as error:
        assert error.code in ("bad-power", "too-many-terms")
        return
    try:
        expected = by_formulaic(rhs)
    except (FormulaSyntaxError, TypeError):  # (a - a)/b fails to reduce
        assert "-" in rhs
        return
    assert [tuple(f.text for f in term) for term in made] == expected


@pytest.mark.parametrize(
    ("rhs", "terms"),
    [
        ("(1 + a) * b", "1 a b a:b"),
        ("(1 + a):b", "1 b a:b"),
        ("0 + (a + b)^2", "a a:b b"),
        ("a*b - a", "1 b a:b"),
        ("a/b/c", "1 a a:b a:b:c"),
        ("(a + b)/c", "1 a b a:b:c"),
        ("a - - b", "1 a b"),
        ("a - 1", "a"),
        ("-1 + a - 0", "a 1"),
    ],
)
def test_terms(rhs: str, terms: str) -> None:
    made = expansion_of(rhs).terms
    assert [":".join(f.text for f in term) for term in made] == terms.split()


@pytest.mark.parametrize(
    ("rhs", "squared"),
    [
        ("a:a", ["a"]),
        ("a*b*a", ["a"]),
        ("(a + b):(a + c)", ["a"]),
        ("a/(a:b)", ["a"]),
        ("log(a):log( a )", ["log(a)"]),
        ("(a + b)^2 + a*b + a*c", []),
        ("a + a", []),
    ],
)
def test_what_was_multiplied_by_itself(rhs: str, squared: list[str]) -> None:
    assert [factor.text for factor in expansion_of(rhs).squared] == squared


@pytest.mark.parametrize(
    "rhs",
    [
        "(" + "+".join(f"v{k}" for k in range(600)) + ")" + ":w" * 2_000,
        "(a+b+c+d)**5" + "/a" * 3_000,
        "((((a+b)**5)**5)**5)**5",
        "(" + "+".join(f"v{k}" for k in range(80)) + ")**2",
    ],
)
def test_what_would_take_long_is_refused(rhs: str) -> None:
    with pytest.raises(FormulaError) as caught:
        check(rhs)
    assert caught.value.code == "too-many-terms"


@pytest.mark.parametrize(
    ("rhs", "remedy"),
    [
        ("age/10", "I(age / 10)"),
        ("(age-50)", "I(age - 50)"),
        ("10*age", "I(10 * age)"),
        ("x + log(age)*2", "I(log(age) * 2)"),
        ("1/age", "I(1 / age)"),
        ("age + (1/x)", "I(1 / x)"),
        ("1/(a + b)", "I(1 / (a + b))"),
        ("-5*x", "I(-5 * x)"),
        ("2*(x + z)", "I(2 * (x + z))"),
        ("bs(x, df=5)*2", "I(2 * x)"),
        (
            "a_very_long_name_of_a_column_with_more_than_forty_letters/10",
            "I(a_very_long_name_of_a_column_with_more_than_forty_letters / 10)",
        ),
        ("2020", "`2020` with backticks"),
        ("as.factor(g)", "C(g)"),
        ("ln(age)", "log(age)"),
        ("cut(age, 3)", "frame['age_band'] = pandas.cut(frame['age'], 3)"),
        ("lag(dose)", "frame['dose_before']"),
        ("ifelse(age > 60, 1, 0)", "I(x > 0)"),
        ("I(g == 'a')", "frame['is_a'] = frame['g'] == 'a'"),
        ("h == 1", "I(x == 1)"),
        ("h > 1", "I(x > 0)"),
        ("x + (1 | factor(g))", "(1 | g)"),
    ],
)
def test_arithmetic_is_shown_as_it_is_to_be_written(rhs: str, remedy: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(f"y ~ {rhs}", ())
    assert remedy in str(caught.value)
    if remedy.startswith("I("):
        assert parse(f"y ~ {remedy}", ()).terms[0].text == f"1 + {remedy}"


def test_signs_that_look_like_a_tilde_are_named() -> None:
    for sign in "\u223c\u02dc\uff5e":
        with pytest.raises(FormulaError, match="only looks like one"):
            parse(f"y {sign} x", ())
    with pytest.raises(FormulaError, match=r"k \| trials"):
        parse("cbind(k, m) ~ x", ())
