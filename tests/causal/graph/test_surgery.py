import random

import pytest

from causal.graph import (
    Graph,
    GraphError,
    intervene,
    name_latents,
    project,
    separated,
    without_effects,
)
from tests.causal.graph.test_separation import random_graph, split


def test_an_intervention_cuts_what_points_at_the_variable():
    graph = Graph.parse("z -> x; x -> y; x <-> y; z <-> y; u -> x; u [latent]")
    assert str(intervene(graph, "x")) == "x -> y; z <-> y; u; u [latent]"
    assert intervene(graph, ["x", "y"]) == Graph.parse("z; x; y; u [latent]; u")
    assert without_effects(graph, "z") == Graph.parse(
        "x -> y; x <-> y; z <-> y; u -> x; u [latent]"
    )
    with pytest.raises(GraphError, match="no variable 'w'"):
        intervene(graph, "w")
    with pytest.raises(GraphError, match="No variable was named"):
        intervene(graph, [])


@pytest.mark.parametrize(
    ("text", "kept", "expected"),
    [
        ("u -> x; u -> y; x -> y", "xy", "x -> y; x <-> y"),
        ("x -> m -> y", "xy", "x -> y"),
        ("u -> v -> x; v -> y; u -> z", "xyz", "x <-> y; x <-> z; y <-> z"),
        ("m <-> x; m -> y", "xy", "x <-> y"),
        ("a <-> b; a -> x; b -> y; a -> z", "xyz", "x <-> y; x <-> z; z <-> y"),
        ("x -> c <- y", "xy", "x; y"),
        ("x -> l -> y; l -> z", "xyz", "x -> y; x -> z; y <-> z"),
    ],
)
def test_projections_by_hand(text, kept, expected):
    assert project(Graph.parse(text), tuple(kept)) == Graph.parse(expected)


def test_a_projection_keeps_every_separation_of_what_is_kept():
    rng = random.Random(20260401)
    answers = []
    for _ in range(250):
        graph = random_graph(rng, rng.randint(4, 9), rng.choice([0.25, 0.45]), 0.1)
        kept = [name for name in graph.nodes if rng.random() < 0.7]
        x, y, z = split(rng, tuple(kept))
        if not (x and y):
            continue
        answers.append(separated(graph, x, y, z))
        assert separated(project(graph, kept), x, y, z) == answers[-1], (str(graph), kept, x, y, z)
        assert separated(name_latents(graph), x, y, z) == answers[-1]
    assert 20 < sum(answers) < len(answers) - 20


def test_by_default_the_latent_are_left_out():
    graph = Graph.parse("u [latent]; u -> x; u -> y; x -> y; y -> s; s [selected]")
    assert project(graph) == Graph.parse("x -> y; x <-> y; y -> s; s [selected]")
