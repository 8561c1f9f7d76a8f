import random

import numpy as np
import pytest

from causal.graph import Graph, intervene
from causal.identification import NotIdentified, identify_backdoor
from causal.identification.evaluate import evaluate
from causal.identification.functional import (
    Functional,
    Hedge,
    check_hedge,
    find_conditional,
    find_functional,
)
from tests.causal.identification.scm import Model, random_mixed_graph


def districts(graph: Graph) -> list[set[str]]:
    left, found = set(graph.nodes), []
    while left:
        part = set(graph.closure([min(left)], "<->"))
        found.append(part)
        left -= part
    return found


def is_identified(graph: Graph, x: set[str], y: set[str]) -> bool:
    """The seven lines of ID, read off the paper, without the formulas.

    Shpitser and Pearl (2006), figure 3. A nested distribution is represented by its graph alone.
    """
    nodes = set(graph.nodes)
    if not x:
        return True
    above = set(graph.ancestors(*y))
    if nodes - above:
        return is_identified(graph.restricted(above), x & above, y)
    free = nodes - x - set(intervene(graph, x).ancestors(*y))
    if free:
        return is_identified(graph, x | free, y)
    parts = districts(graph.restricted(nodes - x))
    if len(parts) > 1:
        return all(is_identified(graph, nodes - part, part) for part in parts)
    (part,) = parts
    wholes = districts(graph)
    if len(wholes) == 1:
        return False
    if part in wholes:
        return True
    whole = next(whole for whole in wholes if part < whole)
    return is_identified(graph.restricted(whole), x & whole, y)


