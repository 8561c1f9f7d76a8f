"""Laws of graphs: names of nodes, order of arrows, and nodes that touch nothing."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

import causal
from causal.graph import separated
from tests.laws.law import law
from tests.laws.strategies import seeds

NAMES = ("t", "y", "u", "v", "w", "z")


@st.composite
def graphs(draw: st.DrawFn) -> list[str]:
    """Random acyclic arrows between six nodes, some of them unmeasured common causes."""
    order = draw(st.permutations(NAMES))
    arrows = []
    for first, second in itertools.combinations(order, 2):
        kind = draw(st.sampled_from(["", "", "->", "->", "<->"]))
        if kind and {first, second} != {"t", "y"}:
            arrows.append(f"{first} {kind} {second}")
    return [*arrows, "t -> y"] if order.index("t") < order.index("y") else [*arrows, "t; y"]


def answer(arrows: list[str], outcome: str = "y", treatment: str = "t", **asked: object) -> object:
    """What is to be adjusted for, or None where nothing that was measured will do."""
    try:
        text = "; ".join(arrows)
        found = causal.identify(text, outcome=outcome, treatment=treatment, **asked)
    except causal.NotIdentified:
        return None
    return frozenset(found.adjustment)


@law(60, arrows=graphs(), seed=seeds)
def test_order_of_arrows(arrows: list[str], seed: int):
    """The order in which arrows are written says nothing, nor does writing one twice."""
    order = np.random.default_rng(seed).permutation(len(arrows))
    mixed = [arrows[place] for place in order]
    assert causal.Graph.parse("; ".join(mixed)) == causal.Graph.parse("; ".join(arrows))
    assert answer(mixed) == answer([*arrows, arrows[0]]) == answer(arrows)


@law(60, arrows=graphs())
def test_names_of_nodes(arrows: list[str]):
    """Other names of nodes leave whether an effect is identified, and rename what is adjusted."""
    words = dict(zip(NAMES, ("dose", "health", "n1", "n2", "n3", "n4"), strict=True))
    renamed = [
        " ".join(words.get(word, word) for word in a.replace(";", " ;").split()) for a in arrows
    ]
    one, other = answer(arrows), answer(renamed, "health", "dose")
    assert (one is None) == (other is None)
    if one is not None:
        assert other == {words[name] for name in one}


@law(60, arrows=graphs())
def test_isolated_node(arrows: list[str]):
    """A node that touches nothing leaves the identification as it is."""
    assert answer([*arrows, "alone"]) == answer(arrows)


@law(60, arrows=graphs())
def test_consequence_of_the_outcome(arrows: list[str]):
    """A consequence of the outcome leaves the identification as it is, and is not adjusted for."""
    found = answer([*arrows, "y -> later"])
    assert found == answer(arrows)


@law(60, arrows=graphs())
def test_more_measured(arrows: list[str]):
    """What can be identified with fewer columns can be with more."""
    fewer = answer(arrows, observed=["t", "y", "u", "v"])
    assert fewer is None or answer(arrows) is not None


@law(60, arrows=graphs(), held=st.sets(st.sampled_from(NAMES[2:])))
def test_separation_is_mutual(arrows: list[str], held: set[str]):
    """If t says nothing about y given some columns, y says nothing about t."""
    graph = causal.Graph.parse("; ".join(arrows))
    held = {name for name in held if name in graph.nodes}
    assert separated(graph, {"t"}, {"y"}, held) == separated(graph, {"y"}, {"t"}, held)


@law(60, arrows=graphs())
def test_printed(arrows: list[str]):
    """A graph that is printed and read again is the same graph."""
    graph = causal.Graph.parse("; ".join(arrows))
    assert causal.Graph.parse(str(graph)) == graph
