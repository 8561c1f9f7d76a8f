"""Instruments, alone or given other variables, decided without trying sets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from causal.graph import Graph
from causal.graph.bits import places
from causal.identification.question import Question


@dataclass(frozen=True)
class Instrument:
    """Something tied to the treatment, and to the outcome only through its effect.

    Attributes:
        name: The instrument.
        given: The variables that have to be held equal for this to be so.
    """

    name: str
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} given {' and '.join(self.given)}" if self.given else self.name


def find_instruments(
    graph: Graph, treatment: str, outcome: str, observed: Collection[str]
) -> tuple[Instrument, ...]:
    """Finds all variables that can serve as instruments, each with what to condition on.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one, which the treatment affects.
        observed: What was measured.

    Returns:
        Each instrument once, those that need nothing else first, otherwise in the order of the
        graph. An instrument gives the effect only with a further assumption: the same effect for
        all, or no row that does the opposite of what the instrument asks for.

    Source:
        van der Zander, Textor and Liskiewicz (2015), Efficiently finding conditional instruments
        for causal inference, IJCAI: where there is an instrument at all, there is one given some
        of its own and the outcome's ancestors, and then the separator nearest to the outcome will
        do (variables that become instruments only by opening colliders are passed over: to find
        those is NP-hard); Henckel, Buttenschoen and Maathuis (2024),
        Graphical tools for selecting conditional instrumental sets, Biometrika 111, for effects
        that pass through other variables.

    Example:
        >>> graph = Graph.parse("w -> z -> x -> y; w -> y; x <-> y")
        >>> [str(found) for found in find_instruments(graph, "x", "y", "wzxy")]
        ['z given w']
    """
    question = Question.ask(graph, treatment, outcome, observed)
    return tuple(sorted(iterate_instruments(question), key=lambda found: bool(found.given)))


def iterate_instruments(question: Question) -> Iterator[Instrument]:
    """Yields instruments, those that need nothing else first, then those nearest to the treatment.

    With selected rows none is given: what is known about every row may tie it to the outcome.
    """
    bits, x, y = question.bits, question.x, question.y
    if question.selected or not question.causal:
        return
    tied = bits.reach(x, 0, 0) & question.allowed
    alone = tied & ~question.backdoor.reach(y, 0, 0)
    for name in bits.named(alone):
        yield Instrument(name)
    near = (bits.neighbours(bits.parents, x) | bits.neighbours(bits.spouses, x)) & question.allowed
    for group in (near & ~alone, question.allowed & ~near & ~alone):
        for i in places(group):
            z = 1 << i
            given = question.backdoor.nearest_separator(z, y, question.allowed & ~z)
            if given is not None and not bits.separated(z, x, given):
                yield Instrument(bits.names[i], bits.named(given))