CASES = {
    "front-door": ("x -> m -> y; x <-> y", "Σ_{m} P(m | x) Σ_{x'} P(x') P(y | x', m)"),
    "backdoor": ("z -> x; z -> y; x -> y", "Σ_{z} P(z) P(y | z, x)"),
    "no effect": ("y -> x; x <-> z; z -> y", "P(y)"),
    "napkin": (
        "w -> r -> x -> y; w <-> x; w <-> y",
        "[Σ_{w} P(w) P(x, y | w, r)] / [Σ_{w} P(w) P(x | w, r)], whatever r",
    ),
    # Neither an adjustment set nor a front door: Shpitser and Pearl (2006), figure 1 (a).
    "two mediators": (
        "x -> a -> b -> y; x <-> b; a <-> y",
        "Σ_{a, b} P(a | x) P(y | x, a, b) Σ_{x'} P(x') P(b | x', a)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_textbook_formulas_and_their_values(name):
    text, written = CASES[name]
    graph = Graph.parse(text)
    found = find_functional(graph, "x", "y", graph.nodes)
    assert isinstance(found, Functional)
    assert str(found) == f"P(y | do(x)) = {written}"
    for levels in (2, 3):
        model = Model(graph, np.random.default_rng(levels), levels)
        answer = evaluate(found, model.joint())
        assert answer.names == ("x", "y")
        np.testing.assert_allclose(answer.table, model.after(("x",), ("y",)).table, atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "x -> y; x <-> y",
        "z -> x -> y; x <-> y",  # an instrument is not enough
        "x -> z -> y; x <-> z",
        "x -> z; z -> y; x <-> z; z <-> y",
        "x -> y; z -> y; x <-> z; z <-> y",
        "x -> z -> y; x <-> w; w <-> y; z <-> w",
        "w -> x -> y; w <-> x; w <-> y; x <-> v; v <-> y",
    ],
)
def test_textbook_hedges(text):
    graph = Graph.parse(text)
    found = find_functional(graph, "x", "y", graph.nodes)
    if is_identified(graph, {"x"}, {"y"}):
        assert isinstance(found, Functional)
        return
    assert isinstance(found, Hedge)
    assert check_hedge(graph, found, graph.nodes)
    assert "a hedge" in str(found)


def test_latex():
    graph = Graph.parse("x -> m -> y; x <-> y")
    found = find_functional(graph, "x", "y", graph.nodes)
    assert isinstance(found, Functional)
    assert found.latex == (
        r"P(y \mid \mathrm{do}(x)) = \sum_{m} P(m \mid x) \, \sum_{x'} P(x') \, P(y \mid x', m)"
    )
    graph = Graph.parse('"blood pressure" -> y_1; z2 -> "blood pressure"; z2 -> y_1')
    found = find_functional(graph, "blood pressure", "y_1", graph.nodes)
    assert isinstance(found, Functional)
    assert r"P(z_{2}) \, P(y_{1} \mid \text{blood pressure}, z_{2})" in found.latex


def random_question(rng: random.Random, size: int) -> tuple[Graph, set[str], set[str]]:
    graph = random_mixed_graph(rng, size, rng.choice([0.3, 0.5, 0.7]), rng.choice([0.15, 0.3]))
    names = rng.sample(graph.nodes, size)
    many = 2 if rng.random() < 0.25 else 1
    x, y = set(names[:many]), set(names[many : many + (2 if rng.random() < 0.15 else 1)])
    return graph, x, y


def test_formulas_are_exact_and_refusals_have_hedges_on_random_models():
    rng, generator = random.Random(20260501), np.random.default_rng(1)
    counts = {"adjusted": 0, "only ID": 0, "hedge": 0}
    for _ in range(900):
        graph, x, y = random_question(rng, rng.randint(3, 6))
        found = find_functional(graph, x, y, graph.nodes)
        case = (str(graph), x, y, str(found))
        assert isinstance(found, Functional) == is_identified(graph, x, y), case
        if isinstance(found, Hedge):
            assert check_hedge(graph, found, graph.nodes), case
            counts["hedge"] += 1
            continue
        model = Model(graph, generator)
        truth = model.after(found.treatments, found.outcomes).table
        answer = evaluate(found, model.joint()).table
        np.testing.assert_allclose(answer, truth, atol=1e-9, err_msg=str(case))
        if len(x) == len(y) == 1:
            try:
                identify_backdoor(graph, *x, *y, graph.nodes)
                counts["adjusted"] += 1
            except NotIdentified:
                counts["only ID"] += 1
    assert counts["hedge"] > 80 and counts["only ID"] > 50, counts


def test_named_latent_variables_are_projected_out():
    rng, generator = random.Random(8), np.random.default_rng(2)
    identified = 0
    for _ in range(150):
        graph = random_mixed_graph(rng, 6, 0.5, 0.05)
        x, y, *others = rng.sample(graph.nodes, 6)
        graph = Graph(graph.directed, graph.bidirected, frozenset(others[:2]), graph.nodes)
        found = find_functional(graph, x, y, set(graph.nodes) - {others[2]})
        if isinstance(found, Hedge):
            assert check_hedge(graph, found, set(graph.nodes) - {others[2]})
            continue
        assert not {*others[:3]} & found.expression.free
        model = Model(graph, generator)
        joint = model.joint((x, y, *others[3:]))
        answer = evaluate(found, joint).table
        np.testing.assert_allclose(answer, model.after((x,), (y,)).table, atol=1e-9)
        identified += 1
    assert identified > 50


def test_every_adjustment_is_found_by_id_too():
    rng = random.Random(4)
    for _ in range(300):
        graph, x, y = random_question(rng, 6)
        if len(x) > 1 or len(y) > 1:
            continue
        try:
            identify_backdoor(graph, *x, *y, graph.nodes)
        except NotIdentified:
            continue
        assert isinstance(find_functional(graph, x, y, graph.nodes), Functional)


def test_a_false_hedge_is_refused():
    graph = Graph.parse("x -> m -> y; x <-> y")
    assert not check_hedge(graph, Hedge(("x",), ("y",), ("x", "y"), ("y",)), graph.nodes)
    assert not check_hedge(graph, Hedge(("x",), ("y",), ("x", "m"), ("m",)), graph.nodes)
    assert not check_hedge(graph, Hedge(("x",), ("y",), ("x", "y"), ()), graph.nodes)


def test_effects_among_rows_alike_are_exact():
    rng, generator = random.Random(20261001), np.random.default_rng(3)
    counts = {"formula": 0, "hedge": 0, "only given": 0}
    for _ in range(500):
        graph = random_mixed_graph(rng, rng.randint(3, 6), rng.choice([0.3, 0.5]), 0.2)
        x, y, *others = rng.sample(graph.nodes, len(graph.nodes))
        given = set(others[: rng.choice([1, 1, 2])])
        found = find_conditional(graph, x, y, given, graph.nodes)
        joined = find_functional(graph, x, {y, *given}, graph.nodes)
        if isinstance(found, Hedge):
            assert check_hedge(graph, found, graph.nodes)
            assert isinstance(joined, Hedge)
            counts["hedge"] += 1
            continue
        model = Model(graph, generator)
        both = model.after((x,), (*found.given, y)).table
        truth = both / both.sum(-1, keepdims=True)
        answer = evaluate(found, model.joint())
        assert answer.names == (x, *found.given, y)
        np.testing.assert_allclose(answer.table, truth, atol=1e-9, err_msg=str((graph, found)))
        counts["formula"] += 1
        counts["only given"] += isinstance(joined, Hedge)
    assert min(counts.values()) > 5 and counts["formula"] > 100, counts


def test_a_long_formula_is_not_put_into_a_sentence():
    graph = Graph.parse("; ".join(f"cause{i} -> x; cause{i} -> y" for i in range(20)) + "; x -> y")
    found = find_functional(graph, "x", "y", graph.nodes)
    assert isinstance(found, Functional)
    assert found.brief == "P(y | do(x)) = a formula of 21 probabilities (print it alone)"
    assert len(str(found)) > 240
