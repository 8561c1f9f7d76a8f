import networkx as nx
import pytest

from causal.graph import Graph, GraphError


def test_digraphs_are_read_with_their_marks():
    network = nx.DiGraph([("z", "x"), ("z", "y"), ("x", "y"), ("u", "x")])
    network.add_node("u", observed="no")
    network.add_node("s", selected=True)
    network.add_edge("y", "s")
    expected = Graph.parse("z -> x; z -> y; x -> y; u -> x; y -> s; u [latent]; s [selected]")
    assert Graph.from_networkx(network) == expected
    network.nodes["u"].clear()
    network.nodes["u"]["latent"] = True
    assert Graph.from_networkx(network) == expected


@pytest.mark.parametrize("mark", [{"bidirected": True}, {"dir": "both"}, {"arrow": "<->"}])
def test_multigraphs_hold_both_kinds_of_arrow(mark):
    network = nx.MultiDiGraph([("x", "y")])
    network.add_edge("x", "y", **mark)
    assert Graph.from_networkx(network) == Graph.parse("x -> y; x <-> y")


def test_what_cannot_be_a_causal_graph_is_refused():
    with pytest.raises(GraphError, match="undirected edges") as caught:
        Graph.from_networkx(nx.Graph([("x", "y")]))  # type: ignore[arg-type]
    assert caught.value.code == "undirected"
    with pytest.raises(GraphError, match="a cycle of 3 arrows: 'a -> b -> c -> a'"):
        Graph.from_networkx(nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a")]))
    with pytest.raises(GraphError, match="named 1"):
        Graph.from_networkx(nx.DiGraph([(1, 2)]))
    with pytest.raises(GraphError, match="no variables"):
        Graph.from_networkx(nx.DiGraph())
