import random
from itertools import combinations

import networkx as nx
import pytest

from causal.graph import Graph, GraphError, connected, nearest_separator, open_path, separated


def random_graph(rng: random.Random, size: int, density: float, shared: float = 0.0) -> Graph:
    nodes = [f"v{i}" for i in range(size)]
    shuffled = rng.sample(nodes, size)
    pairs = list(combinations(shuffled, 2))
    return Graph(
        tuple(pair for pair in pairs if rng.random() < density),
        tuple(pair for pair in pairs if rng.random() < shared),
        nodes=tuple(nodes),
    )


def explicit(graph: Graph) -> nx.DiGraph:
    """The DAG in which each bidirected arrow is a latent variable with two effects."""
    dag = nx.DiGraph(list(graph.directed))
    dag.add_nodes_from(graph.nodes)
    for place, (one, other) in enumerate(graph.bidirected):
        dag.add_edges_from([(("latent", place), one), (("latent", place), other)])
    return dag


def split(rng: random.Random, nodes: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    places = [rng.choice("xyzz-") for _ in nodes]
    x, y, z = ([n for n, p in zip(nodes, places, strict=True) if p == k] for k in "xyz")
    return x, y, z


def test_agrees_with_networkx_on_random_graphs():
    rng = random.Random(20260101)
    answers = []
    for _ in range(600):
        graph = random_graph(rng, rng.randint(3, 9), rng.choice([0.2, 0.4]), rng.choice([0, 0.15]))
        x, y, z = split(rng, graph.nodes)
        if x and y:
            expected = nx.is_d_separator(explicit(graph), set(x), set(y), set(z))
            assert separated(graph, x, y, z) == expected, (str(graph), x, y, z)
            answers.append(expected)
    assert 50 < sum(answers) < len(answers) - 50


def test_open_paths_are_paths_and_open():
    rng = random.Random(7)
    found = 0
    for _ in range(500):
        graph = random_graph(rng, rng.randint(3, 8), 0.3, 0.15)
        x, y, *others = rng.sample(graph.nodes, len(graph.nodes))
        z = frozenset(others[: rng.randint(0, len(others))])
        path = open_path(graph, x, y, z)
        if path is None:
            continue
        found += 1
        assert path.nodes[0] == x and path.nodes[-1] == y
        assert len(set(path.nodes)) == len(path.nodes)
        for one, arrow, other in zip(path.nodes, path.arrows, path.nodes[1:], strict=False):
            assert other in graph.neighbours[one][arrow]
        for i, name in enumerate(path.nodes[1:-1]):
            if path.arrows[i] in ("->", "<->") and path.arrows[i + 1] in ("<-", "<->"):
                assert name in path.colliders
                assert graph.descendants(name) & z
            else:
                assert name not in path.colliders
                assert name not in z
    assert found > 100


def test_connected_is_what_is_not_separated():
    rng = random.Random(3)
    for _ in range(60):
        graph = random_graph(rng, 7, 0.3, 0.1)
        x, *others = rng.sample(graph.nodes, 7)
        z = others[: rng.randint(0, 3)]
        left = [name for name in others if name not in z]
        expected = {name for name in left if not separated(graph, x, name, z)}
        assert connected(graph, x, z) == expected


def test_nearest_separator_separates_with_nothing_to_spare():
    rng = random.Random(11)
    shrunk = 0
    for _ in range(400):
        graph = random_graph(rng, rng.randint(4, 8), 0.35, 0.1)
        x, y = rng.sample(graph.nodes, 2)
        candidates = graph.ancestors(x, y) - {x, y}
        if not separated(graph, x, y, candidates):
            continue
        kept = nearest_separator(graph, x, y, candidates)
        assert kept <= candidates and separated(graph, x, y, kept)
        for size in range(len(kept)):
            for part in combinations(sorted(kept), size):
                assert not separated(graph, x, y, part), (str(graph), x, y, kept, part)
        shrunk += len(kept) < len(candidates)
    assert shrunk > 30


def test_the_nearest_separator_is_the_one_near_y():
    graph = Graph.parse("x <- a <- b <- c -> d -> y")
    assert nearest_separator(graph, "x", "y", "abcd") == {"d"}
    assert nearest_separator(graph, "y", "x", "abcd") == {"a"}


@pytest.mark.parametrize(
    ("text", "given", "drawn"),
    [
        ("u -> x; u -> y", "", "x <- u -> y"),
        ("u -> x; u -> y", "u", None),
        ("x -> c <- y; c -> d", "", None),
        ("x -> c <- y; c -> d", "d", "x -> c <- y"),
        ("x <-> y", "", "x <-> y"),
        ("x <-> m <-> y", "m", "x <-> m <-> y"),
        ("x <-> m -> y", "m", None),
        ("x <- a -> m <- b -> y; m -> x; m -> y", "m", "x <- a -> m <- b -> y"),
        # The longer path says why the two are associated without a word on conditioning.
        ("x -> c <- y; x <- a <- b -> y", "c", "x <- a <- b -> y"),
    ],
)
def test_textbook_paths(text, given, drawn):
    path = open_path(Graph.parse(text), "x", "y", tuple(given))
    assert (path and str(path)) == drawn


def test_names_are_checked():
    graph = Graph.parse("age -> y; x -> y")
    with pytest.raises(GraphError, match="Did you mean 'age'"):
        separated(graph, "x", "y", ["agee"])
    with pytest.raises(GraphError, match="'x' stands in two"):
        separated(graph, "x", ["y", "x"])
    assert separated(graph, "x", "age")
    assert not separated(graph, "x", "age", "y")
