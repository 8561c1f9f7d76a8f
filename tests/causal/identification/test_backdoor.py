import random
import time
from itertools import chain, combinations, pairwise

import networkx as nx
import pytest

from causal.graph import Graph, GraphError, separated
from causal.identification import Identification, NotIdentified, identify_backdoor


def subsets(names):
    names = sorted(names)
    return chain.from_iterable(combinations(names, k) for k in range(len(names) + 1))


def paths_between(dag: nx.DiGraph, x, y):
    """All paths as lists of (node, arrow to the next one)."""
    for nodes in nx.all_simple_paths(dag.to_undirected(), x, y):
        yield nodes, [dag.has_edge(a, b) for a, b in pairwise(nodes)]


def blocked(dag: nx.DiGraph, nodes, forward, z) -> bool:
    for before, name, after in zip(forward, nodes[1:-1], forward[1:], strict=False):
        collider = before and not after
        if collider and not (nx.descendants(dag, name) | {name}) & set(z):
            return True
        if not collider and name in z:
            return True
    return False


def valid_sets(graph: Graph, x, y, measured) -> set[frozenset[str]]:
    """Every valid adjustment set by the adjustment criterion, from the list of all paths.

    Shpitser, VanderWeele and Robins (2010): nothing in the set is a descendant of a variable on a
    causal path (but the treatment), and the set blocks all paths that are not causal.
    """
    dag = nx.DiGraph(list(graph.directed))
    dag.add_nodes_from(graph.nodes)
    for place, (one, other) in enumerate(graph.bidirected):
        dag.add_edges_from([(("latent", place), one), (("latent", place), other)])
    paths = list(paths_between(dag, x, y))
    forbidden = {
        below
        for nodes, forward in paths
        if all(forward)
        for name in nodes[1:]
        for below in (name, *nx.descendants(dag, name))
    }
    backdoor = [path for path in paths if not all(path[1])]
    return {
        frozenset(z)
        for z in subsets(set(measured) - {x, y} - forbidden)
        if all(blocked(dag, nodes, forward, z) for nodes, forward in backdoor)
    }


def random_problem(rng: random.Random) -> tuple[Graph, str, str, list[str]]:
    nodes = list("abcdef")[: rng.randint(3, 6)]
    pairs = list(combinations(rng.sample(nodes, len(nodes)), 2))
    density = rng.choice([0.3, 0.5, 0.7])
    graph = Graph(
        tuple(pair for pair in pairs if rng.random() < density),
        tuple(pair for pair in pairs if rng.random() < 0.08),
        nodes=tuple(nodes),
    )
    x, y = (
        rng.sample(nodes, 2)
        if rng.random() < 0.2
        else sorted(rng.sample(nodes, 2), key=nodes.index)
    )
    if y in graph.ancestors(x) and rng.random() < 0.8:
        x, y = y, x
    observed = [name for name in nodes if name in (x, y) or rng.random() < 0.75]
    return graph, x, y, observed


def test_agrees_with_the_list_of_all_adjustment_sets():
    rng = random.Random(20260301)
    identified = refused = shrunk = 0
    for _ in range(400):
        graph, x, y, observed = random_problem(rng)
        valid = valid_sets(graph, x, y, observed)
        case = (str(graph), x, y, observed)
        try:
            answer = identify_backdoor(graph, x, y, observed)
        except NotIdentified as error:
            assert not valid, case
            assert set(error.open_path.nodes) <= set(graph.nodes)
            assert (error.open_path.nodes[0], error.open_path.nodes[-1]) == (x, y)
            refused += 1
            continue
        chosen = frozenset(answer.adjustment)
        assert chosen in valid, case
        assert answer.adjustment == tuple(n for n in graph.nodes if n in chosen)
        if not is_near_outcome(graph, x, y, chosen):
            assert not any(
                frozenset(part) in valid for part in subsets(chosen) if set(part) < chosen
            )
            shrunk += 1
        identified += 1
    # The table of cases holds enough of each kind to mean something.
    assert identified > 150 and refused > 60 and shrunk > 5, (identified, refused, shrunk)


