"""Effects through what lies on the way: the front-door criterion, decided without trying sets."""

from __future__ import annotations

from collections.abc import Collection

from causal.graph import Graph
from causal.graph.bits import Mask, places
from causal.identification.expression import Probability, add_up, multiply
from causal.identification.functional import Functional
from causal.identification.question import Question


def find_front_door(
    graph: Graph, treatment: str, outcome: str, observed: Collection[str]
) -> tuple[str, ...] | None:
    """Finds variables through which the whole effect passes, unconfounded on both sides.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one, which the treatment affects.
        observed: What was measured.

    Returns:
        A set of mediators with nothing to spare, in the order of the graph; None where no set of
        measured variables meets the criterion.

    Source:
        Pearl (2009), Causality, definition 3.3.3; Jeong, Tian and Bareinboim (2022), Finding and
        listing front-door adjustment sets, NeurIPS, and Wienobst, van der Zander and Liskiewicz
        (2024), Linear-time algorithms for front-door adjustment in causal graphs, AAAI, for the
        largest set, which decides whether there is one.

    Example:
        >>> find_front_door(Graph.parse("x -> m -> y; x <-> y"), "x", "y", "xmy")
        ('m',)
    """
    question = Question.ask(graph, treatment, outcome, observed)
    largest = largest_front_door(question, question.bits.mask(question.measured))
    if not question.causal or largest is None or question.selected:
        return None
    return question.bits.named(shrink(question, largest))


def front_door_functional(treatment: str, outcome: str, mediators: Collection[str]) -> Functional:
    """Writes the front-door formula.

    Source:
        Pearl (2009), Causality, theorem 3.3.4.

    Example:
        >>> print(front_door_functional("x", "y", ["m"]))
        P(y | do(x)) = Σ_{m} P(m | x) Σ_{x'} P(x') P(y | x', m)
    """
    onward = multiply([Probability((treatment,)), Probability((outcome,), (treatment, *mediators))])
    first = Probability(tuple(mediators), (treatment,))
    whole = add_up(list(mediators), multiply([first, add_up([treatment], onward)]))
    return Functional((treatment,), (outcome,), whole)


def largest_front_door(question: Question, candidates: Mask) -> Mask | None:
    """Finds the largest set of candidates that meets the criterion, or None.

    A set that meets all conditions but the first (that all directed paths pass through it) keeps
    them when it is joined with another such set, so there is a largest one, and if that one does
    not stop all directed paths, none does.
    """
    bits, x, y = question.bits, question.x, question.y
    behind = bits.without_out(x).reach(x, 0, 0)
    kept = candidates & ~behind
    while True:
        after = bits.without_out(kept)
        confounded = kept & after.reach(y, x, after.ancestors(x))
        if not confounded:
            break
        kept &= ~confounded
    passed_by = bits.descendants(x, ~kept) & y
    return None if passed_by else kept


def shrink(question: Question, mediators: Mask) -> Mask:
    """Leaves out of a front-door set what it can spare."""
    bits = question.bits
    # What meets the effect last, or first, is often enough; if it is, little is left to try.
    on_way = mediators & question.causal
    free = ~mediators
    last = on_way & bits.neighbours(bits.parents, bits.ancestors(question.y, free))
    first = on_way & bits.neighbours(bits.children, bits.descendants(question.x, free))
    for part in (on_way, last, first):
        fewer = largest_front_door(question, mediators & part)
        mediators = mediators if fewer is None else fewer
    for i in places(mediators):
        fewer = largest_front_door(question, mediators & ~(1 << i))
        mediators = mediators if fewer is None else fewer
    return mediators
