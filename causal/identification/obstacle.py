"""Why an effect cannot be had by adjustment, and what would help, in sentences."""

from __future__ import annotations

from causal.graph.graph import Graph
from causal.graph.separation import Path, connected, open_path, separated
from causal.identification.adjustment import (
    backdoor_graph,
    canonical_set,
    causal_nodes,
)
from causal.identification.identification import NotIdentified, join


def explain(graph: Graph, treatment: str, outcome: str, measured: frozenset[str]) -> NotIdentified:
    """Makes the error for an effect that no adjustment gives.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        measured: The other variables of the graph that were measured.

    Returns:
        The error, with a path that stays open under the canonical adjustment set.
    """
    backdoor = backdoor_graph(graph, treatment, outcome)
    canonical = canonical_set(graph, treatment, outcome, measured)
    path = open_path(backdoor, treatment, outcome, canonical)
    if path is None:
        raise ValueError("An effect that adjustment gives has no obstacle to explain.")
    sentences = (
        f"The effect of {treatment} on {outcome} cannot be had by adjusting for what was measured: "
        + openness(graph, path, backdoor, canonical),
        *blame(graph, path, measured),
    )
    hints = remedies(graph, path, measured)
    return NotIdentified(
        " ".join(sentences),
        treatment=treatment,
        outcome=outcome,
        open_path=path,
        hint="What could be done: " + "; ".join(hints) + ".",
    )


def openness(graph: Graph, path: Path, backdoor: Graph, canonical: frozenset[str]) -> str:
    """Draws the open path, and says why adjustment does not close it."""
    if not path.colliders:
        return f"the path {path} stays open whatever may be adjusted for."
    opening = canonical & graph.descendants(*path.colliders)
    other = open_path(backdoor, path.nodes[0], path.nodes[-1], canonical - opening)
    names = join(graph.ordered(opening))
    return (
        f"adjusting for {names} opens the path {path}, and without {names} the path {other} "
        "is open."
    )


def missing_on(graph: Graph, path: Path, measured: frozenset[str]) -> tuple[str, ...]:
    """Lists the variables of the path that would close it, had they been measured."""
    passing = set(path.nodes[1:-1]) - set(path.colliders) - measured
    spoiling = causal_nodes(graph, path.nodes[0], path.nodes[-1])
    return tuple(name for name in path.nodes if name in passing - spoiling)


def blame(graph: Graph, path: Path, measured: frozenset[str]) -> list[str]:
    """Says of each thing on the path why it cannot be used to close it."""
    treatment, outcome = path.nodes[0], path.nodes[-1]
    found = []
    missing = missing_on(graph, path, measured)
    if missing:
        found.append(
            f"{join(missing)} on it {'was' if len(missing) == 1 else 'were'} not measured."
        )
    steps = zip(path.nodes[:-1], path.arrows, path.nodes[1:], strict=True)
    found += [
        f"{one} <-> {other} stands for an unmeasured common cause of the two."
        for one, arrow, other in steps
        if arrow == "<->"
    ]
    spoiling = set(path.nodes[1:-1]) & causal_nodes(graph, treatment, outcome)
    if spoiling:
        names = join(graph.ordered(spoiling))
        found.append(
            f"{names} cannot be adjusted for: {treatment} affects {outcome} through "
            f"{'it' if len(spoiling) == 1 else 'them'}."
        )
    if outcome in graph.ancestors(treatment):
        found.append(f"By this graph it is {outcome} that affects {treatment}.")
    elif outcome not in graph.descendants(treatment):
        found.append(f"By this graph {treatment} has no effect on {outcome} at all.")
    return found


def remedies(graph: Graph, path: Path, measured: frozenset[str]) -> list[str]:
    """Lists what could be done, and names variables of the graph that would serve."""
    treatment, outcome = path.nodes[0], path.nodes[-1]
    if outcome in graph.ancestors(treatment):
        return ["look again at the direction of the arrows", "swap treatment and outcome"]
    missing = join(missing_on(graph, path, measured), "or")
    found = [f"measure {missing}" if missing else "measure the common cause and add it by name"]
    usable = join(instruments(graph, treatment, outcome, measured), "or")
    found.append(
        f"use {usable} as an instrument, which this graph allows"
        if usable
        else f"find an instrument (something that affects {outcome} through {treatment} alone)"
    )
    mediators = join(front_doors(graph, treatment, outcome, measured), "or")
    if mediators:
        found.append(f"go through {mediators} by the front-door formula, which this graph allows")
    return [*found, "ask how strong the unmeasured would have to be (sensitivity analysis)"]


def instruments(
    graph: Graph, treatment: str, outcome: str, measured: frozenset[str]
) -> tuple[str, ...]:
    """Finds variables tied to the treatment, and to the outcome only through its effect.

    Source:
        Pearl (2009), Causality, section 7.4, with nothing conditioned on.
    """
    backdoor = backdoor_graph(graph, treatment, outcome)
    relevant = connected(graph, treatment) - graph.descendants(treatment)
    return graph.ordered((relevant & measured) - connected(backdoor, outcome))


def front_doors(
    graph: Graph, treatment: str, outcome: str, measured: frozenset[str]
) -> tuple[str, ...]:
    """Finds single variables through which the whole effect passes, unconfounded on both sides.

    Source:
        Pearl (2009), Causality, definition 3.3.3.
    """
    backdoor = backdoor_graph(graph, treatment, outcome)
    found = []
    for name in graph.ordered(causal_nodes(graph, treatment, outcome) & measured):
        onward = graph.without_arrows([(name, child) for child in graph.children(name)])
        if (
            outcome not in onward.descendants(treatment)
            and separated(backdoor, treatment, name)
            and separated(onward, name, outcome, treatment)
        ):
            found.append(name)
    return tuple(found)
