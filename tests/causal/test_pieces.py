import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.formula import outcome_formula, read_adjusters, treatment_terms
from causal.pieces import Piece, basis, width_of, without_repeats


@pytest.fixture
def frame(generator) -> pd.DataFrame:
    size = 400
    x = generator.normal(size=size)
    g = generator.choice(["a", "b", "c"], size)
    t = (x + generator.normal(size=size) > 0).astype(int)
    y = t + x + (g == "a") * x + generator.normal(size=size)
    return pd.DataFrame({"y": y, "t": t, "x": x, "g": g, "k": generator.integers(0, 3, size)})


def settled(frame, entries):
    return read_adjusters(entries, frame, list(frame), "y", "t"), bi.Table.read(frame)


@pytest.mark.parametrize(
    ("entries", "inside"),
    [
        (["x", "g", "x:g"], "C(g) + x:g + I(scale(x)**2)"),
        (["x", "x*g"], "I(scale(x)**2) + x*g"),
        (["x*g", "g", "x"], "x*g + I(scale(x)**2)"),
        (["x", "x + g"], "I(scale(x)**2) + x + g"),
        (["x", "I(x**2)"], "scale(x) + I(x**2)"),
        (["x", "bs(x, df=4)"], "bs(x, df=4)"),
        (["x", "k", "x:C(k)"], "C(k) + x:C(k) + I(scale(x)**2)"),
        (["x", "k", "x:k"], "scale(x) + C(k) + x:k + I(scale(x)**2)"),
    ],
)
def test_columns_beside_terms_that_hold_them_enter_once(frame, entries, inside):
    adjusters, table = settled(frame, entries)
    formula = outcome_formula("y", "t", adjusters, table, frame["t"].to_numpy() == 1)
    assert set(formula.split(" ~ t * (")[1][:-1].split(" + ")) == set(inside.split(" + "))
    bi.model(formula, frame)  # refuses columns that repeat others
    terms = treatment_terms(adjusters, table, frame["t"].to_numpy() == 1)
    bi.model(f"t ~ {' + '.join(terms)}", frame, "bernoulli")


@pytest.mark.parametrize("estimator", [None, "weighting"])
def test_redundant_entries_do_not_change_the_answer(frame, estimator):
    one, other = (
        causal.estimate(frame, "y", "t", entries, estimator=estimator, seed=1, draws=400)
        for entries in (["x", "x*g"], ["x", "g", "x*g"])
    )
    assert np.allclose(one.draws, other.draws)
    assert abs(one.draws.mean() - 1) < 4 * one.draws.std()


def test_terms_of_no_column_are_refused(frame):
    for entry in ("1", "0", "-1"):
        with pytest.raises(bi.ModelError, match="names no column") as caught:
            causal.estimate(frame, "y", "t", ["x", entry])
        assert caught.value.code == "adjusts-for-nothing"
    assert settled(frame.assign(**{"1": 2.0}), ["1"])[0][0].kind == "column"


def test_pieces_of_no_term_are_left_alone(frame):
    table, received = bi.Table.read(frame), frame["t"].to_numpy() == 1
    piece = Piece("scale(x)", "I(scale(x)**2)", 1)
    assert without_repeats([piece], ["g"], table, received) == [piece]
    assert without_repeats([], [], table, received) == []
    assert without_repeats([piece], ["poly(x, 2)"], table, received) == [Piece("")]
    assert width_of("g", table, received) == 2


def test_a_basis_has_no_direction_too_many(generator):
    x = generator.normal(size=(50, 3)) * [1.0, 1e6, 1e-6]
    found = basis(x, x @ [[1.0], [2.0], [3.0]], np.zeros((50, 1)))
    assert found.shape == (50, 3)
    assert np.allclose(found @ (found.T @ x), x)


@pytest.mark.parametrize("entries", [["(1 + x | g)"], ["x", "(x | g)"], ["x", "(1 | g:k)"]])
def test_slopes_that_differ_between_groups_are_no_levels(frame, entries):
    found = causal.estimate(frame, "y", "t", entries, seed=1, draws=400)
    assert "x = " not in "".join(finding.sentence for finding in found.findings)
    assert "x" in found.answer.tables["balance"].index
    assert settled(frame, entries)[0][-1].grouping[0] == "g"
    assert settled(frame.rename(columns={"g": "my g"}), ["(1 | `my g`)"])[0][0].grouping == (
        "my g",
    )
