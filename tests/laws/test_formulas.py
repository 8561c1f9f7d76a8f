"""Laws of formulas: what is written in two ways, and what cannot be read at all."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import assume, strategies as st

import bayesinf as bi
from bayesinf import terms
from bayesinf.formula.split import parse
from tests.laws.densities import free_names, same_model
from tests.laws.law import law
from tests.laws.strategies import Question, applies, frames, questions, seeds

SPECIAL = tuple(term.name for term in terms.ALL)


@law(60, asked=questions())
def test_printed(asked: Question):
    """A formula that is printed and read again asks the same."""
    read = parse(asked.formula, SPECIAL)
    again = parse(str(read), SPECIAL)
    assert again == read
    assert str(again) == str(read)


BLANKS = st.sampled_from(["", " ", "  ", "\n", "\t"])


@law(30, asked=questions(), data=st.data())
def test_blanks(asked: Question, data: st.DataObject):
    """Blanks and line breaks around signs and brackets say nothing."""
    text = "".join(
        data.draw(BLANKS) if sign == " " else sign + data.draw(BLANKS) if sign in "+~(" else sign
        for sign in asked.formula
    )
    assume("'" not in text)
    first, second = parse(asked.formula, SPECIAL), parse(text, SPECIAL)
    assert second.variables == first.variables
    assert [call.term for call in second.terms] == [call.term for call in first.terms]
    model = asked.model()
    spaced = applies(text, asked.frame, asked.family)
    assert spaced.design.names == model.design.names
    np.testing.assert_array_equal(spaced.design.rows.population, model.design.rows.population)


NAMES = ("x", "z", "p", "o")


def names_of(formula: str, frame: dict) -> set[frozenset[str]]:
    """The terms that a formula comes to, each as the set of its columns."""
    model = applies(f"y ~ {formula}", frame)
    found = [frozenset(name.split(":")) for name in model.design.names]
    assert len(found) == len(set(found)), "a term stands there twice"
    return set(found)


ONE = {frozenset(["Intercept"])}


@law(30, frame=frames(20, 30), names=st.permutations(NAMES), count=st.integers(2, 3))
def test_products(frame: dict, names: list[str], count: int):
    """`a * b * c` is every product of some of them, each once."""
    chosen = names[:count]
    subsets = {
        frozenset(part)
        for size in range(1, count + 1)
        for part in itertools.combinations(chosen, size)
    }
    assert names_of(" * ".join(chosen), frame) == subsets | ONE


@law(30, frame=frames(20, 30), names=st.permutations(NAMES), power=st.integers(1, 3))
def test_powers(frame: dict, names: list[str], power: int):
    """`(a + b + c)**k`, or `^k`, is every product of at most k of them, each once."""
    chosen = names[:3]
    subsets = {
        frozenset(part)
        for size in range(1, power + 1)
        for part in itertools.combinations(chosen, size)
    }
    for sign in ("**", "^"):
        assert names_of(f"({' + '.join(chosen)}){sign}{power}", frame) == subsets | ONE


@law(30, frame=frames(), names=st.permutations(["x", "z", "a", "b"]), seed=seeds)
def test_star(frame: dict, names: list[str], seed: int):
    """`a * b` is `a + b + a:b`, of numbers and of factors."""
    u, v, *_ = names
    same_model(applies(f"y ~ {u} * {v}", frame), applies(f"y ~ {u} + {v} + {u}:{v}", frame), seed)


@law(30, asked=questions(), seed=seeds)
def test_order_of_terms(asked: Question, seed: int):
    """The order of the terms leaves the posterior of each coefficient as it is."""
    # Without an intercept the first factor takes its place, so that order does say something.
    kept = tuple(term for term in asked.terms if term != "0")
    first = replace(asked, terms=kept)
    order = np.random.default_rng(seed).permutation(len(kept))
    second = replace(asked, terms=tuple(kept[place] for place in order))
    one, other = first.model(), second.model()

    def sorted_name(name: str) -> str:
        """Products are named by their factors in order of appearance; any order means the same."""
        return ":".join(sorted(name.split(":"))) if ":" in name and "[" not in name else name

    names = {sorted_name(name): name for name in other.design.names}
    renamed = {name: names.get(sorted_name(name), name) for name in one.design.names}
    assume(set(renamed.values()) == set(names.values()))  # not where the coding differs
    same_model(one, other, seed, lambda name: renamed.get(name, name))


@law(15, asked=questions(), seed=seeds, sign=st.sampled_from(["0 + {}", "{} - 1", "-1 + {}"]))
def test_no_intercept(asked: Question, seed: int, sign: str):
    """`0 + x`, `x - 1` and `-1 + x` all leave the intercept out."""
    terms = " + ".join(term for term in asked.terms if term != "0")
    plain = applies(f"{asked.left} ~ {terms} + 0", asked.frame, asked.family)
    assert "Intercept" not in plain.design.names
    written = applies(f"{asked.left} ~ {sign.format(terms)}", asked.frame, asked.family)
    same_model(plain, written, seed)


@law(15, asked=questions(), seed=seeds)
def test_repeated_terms(asked: Question, seed: int):
    """A term that is written twice, or an intercept that is said twice, counts once."""
    twice = tuple(term for term in asked.terms if "|" not in term and "offset" not in term)
    same_model(asked.model(), replace(asked, terms=(*asked.terms, *twice)).model(), seed)


@law(20, asked=questions(), seed=seeds)
def test_independent_effects(asked: Question, seed: int):
    """`(x || g)` is `(1 | g) + (0 + x | g)`: the same effects without correlation."""
    first = replace(asked, terms=("x", "(x || g)")).model()
    second = replace(asked, terms=("x", "(1 | g)", "(0 + x | g)")).model()
    same_model(first, second, seed)


@law(20, asked=questions(), seed=seeds)
def test_nested_groups(asked: Question, seed: int):
    """`(1 | h/g)` is `(1 | h) + (1 | h:g)`."""
    first = replace(asked, terms=("x", "(1 | h/g)")).model()
    second = replace(asked, terms=("x", "(1 | h)", "(1 | h:g)")).model()
    same_model(first, second, seed)


@law(15, asked=questions(), seed=seeds)
def test_groups_joined_beforehand(asked: Question, seed: int):
    """`(1 | h:g)` is a group term of one column that holds both labels."""
    asked = replace(asked, terms=("x", "(1 | h:g)"))
    both = [f"{h}:{g}" for h, g in zip(asked.frame["h"], asked.frame["g"], strict=True)]
    joined = replace(asked, terms=("x", "(1 | k)")).of(k=np.array(both, dtype=object))
    same_model(
        asked.model(),
        joined.model(),
        seed,
        lambda name: name.replace("sd:h:g", "sd:k").replace("h:g[", "k["),
    )


@law(15, frame=frames(), seed=seeds)
def test_offsets_add(frame: dict, seed: int):
    """Two offsets are one of their sum."""
    made = {**frame, "y": np.random.default_rng(seed).poisson(2.0, len(frame["y"]))}
    first = applies("y ~ x + offset(o) + offset(log(p))", made, "poisson")
    second = applies("y ~ x + offset(o + log(p))", made, "poisson")
    same_model(first, second, seed)
    assert set(free_names(first)) == {"Intercept", "x"}


WORDS = (
    "y x z a g ~ ~ + - * / : ^ ** | || ( ) [ ] { } ` ' \" , . = == < 0 1 2 1e9 1e400 -1 % @ ! # $ "
    "\\ \t \x00 é 变 \ud800 log( exp( C( I( bs( poly( scale( offset( weights( trials( se( center( "
    "df=4 degree=3 contr.sum __import__ lambda os.system .__class__ eval( x.y x[0] _ Intercept "
    "sigma True None in and not if"
)
PIECES = st.sampled_from(WORDS.split(" "))
TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(PIECES, max_size=14).map(" ".join),
    st.lists(PIECES, max_size=14).map("".join),
    st.lists(PIECES, max_size=12).map(lambda pieces: "y ~ x + " + " ".join(pieces)),
)


@law(250, text=TEXTS, seed=seeds)
def test_any_text(text: str, seed: int):
    """Any text is a model, or is refused by an error of ours: nothing else escapes."""
    rng = np.random.default_rng(seed)
    frame = {
        "y": rng.normal(size=12),
        "x": rng.normal(size=12),
        "z": rng.normal(size=12),
        "a": np.array(["u", "v", "w"] * 4, dtype=object),
        "g": np.array(["s", "t", "s", "t"] * 3, dtype=object),
    }
    try:
        model = bi.model(text, frame)
    except (bi.FormulaError, bi.DataError, bi.ModelError) as error:
        assert error.code
        assert str(error).strip()
    else:
        assert np.isfinite(model.design.rows.population).all()
        assert parse(str(model.formula), SPECIAL) == model.formula
