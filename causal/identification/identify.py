"""Whether an effect can be had in any way that is known here, and by which."""

from __future__ import annotations

from collections.abc import Collection

from causal.graph import Graph, GraphError
from causal.graph.errors import nearest
from causal.identification.alternatives import front_door, functional, instrument
from causal.identification.backdoor import identify_backdoor
from causal.identification.functional import Hedge
from causal.identification.identification import Identification, NotIdentified, Strategy
from causal.identification.obstacle import obstacle
from causal.identification.question import Question


def identify_effect(
    graph: Graph,
    treatment: str,
    outcome: str,
    observed: Collection[str],
    strategy: Strategy | None = None,
) -> Identification:
    """Finds a way from data to effect: adjustment first, then what else the graph allows.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        observed: Columns that were measured; those outside the graph are passed over.
        strategy: The only way to accept; None takes the first of backdoor, front-door, functional
            and instrument that the graph allows. An instrument comes last, because it needs an
            assumption about how the effect differs between rows.

    Returns:
        The way, with what has to be believed.

    Raises:
        NotIdentified: The graph allows none of them. The error draws the path that stays open,
            carries the hedge that proves it, and lists the ways that were not accepted.
        GraphError: The treatment or outcome is not in the graph, or was not measured.

    Example:
        >>> found = identify_effect(Graph.parse("x -> m -> y; x <-> y"), "x", "y", "xmy")
        >>> found.strategy, found.mediators
        ('front-door', ('m',))
    """
    question = Question.ask(graph, treatment, outcome, observed)
    if strategy is None or strategy == "backdoor":
        try:
            return identify_backdoor(graph, treatment, outcome, observed)
        except NotIdentified as error:
            if strategy is None and error.others:
                return error.others[0]
            raise
    # A formula may be asked for although adjustment would do; it is then that of adjustment.
    ways = {"front-door": front_door, "functional": functional, "instrument": instrument}
    if strategy not in ways:
        raise GraphError(
            f"'{strategy}' is no way to an effect.{nearest(strategy, ('backdoor', *ways))}",
            code="unknown-strategy",
            hint=f"Take one of backdoor, {', '.join(ways)}, or None for the first that will do.",
        )
    found = ways[strategy](question)
    if not isinstance(found, Identification):
        raise refused(question, strategy, found)
    return found


def refused(question: Question, strategy: Strategy, hedge: Hedge | None) -> NotIdentified:
    """Makes the error for the one way that was asked for and is not open."""
    treatment, outcome = question.treatment, question.outcome
    reasons = {
        "front-door": "no measured variables stop every directed path and stay unconfounded with "
        f"{treatment}, and, given it, with {outcome}",
        "functional": f"{hedge}, so no formula of what was measured gives it"
        if hedge
        else "formulas are not looked for where rows were selected",
        "instrument": f"no measured variable goes with {outcome} through {treatment} alone",
    }
    try:
        instead = identify_effect(question.graph, treatment, outcome, question.observed)
        hint = f"By this graph it follows from {instead.way}."
    except NotIdentified as error:
        hint = error.hint or ""
    return NotIdentified(
        f"The effect of {treatment} on {outcome} does not follow in this way ({strategy}): "
        f"{reasons[strategy]}.",
        treatment=treatment,
        outcome=outcome,
        open_path=obstacle(question),
        hint=hint,
        hedge=hedge,
    )
