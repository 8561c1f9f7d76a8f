"""The graph: who affects whom, and what was not measured."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from causal.graph.bits import Bits
from causal.graph.dot import in_braces, read_dot
from causal.graph.errors import GraphError, mark, nearest
from causal.graph.faults import Arrow, Fault, find_fault
from causal.graph.network import read_network
from causal.graph.text import Arrows, quote, read_arrows

if TYPE_CHECKING:
    import networkx as nx

TURNED = {"->": "<-", "<-": "->", "<->": "<->"}
"""How arrows read from their other end."""

WIDE = 90
"""Characters of a graph that are shown in a sentence; of longer ones, one arrow is."""


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """Says which variable affects which, directly or through an unmeasured common cause.

    Two graphs are equal when they have the same variables, arrows and latent variables, in
    whatever order those were written.

    Args:
        directed: Pairs (cause, effect). Repeated pairs count once.
        bidirected: Pairs that share a common cause that nobody measured or named.
        latent: Variables that have a name in the graph but were not measured.
        nodes: Variables; those that stand in an arrow need not be listed. The order is kept, and
            makes the order of every answer.
        selected: Variables that decided which rows are in the data: only rows with one value of
            them were kept, such as those who answered.

    Raises:
        GraphError: A cycle (named as a path), an arrow from a variable to itself, arrows in both
            directions, a latent or selected variable that the graph lacks.

    Example:
        >>> graph = Graph.parse("z -> x; z -> y; x -> y")
        >>> graph.parents("y")
        ('z', 'x')
    """

    directed: tuple[Arrow, ...]
    bidirected: tuple[Arrow, ...] = ()
    latent: frozenset[str] = frozenset()
    nodes: tuple[str, ...] = ()
    selected: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        arrows = (*self.directed, *self.bidirected)
        named = (*self.nodes, *(name for arrow in arrows for name in arrow))
        tidy = {
            "directed": tuple(dict.fromkeys((start, end) for start, end in self.directed)),
            "bidirected": tuple(
                {frozenset(pair): tuple(pair) for pair in self.bidirected}.values()
            ),
            "latent": frozenset(self.latent),
            "nodes": tuple(dict.fromkeys(named)),
            "selected": frozenset(self.selected),
        }
        for name, value in tidy.items():
            object.__setattr__(self, name, value)
        found = find_fault(self.directed, self.bidirected, self.latent, self.nodes, self.selected)
        if found is not None:
            raise GraphError(found.what, code=found.code, hint=found.hint)

    @classmethod
    def parse(cls, text: str) -> Graph:
        """Reads a graph from text such as `"z -> x; z -> y; x -> y"`, from dagitty's, or from DOT.

        Args:
            text: Arrows `a -> b`, `b <- a` and `a <-> b` (an unmeasured common cause), chains
                `a -> b -> c`, declarations `u [latent]` (or `[unobserved]`, `[unmeasured]`) and
                `s [selected]`, and lone names, separated by semicolons, commas or new lines. Names
                with anything but letters, digits, `_` and `.` go in double quotes. `#` starts a
                comment. Or what dagitty.net shows, `dag { z -> {x y}; u [latent] }`, or a DOT file,
                `digraph { z -> x; x -> y [dir=both] }`; see `causal.graph.dot`.

        Raises:
            GraphError: The text cannot be read, or is no causal graph; the place is marked.

        Example:
            >>> str(Graph.parse("x -> m -> y, x <-> y"))
            'x -> m; m -> y; x <-> y'
            >>> str(Graph.parse("dag { z -> {x y} }"))
            'z -> x; z -> y'
        """
        arrows = read_dot(text) if in_braces(text) else read_arrows(text)
        found = find_fault(
            arrows.directed, arrows.bidirected, arrows.latent, arrows.nodes, arrows.selected
        )
        if found is not None:
            raise placed(found, arrows.places, text)
        return cls.of(arrows)

    @classmethod
    def from_networkx(cls, network: nx.DiGraph) -> Graph:
        """Reads a networkx DiGraph or MultiDiGraph whose nodes are names.

        Args:
            network: Edges are arrows; one that carries `bidirected=True`, `dir="both"` or
                `arrow="<->"` stands for an unmeasured common cause. A node that carries
                `latent=True`, `observed=False` or `observed="no"` was not measured; one that
                carries `selected=True` decided which rows are in the data.

        Raises:
            GraphError: It has undirected edges, a node that is not named by text, or is no
                causal graph.

        Example:
            >>> import networkx as nx
            >>> str(Graph.from_networkx(nx.DiGraph([("z", "x"), ("z", "y")])))
            'z -> x; z -> y'
        """
        return cls.of(read_network(network))

    @classmethod
    def of(cls, arrows: Arrows) -> Graph:
        """Makes the graph of arrows that were read from somewhere."""
        return cls(
            tuple(arrows.directed),
            tuple(arrows.bidirected),
            frozenset(arrows.latent),
            tuple(arrows.nodes),
            frozenset(arrows.selected),
        )

    @cached_property
    def bits(self) -> Bits:
        """The graph as whole numbers, for searches that ask many questions."""
        return Bits.of(self.nodes, self.directed, self.bidirected)

    @cached_property
    def neighbours(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """The variables next to each variable, by the arrow that is met: `->`, `<-` or `<->`."""
        found: dict[str, dict[str, list[str]]] = {
            name: {"->": [], "<-": [], "<->": []} for name in self.nodes
        }
        for start, end in self.directed:
            found[start]["->"].append(end)
            found[end]["<-"].append(start)
        for one, other in self.bidirected:
            found[one]["<->"].append(other)
            found[other]["<->"].append(one)
        return {
            name: {arrow: tuple(others) for arrow, others in by_arrow.items()}
            for name, by_arrow in found.items()
        }

    def parents(self, name: str) -> tuple[str, ...]:
        """The direct causes of a variable."""
        return self.neighbours[self.require(name)]["<-"]

    def children(self, name: str) -> tuple[str, ...]:
        """The direct effects of a variable."""
        return self.neighbours[self.require(name)]["->"]

    def spouses(self, name: str) -> tuple[str, ...]:
        """The variables joined to this one by `<->`: they share an unnamed unmeasured cause."""
        return self.neighbours[self.require(name)]["<->"]

    def ancestors(self, *names: str) -> frozenset[str]:
        """The variables that affect any of these, and these themselves."""
        return self.closure(names, "<-")

    def descendants(self, *names: str) -> frozenset[str]:
        """The variables that any of these affects, and these themselves."""
        return self.closure(names, "->")

    def closure(self, names: Iterable[str], arrow: str) -> frozenset[str]:
        """The variables that can be walked to along arrows of one kind, and the start."""
        waiting = [self.require(name) for name in names]
        reached = set(waiting)
        while waiting:
            fresh = set(self.neighbours[waiting.pop()][arrow]) - reached
            reached |= fresh
            waiting.extend(fresh)
        return frozenset(reached)

    def require(self, name: str) -> str:
        """Returns the name when the graph has it.

        Raises:
            GraphError: The graph has no such variable; the nearest one is suggested.
        """
        if name not in self.neighbours:
            raise GraphError(
                f"The graph has no variable '{name}'.{nearest(str(name), self.nodes)} Its "
                f"{len(self.nodes)} are {listed(self.nodes)}.",
                code="unknown-variable",
                column=str(name),
                hint=f"Correct the name, or add the arrows of {quote(str(name))} to the graph.",
            )
        return name

    def ordered(self, names: Collection[str]) -> tuple[str, ...]:
        """Puts names into the order of the graph."""
        return tuple(name for name in self.nodes if name in names)

    def without_arrows(self, arrows: Collection[Arrow]) -> Graph:
        """Gives the graph with these directed arrows taken away; its variables stay."""
        kept = tuple(arrow for arrow in self.directed if arrow not in arrows)
        return Graph(kept, self.bidirected, self.latent, self.nodes, self.selected)

    def restricted(self, names: Collection[str]) -> Graph:
        """Gives the graph of these variables and of the arrows between them."""
        directed, bidirected = (
            tuple(pair for pair in pairs if pair[0] in names and pair[1] in names)
            for pairs in (self.directed, self.bidirected)
        )
        latent, selected = self.latent & set(names), self.selected & set(names)
        return Graph(directed, bidirected, latent, self.ordered(names), selected)

    @property
    def meaning(self) -> tuple[frozenset[object], ...]:
        """What two equal graphs share."""
        pairs = frozenset(frozenset(pair) for pair in self.bidirected)
        return frozenset(self.nodes), frozenset(self.directed), pairs, self.latent, self.selected

    def __eq__(self, other: object) -> bool:
        return self.meaning == other.meaning if isinstance(other, Graph) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.meaning)

    def __str__(self) -> str:
        return "; ".join(statements(self))

    def __repr__(self) -> str:
        text = str(self)
        arrows = len(self.directed) + len(self.bidirected)
        short = f"{len(self.nodes)} variables, {arrows} arrows"
        return f"Graph({text!r})" if len(text) <= 80 else f"Graph({short})"

    def _repr_html_(self) -> str:
        return f"<pre>{escape(chr(10).join(statements(self)))}</pre>"


def statements(graph: Graph) -> list[str]:
    """Writes the graph as statements that are read back as an equal graph."""
    touched = {name for pair in (*graph.directed, *graph.bidirected) for name in pair}
    return [
        *(f"{quote(start)} -> {quote(end)}" for start, end in graph.directed),
        *(f"{quote(one)} <-> {quote(other)}" for one, other in graph.bidirected),
        *(quote(name) for name in graph.nodes if name not in touched),
        *(f"{quote(name)} [latent]" for name in graph.ordered(graph.latent)),
        *(f"{quote(name)} [selected]" for name in graph.ordered(graph.selected)),
    ]


def underlined(graph: Graph, *words: str) -> str:
    """Shows where a variable, or an arrow, stands in a graph, with a caret under it.

    Args:
        graph: Who affects whom.
        words: A variable of it, or the start of an arrow, `->`, `<-` or `<->`, and its end.

    Returns:
        Two lines, each after a line break, to be put behind a sentence: all arrows where they fit,
        else the one alone.
    """
    if len(words) == 3:
        first, arrow, second = re.escape(quote(words[0])), words[1], re.escape(quote(words[2]))
        there, back = f"{first} {arrow} {second}", f"{second} {TURNED[arrow]} {first}"
        wanted = f"^({there}|{back})$"
    else:
        wanted = rf"(?<![\w.]){re.escape(quote(words[0]))}(?![\w.])"
    known = statements(graph)
    for number, statement in enumerate(known):
        found = re.search(wanted, statement)
        if found is not None:
            before = "".join(f"{other}; " for other in known[:number])
            if len("; ".join(known)) > WIDE:
                return mark(statement, found.start())
            return mark("; ".join(known), len(before) + found.start())
    return ""


def placed(found: Fault, places: Mapping[tuple[str, ...], int], text: str) -> GraphError:
    """Makes the error for a fault whose arrows stand in a text: the last of them is marked."""
    known = [places[key] for key in found.where if key in places]
    place = max(known, default=None)
    marked = "" if place is None else mark(text, place)
    return GraphError(found.what + marked, code=found.code, hint=found.hint, place=place)


def listed(names: Collection[str], shown: int = 12) -> str:
    """Names the first few variables and counts the rest."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(list(names)[:shown]) + more


def as_graph(graph: Any) -> Graph:
    """Reads a graph that is given as text or by networkx.

    Raises:
        GraphError: It is neither, or cannot be read.
    """
    if isinstance(graph, Graph):
        return graph
    # A networkx graph, told by its method, so that networkx is loaded only by those who use it.
    if hasattr(graph, "is_directed"):
        return Graph.from_networkx(graph)
    if not isinstance(graph, str):
        raise GraphError(
            f"A graph is text or a causal.Graph; this is a {type(graph).__name__}.",
            code="not-a-graph",
            hint="Write 'z -> x; z -> y; x -> y', or causal.Graph([('z', 'x'), ('z', 'y')]).",
        )
    return Graph.parse(graph)
