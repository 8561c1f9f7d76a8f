import pytest

from causal.identification.expression import (
    Probability,
    Product,
    Quotient,
    Renamed,
    Sum,
    add_up,
    divide,
    multiply,
)

P = Probability


def test_products_are_flat_and_joined_by_the_chain_rule():
    assert multiply([P(("y",), ("x",)), P(("x",))]) == P(("x", "y"))
    assert multiply([P(("x",), ("z",)), P(("y",), ("z", "x"))]) == P(("x", "y"), ("z",))
    backdoor = multiply([P(("z",)), P(("y",), ("x", "z"))])
    assert isinstance(backdoor, Product) and len(backdoor.factors) == 2
    assert len(multiply([backdoor, P(("w",), ("q",))]).factors) == 3  # type: ignore[attr-defined]
    assert multiply([]) == Product() and str(Product()) == "1"


def test_sums_do_what_needs_no_numbers():
    assert add_up(["y"], P(("x", "y"), ("z",))) == P(("x",), ("z",))
    assert add_up(["y"], P(("y",), ("z",))) == Product()
    kept = add_up(["m"], multiply([P(("m",), ("x",)), P(("y",), ("m",)), P(("w",), ("v",))]))
    assert str(kept) == "P(w | v) Σ_{m} P(m | x) P(y | m)"
    assert add_up(["w"], add_up(["m"], multiply([P(("m", "w"), ("x",)), P(("y",), ("m",))]))) == (
        add_up(["m"], multiply([P(("m",), ("x",)), P(("y",), ("m",))]))
    )
    with pytest.raises(ValueError, match="does not depend"):
        add_up(["q"], P(("x",)))


def test_quotients_cancel():
    assert divide(P(("x", "y"), ("z",)), P(("x",), ("z",))) == P(("y",), ("x", "z"))
    assert divide(P(("y",)), P(("y",))) == Product()
    top = multiply([P(("a",), ("b",)), P(("c",), ("d",))])
    assert divide(top, P(("c",), ("d",))) == P(("a",), ("b",))
    left = divide(P(("a",), ("b",)), P(("c",), ("d",)))
    assert isinstance(left, Quotient) and str(left) == "[P(a | b)] / [P(c | d)]"
    assert multiply([left, P(("c",), ("d",))]) == P(("a",), ("b",))


def test_bound_names_get_primes_only_where_they_clash():
    inner = Sum(("x",), multiply([P(("x",)), P(("y",), ("x", "m"))]))
    whole = Sum(("m",), Product((P(("m",), ("x",)), inner)))
    assert str(whole) == "Σ_{m} P(m | x) Σ_{x'} P(x') P(y | x', m)"
    assert whole.free == {"x", "y"}
    assert str(inner) == "Σ_{x} P(x) P(y | x, m)"
    twice = Sum(("m",), Product((P(("m",)), Sum(("m",), P(("m", "y"))))))
    assert str(twice) == "Σ_{m} P(m) Σ_{m'} P(m', y)"


def test_a_renamed_value_is_written_by_its_other_name():
    renamed = Renamed(P(("m",), ("x", "z")), "x", "x*")
    assert str(renamed) == "P(m | x*, z)" and renamed.free == {"m", "x*", "z"}
    assert renamed.latex == r"P(m \mid x*, z)"
    assert renamed.probabilities == (P(("m",), ("x", "z")),)


def test_notebooks_show_latex():
    assert P(("y",), ("x",))._repr_latex_() == r"$P(y \mid x)$"
    assert P(("a_b",)).latex == r"P(\text{a\_b})"
    fraction = Quotient(P(("y",)), P(("x1",)))
    assert fraction.latex == r"\frac{P(y)}{P(x_{1})}"