def is_near_outcome(graph: Graph, x, y, chosen) -> bool:
    """Whether each variable is a cause of a causal node directly or through others outside the set.

    The minimal sets of the other branch may be of this kind too; then they are just not checked.
    """
    causal = (graph.descendants(x) & graph.ancestors(y)) - {x}
    return all(
        any(path_avoiding(graph, name, node, chosen | {x}) for node in causal) for name in chosen
    )


def path_avoiding(graph: Graph, start, end, avoided) -> bool:
    kept = (set(graph.nodes) - set(avoided)) | {start, end}
    return end in graph.restricted(kept).descendants(start)


def test_the_set_is_the_o_set_where_all_is_measured():
    rng = random.Random(5)
    seen = 0
    for _ in range(300):
        graph, x, y, _ = random_problem(rng)
        graph = Graph(graph.directed, nodes=graph.nodes)
        if y not in graph.descendants(x) or not graph.parents(x):
            continue
        causal = (graph.descendants(x) & graph.ancestors(y)) - {x}
        forbidden = graph.descendants(*causal) | {x}
        o_set = {parent for node in causal for parent in graph.parents(node)} - forbidden
        assert set(identify_backdoor(graph, x, y, graph.nodes).adjustment) == o_set
        seen += 1
    assert seen > 40


@pytest.mark.parametrize(
    ("text", "observed", "adjustment"),
    [
        ("z -> x; z -> y; x -> y", "z", "z"),  # confounder
        ("x -> y", "", ""),  # nothing causes the treatment
        ("x -> y; w -> y", "w", ""),
        ("x -> m -> y", "m", ""),  # mediator
        ("z -> x -> m -> y; z -> m; z -> y", "zm", "z"),
        ("x -> y; x -> c; y -> c", "c", ""),  # collider
        ("z -> x; x -> y; z -> y; x -> c; y -> c", "zc", "z"),
        ("x <- a -> m <- b -> y; x -> y", "m", ""),  # M-bias
        ("x <- a -> m <- b -> y; x -> y", "abm", "b"),
        ("x <- a -> m <- b -> y; m -> x; m -> y; x -> y", "abm", "mb"),  # butterfly
        ("x <- a -> m <- b -> y; m -> x; m -> y; x -> y", "am", "am"),
        ("z -> x; x -> y; w -> y; x <- c -> y", "zwc", "wc"),  # neither instrument nor noise
        ("z -> x -> y; z [latent]; a -> x", "a", ""),
        ("z -> x -> y; z -> y; w -> u -> y", "zw", "zw"),  # w stands in for u
        ("u -> z -> x; u -> y; x -> y", "z", "z"),  # unmeasured, but its way is
        ("u [latent]; u -> z -> y; u -> x; x -> y", "zu", "z"),  # latent though a column
        ("z <-> x; z -> y; x -> y", "z", "z"),
        ("x <-> z <-> y; x -> y", "z", ""),  # M-bias by bidirected arrows
        ("x <- z -> y", "z", "z"),  # no effect by the graph
        ("y -> m -> x", "m", "m"),
    ],
)
def test_textbook_graphs(text, observed, adjustment):
    graph = Graph.parse(text)
    answer = identify_backdoor(graph, "x", "y", ["x", "y", "unrelated", *observed])
    assert set(answer.adjustment) == set(adjustment)
    assert answer.strategy == "backdoor" and answer.graph is graph


@pytest.mark.parametrize(
    ("text", "observed", "drawn", "said"),
    [
        ("u -> x; u -> y; x -> y", "", "x <- u -> y", ["u on it was not measured", "Measure u"]),
        ("x <-> y; x -> y", "", "x <-> y", ["x <-> y stands for an unmeasured common cause"]),
        ("x <-> y; x -> y; z -> x", "z", "x <-> y", ["use z as an instrument"]),
        ("x <- u -> y; x -> m -> y", "m", "x <- u -> y", ["through m by the front-door"]),
        ("x <-> m; x -> m -> y", "m", "x <-> m -> y", ["m cannot be adjusted for"]),
        ("u -> x; u -> m; x -> m -> y", "", "x <- u -> m -> y", ["Measure u;", "m cannot be"]),
        (
            "x <- a -> m <- b -> y; m -> x; m -> y; x -> y",
            "m",
            "x <- a -> m <- b -> y",
            ["adjusting for m opens", "without m the path 'x <- m -> y'", "a and b on it were not"],
        ),
        ("y -> x", "", "x <- y", ["it is y that affects x", "swap treatment and outcome"]),
        ("x <- u -> y", "", "x <- u -> y", ["x has no effect on y at all"]),
    ],
)
def test_refusals_say_why_and_what_would_help(text, observed, drawn, said):
    with pytest.raises(NotIdentified) as caught:
        identify_backdoor(Graph.parse(text), "x", "y", ["x", "y", *observed])
    error = caught.value
    assert str(error.open_path) == drawn
    assert (error.treatment, error.outcome, error.code) == ("x", "y", "not-identified")
    for words in ["effect of x on y", f"the path '{drawn}'", *said]:
        assert words in str(error)


