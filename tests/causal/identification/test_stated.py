import random

import pytest

from causal.graph import Graph, GraphError
from causal.identification import NotIdentified, check_adjustment
from tests.causal.identification.test_backdoor import random_problem, subsets, valid_sets


def accepts(graph: Graph, x: str, y: str, given, measured) -> bool:
    try:
        found = check_adjustment(graph, x, y, sorted(given), measured)
    except (NotIdentified, GraphError):
        return False
    assert set(found.adjustment) == set(given)
    return True


def test_accepts_exactly_the_valid_sets_of_random_graphs():
    rng = random.Random(7)
    compared = {True: 0, False: 0}
    for _ in range(150):
        graph, x, y, measured = random_problem(rng)
        valid = valid_sets(graph, x, y, measured)
        for given in map(frozenset, subsets(set(measured) - {x, y})):
            assert accepts(graph, x, y, given, measured) == (given in valid), (str(graph), given)
            compared[given in valid] += 1
    assert min(compared.values()) > 100


def test_an_open_path_is_named_with_a_set_that_would_do():
    graph = Graph.parse("z -> x; z -> y; x -> y; w -> y")
    with pytest.raises(
        NotIdentified, match="Adjusting for w leaves the path 'x <- z -> y' open"
    ) as e:
        check_adjustment(graph, "x", "y", ["w"], "xyzw")
    assert e.value.open_path.nodes == ("x", "z", "y")
    assert "adjusting for z and w would do" in str(e.value)


def test_adjusting_for_nothing_can_be_wrong_too():
    with pytest.raises(NotIdentified, match="Adjusting for nothing leaves"):
        check_adjustment(Graph.parse("z -> x; z -> y; x -> y"), "x", "y", [], "xyz")


def test_a_mediator_is_refused():
    graph = Graph.parse("x -> m -> y; m -> after")
    with pytest.raises(GraphError, match="takes part of the effect away") as caught:
        check_adjustment(graph, "x", "y", ["after"], ["x", "y", "m", "after"])
    assert caught.value.code == "adjusts-for-effect"
    assert caught.value.column == "after"


def test_a_column_outside_the_graph_is_refused():
    with pytest.raises(GraphError, match="no variable 'q'"):
        check_adjustment(Graph.parse("x -> y"), "x", "y", ["q"], "xyq")


def test_the_assumptions_are_about_the_stated_variables():
    graph = Graph.parse("a -> x; a -> b -> y; x -> y")
    found = check_adjustment(graph, "x", "y", ["a"], "abxy")
    assert found.graph is graph
    assert found.assumptions[0].startswith("The graph is right")
    assert any("among rows alike in a," in sentence for sentence in found.assumptions)
    assert not any("alike in b" in sentence for sentence in found.assumptions)
