"""Graphs made from a graph: after an intervention, without what was not measured, and back."""

from __future__ import annotations

from collections.abc import Collection

from causal.graph.bits import Bits, places
from causal.graph.errors import GraphError
from causal.graph.graph import Graph


def intervene(graph: Graph, names: str | Collection[str]) -> Graph:
    """Sets variables from outside: nothing in the graph affects them any more.

    Args:
        graph: Who affects whom.
        names: One variable or several.

    Returns:
        The graph without the arrows `->` and `<->` that point at them.

    Source:
        Pearl (2009), Causality, section 3.2: the graph of `do(x)`.

    Example:
        >>> str(intervene(Graph.parse("z -> x; z -> y; x -> y; x <-> y"), "x"))
        'z -> y; x -> y'
    """
    set_here = checked(graph, names)
    return Graph(
        tuple(pair for pair in graph.directed if pair[1] not in set_here),
        tuple(pair for pair in graph.bidirected if not set_here & set(pair)),
        graph.latent,
        graph.nodes,
        graph.selected,
    )


def without_effects(graph: Graph, names: str | Collection[str]) -> Graph:
    """Takes the arrows out of variables away; what still connects them is not their effect.

    Example:
        >>> str(without_effects(Graph.parse("z -> x; z -> y; x -> y"), "x"))
        'z -> x; z -> y'
    """
    muted = checked(graph, names)
    return graph.without_arrows([pair for pair in graph.directed if pair[0] in muted])


def project(graph: Graph, kept: Collection[str] | None = None) -> Graph:
    """Leaves variables out of the graph and keeps what the others' distribution shows of them.

    Args:
        graph: Who affects whom.
        kept: The variables to keep; None leaves out those that are declared latent.

    Returns:
        The latent projection: `a -> b` where a affects b directly or through left-out variables
        alone, and `a <-> b` where a left-out variable affects both through left-out ones alone.

    Source:
        Verma and Pearl (1990), Equivalence and synthesis of causal models, UAI; Tian and Pearl
        (2003), On the identification of causal effects, UCLA R-290-L, for the construction.

    Example:
        >>> str(project(Graph.parse("u [latent]; u -> x; u -> y; x -> y")))
        'x -> y; x <-> y'
    """
    names = set(graph.nodes) - graph.latent if kept is None else checked(graph, kept)
    bits = graph.bits
    directed, bidirected = projected_arrows(bits, bits.mask(names))
    return Graph(
        tuple((bits.names[i], bits.names[j]) for i, j in directed),
        tuple((bits.names[i], bits.names[j]) for i, j in bidirected),
        graph.latent & names,
        graph.ordered(names),
        graph.selected & names,
    )


def projected_arrows(bits: Bits, kept: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Finds the arrows `->` and `<->` of the latent projection, as pairs of places."""
    left_out = bits.everything & ~kept
    # What each variable affects directly, or through left-out ones alone.
    meets = [0] * len(bits.names)
    for i in reversed(bits.order):
        through = bits.children[i] & left_out
        meets[i] = bits.children[i] & kept
        for j in places(through):
            meets[i] |= meets[j]
    directed = [(i, j) for i in places(kept) for j in places(meets[i])]
    shares = [0] * len(bits.names)
    for i in places(left_out):
        for j in places(meets[i]):
            shares[j] |= meets[i]
    for i in range(len(bits.names)):
        ends = 1 << i if kept >> i & 1 else meets[i]
        others = 0
        for j in places(bits.spouses[i]):
            others |= 1 << j if kept >> j & 1 else meets[j]
        for j in places(ends):
            shares[j] |= others
    bidirected = [(i, j) for i in places(kept) for j in places(shares[i] >> i + 1 << i + 1)]
    return directed, bidirected


def name_latents(graph: Graph) -> Graph:
    """Writes each `<->` as a latent variable with two effects: the graph becomes a DAG.

    Returns:
        A graph with the same separations among the variables of the first one.

    Example:
        >>> str(name_latents(Graph.parse("x <-> y")))
        '"x <-> y" -> x; "x <-> y" -> y; "x <-> y" [latent]'
    """
    causes = {f"{one} <-> {other}": (one, other) for one, other in graph.bidirected}
    return Graph(
        (*graph.directed, *((name, end) for name, pair in causes.items() for end in pair)),
        (),
        graph.latent | set(causes),
        graph.nodes,
        graph.selected,
    )


def checked(graph: Graph, names: str | Collection[str]) -> set[str]:
    """Takes one name or several, all of them variables of the graph.

    Raises:
        GraphError: The graph lacks one.
    """
    if isinstance(names, str):
        return {graph.require(names)}
    if not names:
        raise GraphError(
            "No variable was named.", code="no-variable", hint="Name one variable or several."
        )
    return {graph.require(name) for name in names}
