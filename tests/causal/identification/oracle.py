"""All paths of a small graph, and which of all sets of variables block them: the slow truth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from causal.graph import Graph
from causal.graph.surgery import name_latents


class Paths:
    """Every path between two variables of a graph, each `<->` made a latent variable.

    A set of the graph's variables is a number: bit i stands for variable i. `blocked` holds one
    answer per path kind for all sets at once.
    """

    def __init__(self, graph: Graph, x: str, y: str) -> None:
        self.dag = name_latents(graph)
        self.place = {name: i for i, name in enumerate(self.dag.nodes)}
        self.below = {name: self.mask(self.dag.descendants(name)) for name in self.dag.nodes}
        self.size = len(graph.nodes)
        self.x, self.y = x, y
        self.paths = list(self.walk([x], []))

    def mask(self, names) -> int:
        return sum(1 << self.place[name] for name in names)

    def walk(self, nodes: list[str], forward: list[bool]) -> Iterator[tuple[list[str], list[bool]]]:
        if nodes[-1] == self.y:
            yield nodes, forward
            return
        for along, others in ((True, self.dag.children), (False, self.dag.parents)):
            for other in others(nodes[-1]):
                if other not in nodes:
                    yield from self.walk([*nodes, other], [*forward, along])

    @property
    def causal(self) -> set[str]:
        """What lies on directed paths, the end included."""
        return {name for nodes, forward in self.paths if all(forward) for name in nodes[1:]}

    @property
    def forbidden(self) -> int:
        return self.mask({b for name in self.causal for b in self.dag.descendants(name)} | {self.x})

    def open_given(self, sets: np.ndarray, directed: bool) -> np.ndarray:
        """Whether a path is open given each set; directed ones count only if asked for."""
        conditions = set()
        for nodes, forward in self.paths:
            if all(forward) and not directed:
                continue
            chain, colliders = 0, []
            for name, before, after in zip(nodes[1:-1], forward[:-1], forward[1:], strict=True):
                if before and not after:
                    colliders.append(self.below[name])
                else:
                    chain |= 1 << self.place[name]
            conditions.add((chain, tuple(sorted(colliders))))
        found = np.zeros(len(sets), dtype=bool)
        for chain, colliders in conditions:
            is_open = (sets & chain) == 0
            for below in colliders:
                is_open &= (sets & below) != 0
            found |= is_open
        return found


def all_sets(graph: Graph, names) -> np.ndarray:
    """All subsets of some variables of a graph, as numbers."""
    places = [graph.nodes.index(name) for name in names]
    found = np.zeros(1, dtype=np.int64)
    for i in places:
        found = np.concatenate([found, found | 1 << i])
    return found


def valid_adjustments(graph: Graph, x: str, y: str, measured) -> set[int]:
    """Every valid adjustment set among the measured variables, from the list of all paths.

    Shpitser, VanderWeele and Robins (2010): nothing in the set is a descendant of a variable on a
    causal path (but the treatment), and the set blocks all paths that are not causal. Selected
    variables are always known, and must say nothing on the outcome under the treatment (Correa and
    Bareinboim 2017).
    """
    paths = Paths(graph, x, y)
    sets = all_sets(graph, sorted(set(measured) - {x, y}))
    sets = sets[(sets & paths.forbidden) == 0]
    return {int(s) for s in sets[~paths.open_given(sets, directed=False)]}


def minimal(sets: set[int]) -> set[int]:
    """The sets of which no proper part is among them."""
    return {s for s in sets if not any(t != s and t & s == t for t in sets)}
