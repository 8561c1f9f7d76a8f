import random
from itertools import combinations

from causal.graph import Graph, separated
from causal.graph.implications import Independence, implied_independences
from tests.causal.graph.test_separation import random_graph


def test_every_implication_is_a_separation_and_no_pair_is_left_out():
    rng = random.Random(2)
    mixed = 0
    for _ in range(300):
        graph = random_graph(rng, rng.randint(3, 7), 0.35, rng.choice([0, 0.15]))
        names = [name for name in graph.nodes if rng.random() < 0.8]
        found = implied_independences(graph, names)
        for said in found:
            assert separated(graph, said.one, said.other, said.given)
            assert {said.one, said.other, *said.given} <= set(names)
        pairs = {frozenset((said.one, said.other)) for said in found}
        assert len(pairs) == len(found)
        for one, other in combinations(names, 2):
            rest = [name for name in names if name not in (one, other)]
            possible = any(
                separated(graph, one, other, given)
                for size in range(len(rest) + 1)
                for given in combinations(rest, size)
            )
            assert possible == (frozenset((one, other)) in pairs), (str(graph), one, other)
        mixed += bool(graph.bidirected)
    assert mixed > 50


def test_by_hand():
    graph = Graph.parse("x -> m -> y; x <-> y; u -> x; u [latent]; z -> u")
    said = {str(found) for found in implied_independences(graph)}
    assert "m and z given x" in said
    assert implied_independences(Graph.parse("x -> y")) == ()
    # Rows kept by a common effect: nothing is left of the independence.
    assert implied_independences(Graph.parse("x -> s <- y; s [selected]")) == ()
    assert implied_independences(Graph.parse("x; y")) == (Independence("y", "x"),)
    assert str(Independence("a", "b", ("c", "d"))) == "a and b given c, d"
