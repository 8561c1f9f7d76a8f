import random
from itertools import pairwise

import networkx as nx

from causal.graph import Graph, intervene, nearest_separator, separated, without_effects
from causal.graph.bits import Bits
from tests.causal.graph.test_separation import explicit, random_graph, split


def same(bits: Bits, graph: Graph) -> bool:
    other = graph.bits
    return (bits.parents, bits.children, bits.spouses) == (
        other.parents,
        other.children,
        other.spouses,
    )


def test_agree_with_the_graph_by_names_and_with_networkx():
    rng = random.Random(3)
    answers = []
    for _ in range(400):
        graph = random_graph(rng, rng.randint(3, 9), rng.choice([0.2, 0.4]), rng.choice([0, 0.2]))
        bits = graph.bits
        x, y, z = split(rng, graph.nodes)
        assert set(bits.named(bits.ancestors(bits.mask(z)))) == graph.ancestors(*z)
        assert set(bits.named(bits.descendants(bits.mask(z)))) == graph.descendants(*z)
        if not (x and y):
            continue
        assert same(bits.without_in(bits.mask(x)), intervene(graph, x))
        assert same(bits.without_out(bits.mask(x)), without_effects(graph, x))
        answers.append(bits.separated(bits.mask(x), bits.mask(y), bits.mask(z)))
        assert answers[-1] == separated(graph, x, y, z)
        assert answers[-1] == nx.is_d_separator(explicit(graph), set(x), set(y), set(z))
    assert 50 < sum(answers) < len(answers) - 50


def blocked_by_every_path(graph: Graph, x: str, y: str, given: set[str]) -> bool:
    """m-separation by its definition: from the list of all paths, arrow by arrow."""

    def extend(nodes: list[str], arrows: list[str]):
        if nodes[-1] == y:
            yield nodes, arrows
            return
        for arrow, others in graph.neighbours[nodes[-1]].items():
            for other in others:
                if other not in nodes:
                    yield from extend([*nodes, other], [*arrows, arrow])

    def is_open(nodes: list[str], arrows: list[str]) -> bool:
        for name, (before, after) in zip(nodes[1:-1], pairwise(arrows), strict=True):
            if before in ("->", "<->") and after in ("<-", "<->"):
                if not graph.descendants(name) & given:
                    return False
            elif name in given:
                return False
        return True

    return not any(is_open(*path) for path in extend([x], []))


def test_agree_with_the_list_of_all_paths_of_mixed_graphs():
    rng = random.Random(9)
    answers = []
    for _ in range(400):
        graph = random_graph(rng, rng.randint(3, 7), rng.choice([0.2, 0.4]), 0.25)
        x, y, *others = rng.sample(graph.nodes, len(graph.nodes))
        given = {name for name in others if rng.random() < 0.4}
        answers.append(blocked_by_every_path(graph, x, y, given))
        assert separated(graph, x, y, given) == answers[-1], (str(graph), x, y, given)
    assert 50 < sum(answers) < len(answers) - 50


def test_the_nearest_separator_is_that_of_the_graph_by_names():
    rng = random.Random(5)
    found = 0
    for _ in range(300):
        graph = random_graph(rng, rng.randint(4, 8), 0.35, 0.1)
        bits = graph.bits
        x, y, *others = rng.sample(graph.nodes, len(graph.nodes))
        candidates = {name for name in others if rng.random() < 0.8} & graph.ancestors(x, y)
        kept = bits.nearest_separator(bits.mask([x]), bits.mask([y]), bits.mask(candidates))
        assert (kept is None) == (not separated(graph, x, y, candidates))
        if kept is not None:
            assert set(bits.named(kept)) == nearest_separator(graph, x, y, candidates)
            found += 1
    assert found > 50


def test_districts_are_held_together_by_shared_causes():
    bits = Graph.parse("a <-> b; b <-> c; d -> a; e <-> f; d -> e").bits
    assert [bits.named(part) for part in bits.districts(bits.everything)] == [
        ("a", "b", "c"),
        ("d",),
        ("e", "f"),
    ]
    assert len(bits.districts(bits.everything & ~bits.mask("b"))) == 4


def test_the_order_puts_causes_first():
    graph = random_graph(random.Random(1), 30, 0.2)
    place = {name: at for at, name in enumerate(graph.bits.named(graph.bits.everything))}
    order = [graph.nodes[i] for i in graph.bits.order]
    assert len(order) == 30
    assert all(order.index(a) < order.index(b) for a, b in graph.directed)
    assert graph.bits.ordered(graph.bits.mask(order[:3])) == [place[name] for name in order[:3]]
