"""The backdoor criterion, decided without listing paths or sets."""

from __future__ import annotations

from collections.abc import Collection

from causal.graph import Graph
from causal.identification.adjustment import choose
from causal.identification.assumptions import (
    GRAPH_IS_RIGHT,
    backdoor_assumptions,
    no_effect,
    selection_assumptions,
)
from causal.identification.identification import Identification
from causal.identification.obstacle import explain
from causal.identification.question import Question


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
    question = Question.ask(graph, treatment, outcome, observed)
    adjustment = choose(question)
    if adjustment is None:
        raise explain(question)
    ordered = question.bits.named(adjustment)
    sentences = (
        GRAPH_IS_RIGHT,
        *backdoor_assumptions(treatment, outcome, ordered),
        *selection_assumptions(graph, treatment, outcome),
        *no_effect(question),
    )
    return Identification(treatment, outcome, ordered, sentences, graph)
