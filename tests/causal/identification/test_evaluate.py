import numpy as np
import pytest

import bayesinf as bi
from causal.graph import Graph
from causal.identification import Distribution, Functional, evaluate, find_functional
from causal.identification.expression import Probability, Sum


def joint(rng, *lead, levels=(2, 3, 2)):
    table = rng.dirichlet(np.ones(int(np.prod(levels))), size=lead)
    return Distribution(("z", "x", "y"), table.reshape(*lead, *levels))


def backdoor() -> Functional:
    found = find_functional(Graph.parse("z -> x; z -> y; x -> y"), "x", "y", "xyz")
    assert isinstance(found, Functional)
    return found


def test_adjustment_by_hand(generator):
    known = joint(generator)
    p = known.table
    by_hand = np.einsum("z,zxy->xy", p.sum((1, 2)), p / p.sum(2, keepdims=True))
    answer = evaluate(backdoor(), known)
    assert answer.names == ("x", "y")
    np.testing.assert_allclose(answer.table, by_hand)


def test_draws_run_through_in_front(generator):
    known = joint(generator, 4, 5)
    answer = evaluate(backdoor(), known).table
    assert answer.shape == (4, 5, 3, 2)
    for chain in range(4):
        one = Distribution(known.names, known.table[chain, 2])
        np.testing.assert_allclose(answer[chain, 2], evaluate(backdoor(), one).table)


def test_a_treatment_without_effect_gives_equal_rows(generator):
    found = find_functional(Graph.parse("y -> x"), "x", "y", "xy")
    assert isinstance(found, Functional)
    known = joint(generator).over(("x", "y"))
    answer = evaluate(found, known).table
    np.testing.assert_allclose(answer, np.tile(known.table.sum(0), (3, 1)))


def test_inner_sums_bind_their_own_names(generator):
    known = joint(generator)
    p_x = known.over(["x"]).table
    expression = Sum(("x",), Probability(("x", "y")))
    found = evaluate(Functional(("x",), ("y",), expression), known)
    np.testing.assert_allclose(found.table, np.tile(known.over(["y"]).table, (3, 1)))
    assert p_x.shape == (3,)


def test_what_is_missing_or_never_occurs_is_said(generator):
    known = joint(generator)
    with pytest.raises(bi.DataError, match="no variable 'z'"):
        evaluate(backdoor(), known.over(("x", "y")))
    table = known.table.copy()
    table[1, 2] = 0
    with pytest.raises(bi.DataError, match="never occurs: z at level 1, x at level 2") as caught:
        evaluate(backdoor(), Distribution(known.names, table))
    assert caught.value.code == "no-overlap"
    with pytest.raises(bi.DataError, match="cannot hold"):
        Distribution(("x", "x"), np.ones((2, 2)))
    with pytest.raises(bi.DataError, match="cannot hold"):
        Distribution(("x", "y"), np.ones(2))
