"""Whether an adjustment that somebody states is one that the graph allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from causal.graph import Graph, GraphError, underlined
from causal.identification.assumptions import backdoor_assumptions
from causal.identification.backdoor import identify_backdoor
from causal.identification.identification import Identification, NotIdentified, adjusting, join
from causal.identification.obstacle import first_step, path_given
from causal.identification.question import Question


def check_adjustment(
    graph: Graph,
    treatment: str,
    outcome: str,
    adjustment: Sequence[str],
    observed: Collection[str],
) -> Identification:
    """Checks that adjusting for the given variables leaves nothing but the effect.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        adjustment: Variables of the graph.
        observed: Columns that were measured.

    Returns:
        The identification by these variables.

    Raises:
        NotIdentified: They leave a path open, which the error draws; or no variables would do.
        GraphError: The graph lacks one of them, or one of them is affected by the treatment on the
            way to the outcome.

    Source:
        The adjustment criterion: Shpitser, VanderWeele and Robins (2010), UAI; van der Zander,
        Liskiewicz and Textor (2019), Artificial Intelligence 270.

    Example:
        >>> graph = Graph.parse("z -> x; z -> y; x -> y; z -> w")
        >>> check_adjustment(graph, "x", "y", ["z", "w"], "xyzw").adjustment
        ('z', 'w')
    """
    possible = identify_backdoor(graph, treatment, outcome, observed)
    instead = f"By this graph {adjusting(possible.adjustment)} would do."
    for name in adjustment:
        graph.require(name)
    question = Question.ask(graph, treatment, outcome, observed)
    bits, chosen = graph.bits, graph.bits.mask(adjustment)
    spoiling = bits.named(bits.descendants(question.causal) & chosen)
    if spoiling:
        names = join([f"'{name}'" for name in spoiling])
        them = "it" if len(spoiling) == 1 else "them"
        raise GraphError(
            f"Adjusting for {names} takes part of the effect away: by the graph, '{treatment}' "
            f"affects {them} on the way to '{outcome}'.{underlined(graph, spoiling[0])}",
            code="adjusts-for-effect",
            column=spoiling[0],
            hint=f"Leave {them} out. {instead}",
        )
    path = path_given(question, chosen | question.selected)
    if path is not None:
        said = f"Adjusting for {join(adjustment)}" if adjustment else "Adjusting for nothing"
        raise NotIdentified(
            f"{said} leaves the path '{path}' open, so that {treatment} and {outcome} are "
            f"associated for other reasons than the effect.{underlined(graph, *first_step(path))}",
            treatment=treatment,
            outcome=outcome,
            open_path=path,
            hint=f"Correct the graph, or what is adjusted for. {instead}",
        )
    usual = backdoor_assumptions(treatment, outcome, possible.adjustment)
    about_graph = [sentence for sentence in possible.assumptions if sentence not in usual]
    believed = (*about_graph, *backdoor_assumptions(treatment, outcome, adjustment))
    return replace(possible, adjustment=tuple(adjustment), assumptions=believed)
