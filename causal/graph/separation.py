"""Which variables a graph says are independent, and along which path they are not."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from causal.graph.errors import GraphError
from causal.graph.graph import Graph

Arrival = tuple[str, bool]
"""A variable, and whether the walk came to it along an arrow that points at it."""


@dataclass(frozen=True)
class Path:
    """A path through a graph, drawn as `x <- u -> y`.

    Attributes:
        nodes: The variables on it, first to last.
        arrows: The arrow after each variable but the last: `->`, `<-` or `<->`.
    """

    nodes: tuple[str, ...]
    arrows: tuple[str, ...]

    @property
    def colliders(self) -> tuple[str, ...]:
        """The variables at which two arrows of the path meet head to head."""
        middle = zip(self.nodes[1:-1], self.arrows[:-1], self.arrows[1:], strict=True)
        return tuple(
            name for name, before, after in middle if before.endswith(">") and after[0] == "<"
        )

    def __str__(self) -> str:
        steps = zip(self.arrows, self.nodes[1:], strict=True)
        return self.nodes[0] + "".join(f" {arrow} {name}" for arrow, name in steps)


def separated(
    graph: Graph,
    x: str | Collection[str],
    y: str | Collection[str],
    given: str | Collection[str] = (),
) -> bool:
    """Says whether the graph makes x and y independent once the given variables are known.

    Args:
        graph: Directed and bidirected arrows; latent variables are variables like any other.
        x: One name or several.
        y: One name or several, none of them in x.
        given: One name or several, none of them in x or y.

    Returns:
        True when every path between x and y is blocked (d-separation; m-separation where the
        graph has bidirected arrows).

    Raises:
        GraphError: A name that the graph lacks, or one that stands in two of the three places.

    Source:
        Pearl (2009), Causality, definition 1.2.3; Richardson (2003), Scandinavian Journal of
        Statistics 30, for bidirected arrows; Shachter (1998), Bayes-Ball, for the linear time.

    Example:
        >>> separated(Graph.parse("x -> m -> y"), "x", "y", "m")
        True
    """
    return open_path(graph, x, y, given) is None


def open_path(
    graph: Graph,
    x: str | Collection[str],
    y: str | Collection[str],
    given: str | Collection[str] = (),
) -> Path | None:
    """Finds a shortest path along which x and y still depend on each other.

    A path without colliders is preferred, because it shows why the two are associated without a
    word on what conditioning opens.

    Args:
        graph: As for `separated`.
        x: One name or several.
        y: One name or several, none of them in x.
        given: One name or several, none of them in x or y.

    Returns:
        The path, or None when x and y are separated.

    Example:
        >>> print(open_path(Graph.parse("u -> x; u -> y"), "x", "y"))
        x <- u -> y
    """
    starts, ends, known = disjoint(graph, x, y, given)
    for opened in (frozenset[str](), graph.ancestors(*known)):
        steps = walk(graph, starts, known, opened)
        for arrival in steps:
            if arrival[0] in ends:
                return retrace(steps, arrival)
    return None


def connected(
    graph: Graph, x: str | Collection[str], given: str | Collection[str] = ()
) -> frozenset[str]:
    """Finds all variables that are not separated from x once the given ones are known.

    Returns:
        Names outside x and the given ones.
    """
    starts, _, known = disjoint(graph, x, (), given)
    steps = walk(graph, starts, known, graph.ancestors(*known))
    return frozenset(name for name, _ in steps) - set(starts) - known


def nearest_separator(graph: Graph, x: str, y: str, candidates: Collection[str]) -> frozenset[str]:
    """Shrinks a separating set to one that has nothing to spare, keeping what is nearest to y.

    Args:
        graph: As for `separated`.
        x: A name.
        y: Another name.
        candidates: Ancestors of x or y that together separate the two.

    Returns:
        A part of the candidates that separates x and y, no part of which does so.

    Source:
        van der Zander and Liskiewicz (2019), Finding minimal d-separators in linear time and
        applications, UAI: their minimal separator, with the search from y made first.
    """
    # Among ancestors every collider joins its causes in the moral graph, so all are open here.
    moral = graph.restricted(graph.ancestors(x, y))
    everything = frozenset(moral.nodes)
    kept = frozenset(candidates)
    for start in (y, x):
        kept &= {name for name, _ in walk(moral, (start,), kept, everything)}
    return kept


def walk(
    graph: Graph, starts: Collection[str], known: frozenset[str], opened: frozenset[str]
) -> dict[Arrival, tuple[Arrival | None, str]]:
    """Walks everywhere that dependence flows from the start, nearest first.

    Args:
        graph: The graph to walk in.
        starts: Variables to start from.
        known: Variables that stop the walk, except at colliders.
        opened: Variables at which the walk passes colliders.

    Returns:
        Each arrival with the one before it and the arrow between them. Each is visited once, so
        the time is linear in the number of arrows.
    """
    # Nothing stops a walk at its start, as if it had come there against an arrow.
    steps: dict[Arrival, tuple[Arrival | None, str]] = {
        (name, False): (None, "") for name in starts
    }
    waiting = deque(steps)
    while waiting:
        arrival = waiting.popleft()
        name, pointed_at = arrival
        passes = name not in known
        passes_up = name in opened if pointed_at else passes
        for arrow, others in graph.neighbours[name].items():
            if not (passes if arrow == "->" else passes_up):
                continue
            for other in others:
                following = (other, arrow != "<-")
                if following not in steps:
                    steps[following] = (arrival, arrow)
                    waiting.append(following)
    return steps


def retrace(steps: dict[Arrival, tuple[Arrival | None, str]], end: Arrival) -> Path:
    """Follows a walk back to its start.

    A shortest open walk comes to no variable twice: without the loop it would be open too.
    """
    nodes = [end[0]]
    arrows: list[str] = []
    before, arrow = steps[end]
    while before is not None:
        nodes.append(before[0])
        arrows.append(arrow)
        before, arrow = steps[before]
    return Path(tuple(reversed(nodes)), tuple(reversed(arrows)))


def disjoint(
    graph: Graph,
    x: str | Collection[str],
    y: str | Collection[str],
    given: str | Collection[str],
) -> tuple[tuple[str, ...], frozenset[str], frozenset[str]]:
    """Checks the names of a question, and that none of them stands in two places.

    Raises:
        GraphError: Otherwise.
    """
    seen: set[str] = set()
    places = [dict.fromkeys((part,) if isinstance(part, str) else part) for part in (x, y, given)]
    for name in (name for place in places for name in place):
        if graph.require(name) in seen:
            raise GraphError(
                f"'{name}' stands in two of the three places of a question on independence.",
                code="overlapping-sets",
                column=name,
                hint="Name each variable once.",
            )
        seen.add(name)
    return tuple(places[0]), frozenset(places[1]), frozenset(places[2])
