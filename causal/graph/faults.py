"""What can be wrong with a set of arrows; it is said by whoever holds the text or the graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from causal.graph.errors import nearest

Arrow = tuple[str, str]


@dataclass(frozen=True)
class Fault:
    """One thing that keeps arrows from being a causal graph.

    Attributes:
        what: The sentence to show.
        code: A short, stable name of the mistake.
        hint: What to do about it.
        where: The arrows, or the single names, that it concerns.
    """

    what: str
    code: str
    hint: str
    where: tuple[tuple[str, ...], ...] = ()


def find_fault(
    directed: Sequence[Arrow],
    bidirected: Sequence[Arrow],
    latent: Iterable[str],
    nodes: Sequence[str],
    selected: Iterable[str] = (),
) -> Fault | None:
    """Finds the first thing that keeps these arrows from being a causal graph.

    Args:
        directed: Pairs (cause, effect).
        bidirected: Pairs that share an unmeasured common cause, in either order.
        latent: Names declared to be unmeasured.
        nodes: All names, in order of appearance.
        selected: Names that decided which rows are in the data.

    Returns:
        The fault, or None for a sound graph.
    """
    return (
        bad_name(nodes)
        or self_arrow((*directed, *bidirected))
        or opposite_arrows(directed)
        or unknown_declared(latent, "latent", nodes)
        or unknown_declared(selected, "selected", nodes)
        or cycle(directed, nodes)
    )


def bad_name(nodes: Sequence[str]) -> Fault | None:
    """Finds a graph without variables, and a name that is not text."""
    if not nodes:
        return Fault("The graph has no variables.", "empty-graph", "Write arrows: 'x -> y'.")
    for name in nodes:
        if not isinstance(name, str) or not name.strip():
            return Fault(
                f"The graph has a variable named {name!r}.",
                "bad-name",
                "Variables are named by text that is not blank, such as a column's name.",
            )
    return None


def self_arrow(arrows: Iterable[Arrow]) -> Fault | None:
    """Finds an arrow from a variable to itself."""
    for start, end in arrows:
        if start == end:
            return Fault(
                f"An arrow goes from '{start}' to itself.",
                "self-arrow",
                "Give a repeated measurement one name per time, such as 'y0' and 'y1'.",
                ((start, end),),
            )
    return None


def opposite_arrows(directed: Sequence[Arrow]) -> Fault | None:
    """Finds two variables that are each said to cause the other."""
    known = set(directed)
    for start, end in directed:
        if (end, start) in known:
            return Fault(
                f"'{start}' and '{end}' have 2 arrows, in both directions.",
                "opposite-arrows",
                f"Keep one of them; for a shared unmeasured cause write {start} <-> {end}.",
                ((start, end), (end, start)),
            )
    return None


def unknown_declared(declared: Iterable[str], word: str, nodes: Sequence[str]) -> Fault | None:
    """Finds a variable that is declared latent or selected and stands in no arrow."""
    for name in sorted(set(declared) - set(nodes)):
        return Fault(
            f"'{name}' is declared {word}, but is none of the {len(set(nodes))} variables in "
            f"arrows.{nearest(name, nodes)}",
            "unknown-variable",
            "Correct the name, or add its arrows.",
            ((name,),),
        )
    return None


def cycle(directed: Sequence[Arrow], nodes: Sequence[str]) -> Fault | None:
    """Finds arrows that lead from a variable back to itself, and names them as a path."""
    causes: dict[str, list[str]] = {name: [] for name in nodes}
    for start, end in directed:
        causes[end].append(start)
    try:
        TopologicalSorter(causes).prepare()
    except CycleError as error:
        loop: list[str] = error.args[1][:-1]
        first = min(range(len(loop)), key=lambda position: nodes.index(loop[position]))
        path = [*loop[first:], *loop[:first], loop[first]]
        return Fault(
            f"The graph has a cycle of {len(loop)} arrows: '{' -> '.join(path)}'; causes come "
            "before effects.",
            "cycle",
            "Drop one of these arrows, or give each time its own name.",
            tuple(pairwise(path)),
        )
    return None
