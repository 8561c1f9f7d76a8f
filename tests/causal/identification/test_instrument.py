import random
from itertools import chain, combinations

import numpy as np

from causal.graph import Graph, separated
from causal.identification import find_instruments
from causal.identification.instrument import Instrument, iterate_instruments
from causal.identification.question import Question
from tests.causal.identification.scm import random_mixed_graph
from tests.causal.identification.test_adjustment import covariance


def is_instrument(graph: Graph, x: str, y: str, z: str, given: set[str]) -> bool:
    """The definition for total effects: Henckel, Buttenschoen and Maathuis (2024), theorem 3.1."""
    causal = (graph.descendants(x) & graph.ancestors(y)) - {x}
    forbidden = graph.descendants(*causal) | {x}
    cut = graph.without_arrows([(x, name) for name in causal])
    return (
        not ({z} | given) & forbidden
        and not separated(graph, z, x, given)
        and separated(cut, z, y, given)
    )


def test_agrees_with_exhaustive_search():
    rng = random.Random(20260801)
    counts = {"alone": 0, "conditional": 0, "none": 0}
    for _ in range(4000):
        graph = random_mixed_graph(rng, rng.randint(3, 7), rng.choice([0.25, 0.4]), 0.15)
        x, y, *others = rng.sample(graph.nodes, len(graph.nodes))
        if y not in graph.descendants(x):
            continue
        measured = sorted(name for name in others if rng.random() < 0.9)
        found = {i.name: i for i in find_instruments(graph, x, y, [x, y, *measured])}
        for z in measured:
            rest = sorted(set(measured) - {z})
            every = chain.from_iterable(combinations(rest, k) for k in range(len(rest) + 1))
            possible = [set(s) for s in every if is_instrument(graph, x, y, z, set(s))]
            # Whether a given variable is an instrument by way of opened colliders is NP-hard; the
            # theorem is that then another one is an instrument given ancestors alone.
            assert found or not possible
            possible = [s for s in possible if s <= graph.ancestors(y, z)]
            case = (str(graph), x, y, z, measured, possible)
            if not possible:
                assert z not in found, case
                counts["none"] += 1
            else:
                assert is_instrument(graph, x, y, z, set(found[z].given)), case
                assert (not found[z].given) == (set() in possible), case
                counts["conditional" if found[z].given else "alone"] += 1
    assert min(counts.values()) > 40, counts


def test_the_ratio_is_the_effect_in_linear_models():
    rng, generator = random.Random(3), np.random.default_rng(3)
    checked = 0
    for _ in range(900):
        graph = random_mixed_graph(rng, 6, 0.4, 0.0)
        x, y, *others = rng.sample(graph.nodes, 6)
        if y not in graph.descendants(x):
            continue
        measured = others[:3]
        cov = covariance(graph, generator)
        place = graph.bits.place
        for found in find_instruments(graph, x, y, [x, y, *measured]):
            given = [place[name] for name in found.given]
            # The effect itself: the coefficient of x given its own direct causes.
            parents = [place[name] for name in graph.parents(x)]
            effect = np.linalg.solve(
                cov[np.ix_([place[x], *parents], [place[x], *parents])],
                cov[[place[x], *parents], place[y]],
            )[0]
            left = cov[place[found.name]].copy()
            if given:
                weights = np.linalg.solve(cov[np.ix_(given, given)], cov[given, place[found.name]])
                left = left - weights @ cov[given]
            np.testing.assert_allclose(left[place[y]] / left[place[x]], effect, rtol=1e-6)
            checked += 1
    assert checked > 100


def test_by_hand():
    graph = Graph.parse("w -> z -> x -> m -> y; w -> y; x <-> y; q -> x; m <-> v; v -> x")
    found = find_instruments(graph, "x", "y", graph.nodes)
    assert [str(i) for i in found] == ["q", "z given w"]
    assert Instrument("q") in found
    assert find_instruments(Graph.parse("x <-> y; z -> x"), "x", "y", "xyz") == ()
    selected = Graph.parse("z -> x -> y; x <-> y; x -> s; s [selected]")
    assert find_instruments(selected, "x", "y", "xyz") == ()


def test_the_search_stops_at_the_first():
    graph = Graph.parse("w -> z -> x -> y; w -> y; x <-> y; w -> far; far -> z")
    question = Question.ask(graph, "x", "y", graph.nodes)
    assert next(iterate_instruments(question)).name == "z"
