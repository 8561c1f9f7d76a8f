"""The backdoor criterion, decided without listing paths or sets."""

from __future__ import annotations

from collections.abc import Collection

from causal.graph.errors import GraphError
from causal.graph.graph import Graph
from causal.graph.separation import nearest_separator, separated
from causal.identification.adjustment import (
    backdoor_graph,
    canonical_set,
    causal_nodes,
    near_outcome,
)
from causal.identification.identification import Identification, backdoor_assumptions
from causal.identification.obstacle import explain


def identify_backdoor(
    graph: Graph, treatment: str, outcome: str, observed: Collection[str]
) -> Identification:
    """Finds variables to adjust for, so that what is left between the two is the effect.

    A set is found whenever one exists. Nothing is adjusted for where nothing affects the
    treatment, as in an experiment. Otherwise the measured causes nearest to the outcome are
    taken, the most precise choice, where they suffice; and if not, a set with nothing to spare.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        observed: Columns that were measured; those outside the graph are passed over. A variable
            of the graph that is not among them, or is declared latent, was not measured.

    Returns:
        The adjustment set and what has to be believed.

    Raises:
        NotIdentified: No set of measured variables will do. The error draws the path that stays
            open and says what would help.
        GraphError: The treatment or outcome is not in the graph, or was not measured.

    Source:
        van der Zander, Liskiewicz and Textor (2014, UAI; 2019, Artificial Intelligence 270), for
        the proper backdoor graph and the canonical set; Henckel, Perkovic and Maathuis (2022),
        JRSS B 84, for the set near the outcome (the O-set, where all of it was measured).

    Example:
        >>> graph = Graph.parse("z -> x; z -> y; x -> y")
        >>> identify_backdoor(graph, "x", "y", ["x", "y", "z"]).adjustment
        ('z',)
    """
    check_question(graph, treatment, outcome, observed)
    measured = frozenset(observed) & frozenset(graph.nodes) - graph.latent - {treatment, outcome}
    adjustment = choose(graph, treatment, outcome, measured)
    if adjustment is None:
        raise explain(graph, treatment, outcome, measured)
    ordered = graph.ordered(adjustment)
    sentences = (
        "The graph is right: each arrow left out stands for no direct effect, and each missing "
        "<-> for no unmeasured common cause.",
        *backdoor_assumptions(treatment, outcome, ordered),
    )
    if not causal_nodes(graph, treatment, outcome):
        sentences += (
            f"By this graph {treatment} has no effect on {outcome}, directly or through others: "
            "the effect is zero, and an estimate away from zero speaks against the graph.",
        )
    return Identification(treatment, outcome, ordered, sentences, graph)


def choose(
    graph: Graph, treatment: str, outcome: str, measured: frozenset[str]
) -> frozenset[str] | None:
    """Chooses a valid adjustment set among the measured variables, or None if there is none."""
    if not graph.parents(treatment) and not graph.spouses(treatment):
        return frozenset()
    backdoor = backdoor_graph(graph, treatment, outcome)
    near = near_outcome(graph, treatment, outcome, measured)
    if separated(backdoor, treatment, outcome, near):
        return near
    canonical = canonical_set(graph, treatment, outcome, measured)
    if separated(backdoor, treatment, outcome, canonical):
        return nearest_separator(backdoor, treatment, outcome, canonical)
    return None


def check_question(graph: Graph, treatment: str, outcome: str, observed: Collection[str]) -> None:
    """Checks that the treatment and the outcome are two measured variables of the graph.

    Raises:
        GraphError: Otherwise.
    """
    for role, name in (("treatment", treatment), ("outcome", outcome)):
        graph.require(name)
        if name in graph.latent or name not in observed:
            reason = "declared latent" if name in graph.latent else "not among the columns"
            raise GraphError(
                f"The {role} '{name}' was not measured: it is {reason}.",
                code=f"unmeasured-{role}",
                column=name,
                hint="Both treatment and outcome have to be columns of the data.",
            )
    if treatment == outcome:
        raise GraphError(
            f"'{treatment}' is both treatment and outcome.",
            code="same-variable",
            column=treatment,
            hint="Name two different variables.",
        )
