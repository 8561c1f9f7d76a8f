import pytest

from causal.graph import Graph, GraphError
from causal.identification import (
    Identification,
    NotIdentified,
    check_hedge,
    identify_backdoor,
    identify_effect,
)

BACKDOOR = Graph.parse("z -> x; z -> y; x -> y")
FRONT_DOOR = Graph.parse("x -> m -> y; x <-> y")
NAPKIN = Graph.parse("w -> r -> x -> y; w <-> x; w <-> y")
INSTRUMENT = Graph.parse("w -> z -> x -> y; w -> y; x <-> y")
BOW = Graph.parse("x -> y; x <-> y")


@pytest.mark.parametrize(
    ("graph", "strategy", "said"),
    [
        (BACKDOOR, "backdoor", "adjusting for z"),
        (FRONT_DOOR, "front-door", "the front-door through m: P(y | do(x)) = Σ_{m} P(m | x)"),
        (NAPKIN, "functional", "the formula P(y | do(x)) = [Σ_{w} P(w) P(x, y | w, r)]"),
        (INSTRUMENT, "instrument", "the instrument z given w"),
    ],
)
def test_the_first_way_that_the_graph_allows(graph, strategy, said):
    found = identify_effect(graph, "x", "y", graph.nodes)
    assert found.strategy == strategy and found.graph is graph
    assert f"follows from {said}" in str(found)
    assert all(sentence.endswith(".") for sentence in found.assumptions)
    assert any(sentence.startswith("Consistency") for sentence in found.assumptions)
    assert (found.functional is not None) == (strategy in ("front-door", "functional"))
    assert found.mediators == (("m",) if strategy == "front-door" else ())


def test_when_adjustment_fails_the_error_carries_the_other_ways():
    with pytest.raises(NotIdentified) as caught:
        identify_backdoor(FRONT_DOOR, "x", "y", "xmy")
    ways = [way.strategy for way in caught.value.others]
    assert ways == ["front-door", "functional"] and caught.value.hedge is None
    assert "go through m by the front-door formula" in str(caught.value)
    with pytest.raises(NotIdentified) as caught:
        identify_backdoor(NAPKIN, "x", "y", "wrxy")
    assert "evaluate P(y | do(x)) = [Σ_{w}" in str(caught.value)
    with pytest.raises(NotIdentified) as caught:
        identify_backdoor(INSTRUMENT, "x", "y", "wzxy")
    error = caught.value
    assert "use z given w as an instrument, which this graph allows" in str(error)
    assert error.hedge is not None and check_hedge(INSTRUMENT, error.hedge, "wzxy")
    assert "do not look for another formula" in str(error)


def test_nothing_helps_a_bow():
    with pytest.raises(NotIdentified) as caught:
        identify_effect(BOW, "x", "y", "xy")
    error = caught.value
    assert error.others == () and error.hedge is not None
    assert str(error.open_path) == "x <-> y"
    assert "find an instrument" in str(error) and "(a hedge)" in str(error)


def test_one_way_can_be_asked_for():
    found = identify_effect(BACKDOOR, "x", "y", "xyz", "functional")
    assert str(found.functional) == "P(y | do(x)) = Σ_{z} P(z) P(y | z, x)"
    assert identify_effect(BACKDOOR, "x", "y", "xyz", "backdoor").adjustment == ("z",)
    with pytest.raises(NotIdentified, match="in this way \\(front-door\\)") as caught:
        identify_effect(BACKDOOR, "x", "y", "xyz", "front-door")
    assert "it follows from adjusting for z" in str(caught.value)
    with pytest.raises(NotIdentified, match="no measured variable goes with y through x alone"):
        identify_effect(BOW, "x", "y", "xy", "instrument")
    with pytest.raises(NotIdentified, match="so no formula") as caught:
        identify_effect(INSTRUMENT, "x", "y", "wzxy", "functional")
    assert caught.value.hedge is not None and "the instrument z given w" in str(caught.value)
    with pytest.raises(NotIdentified, match="x <-> y"):
        identify_effect(BOW, "x", "y", "xy", "backdoor")


def test_a_wrong_way_is_refused():
    with pytest.raises(GraphError, match="Did you mean 'front-door'") as caught:
        identify_effect(BACKDOOR, "x", "y", "xyz", "frontdoor")  # type: ignore[arg-type]
    assert caught.value.code == "unknown-strategy"
    with pytest.raises(GraphError, match="declared selected"):
        identify_effect(Graph.parse("x -> y; y [selected]"), "x", "y", "xy")


def test_formulas_are_not_promised_for_selected_rows():
    graph = Graph.parse("x -> m -> y; x <-> y; x -> s; s [selected]")
    with pytest.raises(NotIdentified) as caught:
        identify_effect(graph, "x", "y", "xmy")
    assert caught.value.others == ()
    with pytest.raises(NotIdentified, match="not looked for where rows were selected"):
        identify_effect(graph, "x", "y", "xmy", "functional")


def test_an_identification_without_a_graph_is_one_of_adjustment():
    bare = Identification("x", "y", ("z",), ("Believe it.",))
    assert bare.strategy == "backdoor" and bare.way == "adjusting for z"
