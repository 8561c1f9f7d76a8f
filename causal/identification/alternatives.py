"""Ways from data to effect other than adjustment: front-door, formula, instrument."""

from __future__ import annotations

from causal.identification.assumptions import (
    GRAPH_IS_RIGHT,
    front_door_assumptions,
    functional_assumptions,
    instrument_assumptions,
)
from causal.identification.frontdoor import find_front_door, front_door_functional
from causal.identification.functional import Functional, Hedge, find_functional
from causal.identification.identification import Identification
from causal.identification.instrument import iterate_instruments
from causal.identification.question import Question


def front_door(question: Question) -> Identification | None:
    """Goes through mediators that the treatment's confounders do not touch, where there are any."""
    graph, x, y = question.graph, question.treatment, question.outcome
    mediators = find_front_door(graph, x, y, question.observed)
    if mediators is None:
        return None
    return Identification(
        x,
        y,
        (),
        (GRAPH_IS_RIGHT, *front_door_assumptions(x, y, mediators)),
        graph,
        "front-door",
        mediators=mediators,
        functional=front_door_functional(x, y, mediators),
    )


def functional(question: Question) -> Identification | Hedge | None:
    """Writes the effect as a formula of what was measured, or proves that there is none.

    Returns:
        None with selected rows, for which this is not decided here.
    """
    graph, x, y = question.graph, question.treatment, question.outcome
    if question.selected:
        return None
    found = find_functional(graph, x, y, question.observed)
    if not isinstance(found, Functional):
        return found
    sentences = (GRAPH_IS_RIGHT, *functional_assumptions(found))
    return Identification(x, y, (), sentences, graph, "functional", functional=found)


def instrument(question: Question) -> Identification | None:
    """Takes the first instrument that the graph allows, one that needs nothing else if possible."""
    x, y = question.treatment, question.outcome
    for found in iterate_instruments(question):
        sentences = (GRAPH_IS_RIGHT, *instrument_assumptions(x, y, found))
        return Identification(
            x, y, found.given, sentences, question.graph, "instrument", instrument=found
        )
    return None


def other_ways(question: Question) -> tuple[tuple[Identification, ...], Hedge | None]:
    """Collects the ways that the graph allows, the ones that ask for the least first.

    Returns:
        The ways, and the hedge where no formula of what was measured gives the effect.
    """
    formula = functional(question)
    if isinstance(formula, Identification):
        ways = (front_door(question), formula, instrument(question))
    else:
        # A front-door is a formula: where there is none, it need not be looked for.
        ways = (instrument(question),)
    hedge = formula if isinstance(formula, Hedge) else None
    return tuple(way for way in ways if way is not None), hedge