def test_no_instrument_or_front_door_is_claimed_where_there_is_none():
    text = "x <-> y; x -> m -> y; z -> x; z -> y; m <-> y"
    with pytest.raises(NotIdentified) as caught:
        identify_backdoor(Graph.parse(text), "x", "y", "xymz")
    assert "find an instrument" in str(caught.value)
    assert "front-door" not in str(caught.value)


def test_a_zero_effect_is_said():
    answer = identify_backdoor(Graph.parse("x <- z -> y"), "x", "y", "xyz")
    assert any("the effect is zero" in sentence for sentence in answer.assumptions)
    other = identify_backdoor(Graph.parse("x <- z -> y; x -> y"), "x", "y", "xyz")
    assert not any("the effect is zero" in sentence for sentence in other.assumptions)


def test_an_identification_prints_its_assumptions():
    answer = identify_backdoor(Graph.parse("z -> x; z -> y; x -> y"), "x", "y", "xyz")
    assert isinstance(answer, Identification)
    assert str(answer).startswith("The effect of x on y follows from adjusting for z, if:\n  - ")
    for words in ("No unmeasured confounding: among rows alike in z", "Overlap", "Consistency"):
        assert words in str(answer)


def test_the_question_is_checked():
    graph = Graph.parse("age -> smoking; age -> weight; smoking -> weight; u [latent]; u -> age")
    columns = ["age", "smoking", "weight", "u"]
    with pytest.raises(GraphError, match="Did you mean 'smoking'"):
        identify_backdoor(graph, "smokng", "weight", columns)
    with pytest.raises(GraphError, match="outcome 'weight' was not measured"):
        identify_backdoor(graph, "smoking", "weight", ["age", "smoking"])
    with pytest.raises(GraphError, match="treatment 'u' was not measured: it is declared latent"):
        identify_backdoor(graph, "u", "weight", columns)
    with pytest.raises(GraphError, match="as treatment and as outcome"):
        identify_backdoor(graph, "weight", "weight", columns)


def large_graph(latent_confounder: bool) -> Graph:
    rng = random.Random(1)
    names = [f"v{i}" for i in range(200)]
    arrows = [(a, b) for a, b in combinations(names, 2) if rng.random() < 0.05]
    extra = (("v100", "v199"),) if latent_confounder else ()
    return Graph((*arrows, ("v100", "v199")), extra, nodes=tuple(names))


@pytest.mark.timing
@pytest.mark.parametrize("latent_confounder", [False, True])
def test_a_graph_of_two_hundred_variables_is_quick(latent_confounder):
    graph = large_graph(latent_confounder)
    rng = random.Random(2)
    observed = [n for n in graph.nodes if rng.random() < 0.9 or n in ("v100", "v199")]
    observed += [parent for parent in graph.parents("v100") if parent not in observed]
    text = str(graph)
    start = time.perf_counter()
    graph = Graph.parse(text)
    parsed = time.perf_counter()
    if latent_confounder:
        with pytest.raises(NotIdentified):
            identify_backdoor(graph, "v100", "v199", observed)
    else:
        answer = identify_backdoor(graph, "v100", "v199", observed)
        cut = [("v100", child) for child in graph.children("v100")]
        assert separated(graph.without_arrows(cut), "v100", "v199", answer.adjustment)
    done = time.perf_counter()
    assert done - start < 1.0, f"read in {parsed - start:.3f} s, answered in {done - parsed:.3f} s"
