"""Sets of variables to adjust for: one, one with nothing to spare, all of those, the most precise.

No function here tries subsets. One set takes time linear in the number of arrows; the list of all
minimal ones takes that time, times the number of variables, for each set that it gives.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from causal.graph import Graph
from causal.graph.bits import Bits, Mask
from causal.identification.question import Question

LIMIT = 1000
"""How many minimal sets are listed unless more are asked for; there may be exponentially many."""


@dataclass(frozen=True)
class AdjustmentSets:
    """The sets that have nothing to spare.

    Attributes:
        sets: Each in the order of the graph; smaller ones first, then as they were found.
        complete: Whether these are all, or the limit was reached.
    """

    sets: tuple[tuple[str, ...], ...]
    complete: bool

    def __str__(self) -> str:
        written = [f"{{{', '.join(names)}}}" for names in self.sets]
        if not self.complete:
            written.append("... and more")
        return ", ".join(written) if written else "none"


def choose(question: Question) -> Mask | None:
    """Chooses a valid adjustment set among the measured variables, or None if there is none.

    Nothing where nothing affects the treatment, as in an experiment; else the measured causes
    nearest to the outcome where they suffice; else a set with nothing to spare.
    """
    place = question.bits.place[question.treatment]
    caused = question.bits.parents[place] | question.bits.spouses[place]
    near = near_outcome(question)
    for chosen in (near,) if caused else (0, near):
        if question.is_valid(chosen):
            return chosen
    return minimal_set(question)


def minimal_adjustment(
    graph: Graph, treatment: str, outcome: str, observed: Collection[str]
) -> tuple[str, ...] | None:
    """Finds variables to adjust for with nothing to spare: no part of them would do.

    Of these sets it is the one nearest to the outcome, which tends to be precise. It need not be
    the smallest in number.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        observed: What was measured.

    Returns:
        The names in the order of the graph; None when nothing will do.

    Source:
        van der Zander and Liskiewicz (2019), Finding minimal d-separators in linear time and
        applications, UAI.

    Example:
        >>> graph = Graph.parse("z -> x; z -> w -> y; x -> y")
        >>> minimal_adjustment(graph, "x", "y", "xyzw")
        ('w',)
    """
    found = minimal_set(Question.ask(graph, treatment, outcome, observed))
    return None if found is None else graph.bits.named(found)


def minimal_adjustments(
    graph: Graph, treatment: str, outcome: str, observed: Collection[str], limit: int = LIMIT
) -> AdjustmentSets:
    """Lists all sets to adjust for that have nothing to spare.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        observed: What was measured.
        limit: How many to list at most; the answer says whether more were left.

    Example:
        >>> graph = Graph.parse("z -> x; z -> w -> y; x -> y")
        >>> print(minimal_adjustments(graph, "x", "y", "xyzw"))
        {z}, {w}
    """
    question = Question.ask(graph, treatment, outcome, observed)
    found = list(islice(iterate_minimal(question), limit + 1))
    first = sorted(found[:limit], key=lambda chosen: chosen.bit_count())
    return AdjustmentSets(
        tuple(question.bits.named(chosen) for chosen in first), len(found) <= limit
    )


def efficient_adjustment(
    graph: Graph, treatment: str, outcome: str, observed: Collection[str]
) -> tuple[str, ...] | None:
    """Finds the set whose estimate has the smallest asymptotic variance, where it was measured.

    It holds the direct causes of the outcome and of what lies between treatment and outcome. Its
    estimate is the most precise of all valid sets' in linear models and in non-parametric ones
    alike.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        observed: What was measured.

    Returns:
        The O-set in the order of the graph. None where one of its members was not measured, or the
        treatment does not affect the outcome: then which set is best depends on the numbers.

    Source:
        Henckel, Perkovic and Maathuis (2022), Graphical criteria for efficient total effect
        estimation via adjustment in causal linear models, JRSS B 84, theorem 3.10; Rotnitzky and
        Smucler (2020), JMLR 21, beyond linear models.

    Example:
        >>> graph = Graph.parse("z -> x; z -> w -> y; x -> y; v -> y")
        >>> efficient_adjustment(graph, "x", "y", "xyzwv")
        ('w', 'v')
    """
    question = Question.ask(graph, treatment, outcome, observed)
    bits, causal = question.bits, question.causal
    spoiled = bits.neighbours(bits.spouses, causal)
    near = bits.neighbours(bits.parents, causal) & ~question.forbidden
    unmeasured = near & ~question.allowed
    if not causal or spoiled or unmeasured or question.selected or not question.is_valid(near):
        return None
    return bits.named(near)


def minimal_set(question: Question) -> Mask | None:
    """Finds a valid set with nothing to spare, or None."""
    if not question.recoverable:
        return None
    return question.backdoor.nearest_separator(
        question.x, question.y, question.allowed, question.selected
    )


def near_outcome(question: Question) -> Mask:
    """Collects the measured causes nearest to the outcome and to what lies on the way to it.

    Where all direct causes of those variables were measured, this is the O-set. For an unmeasured
    direct cause its own nearest measured causes stand in; the set may then fail, and is checked by
    its user.
    """
    bits = question.bits
    passed = waiting = question.causal
    near = 0
    while waiting:
        fresh = bits.neighbours(bits.parents, waiting) & ~passed & ~question.x
        passed |= fresh
        near |= fresh & question.allowed
        waiting = fresh & ~question.allowed
    return near


def iterate_minimal(question: Question) -> Iterator[Mask]:
    """Yields all valid sets with nothing to spare, each one as soon as it is found."""
    if question.recoverable:
        yield from minimal_separators(
            question.backdoor, question.x, question.y, question.allowed, question.selected
        )


def minimal_separators(
    bits: Bits, x: Mask, y: Mask, candidates: Mask, always: Mask = 0
) -> Iterator[Mask]:
    """Yields all sets of candidates that separate x and y and of which no part does.

    Each set is a wall around what can still be reached from x. From one wall, others follow by
    letting one of its members in and taking the nearest wall outside; every wall can be reached
    from the one that stands nearest to x.

    Args:
        bits: The graph.
        x: A set.
        y: Another one.
        candidates: What may be chosen.
        always: What is known anyway.

    Source:
        Shen and Liang (1997), Efficient enumeration of all minimal separators in a graph,
        Theoretical Computer Science 180, on the moral graph of the ancestors, as in van der Zander,
        Liskiewicz and Textor (2019), section 4. Departure: variables that may not be chosen are
        walked through and not contracted.
    """
    moral = bits.ancestors(x | y | always)
    usable = candidates & moral & ~(x | y | always)

    def nearest_wall(inside: Mask) -> Mask | None:
        reached = bits.reach(inside, usable & ~inside | always, moral, moral)
        if reached & y:
            return None
        wall = reached & usable & ~inside
        return wall & bits.reach(y, wall | always, moral, moral)

    seen: set[Mask] = set()
    waiting = deque([x])
    while waiting:
        wall = nearest_wall(waiting.popleft())
        if wall is None or wall in seen:
            continue
        seen.add(wall)
        yield wall
        known = wall | always
        inside = bits.reach(x, known, moral, moral) & ~known
        members = wall
        while members:
            low = members & -members
            waiting.append(inside | low)
            members ^= low
