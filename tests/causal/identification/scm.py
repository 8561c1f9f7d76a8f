"""Random discrete causal models with latent variables, and their exact distributions."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np

from causal.graph import Graph
from causal.graph.surgery import name_latents
from causal.identification.evaluate import Distribution, combine


class Model:
    """Conditional probability tables for a graph, every `<->` as a latent variable."""

    def __init__(self, graph: Graph, rng: np.random.Generator, levels: int = 2) -> None:
        self.graph = graph
        self.explicit = name_latents(graph)
        self.observed = tuple(name for name in graph.nodes if name not in graph.latent)
        self.tables = {}
        for name in self.explicit.nodes:
            parents = self.explicit.parents(name)
            # Latent variables of three levels: no accidental identification by few levels.
            sizes = [3 if p in self.explicit.latent else levels for p in (*parents, name)]
            table = rng.dirichlet(np.ones(sizes[-1]), size=sizes[:-1]) * 0.9 + 0.1 / sizes[-1]
            self.tables[name] = Distribution((*parents, name), table)

    def joint(self, kept: tuple[str, ...] | None = None) -> Distribution:
        """The joint distribution of the observed variables."""
        return combine(list(self.tables.values()), kept or self.observed)

    def after(self, treatments: tuple[str, ...], outcomes: tuple[str, ...]) -> Distribution:
        """The truncated factorisation: (treatments, outcomes)."""
        factors = [table for name, table in self.tables.items() if name not in treatments]
        known = {name for factor in factors for name in factor.names}
        found = combine(factors, tuple(name for name in treatments if name in known) + outcomes)
        sizes = dict.fromkeys(treatments, 2)
        for table in self.tables.values():
            sizes |= dict(zip(table.names, table.table.shape, strict=True))
        return found.arranged((*treatments, *outcomes), sizes)


def random_mixed_graph(rng: random.Random, size: int, density: float, shared: float) -> Graph:
    nodes = list("abcdefghij")[:size]
    pairs = list(combinations(rng.sample(nodes, size), 2))
    return Graph(
        tuple(pair for pair in pairs if rng.random() < density),
        tuple(pair for pair in pairs if rng.random() < shared),
        nodes=tuple(nodes),
    )
