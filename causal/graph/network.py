"""networkx graphs to arrows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from causal.graph.errors import GraphError
from causal.graph.text import Arrows

if TYPE_CHECKING:
    import networkx as nx


def read_network(network: nx.DiGraph) -> Arrows:
    """Reads the arrows of a networkx graph; what they mean together is not judged here.

    Raises:
        GraphError: It is not directed.
    """
    if not network.is_directed():
        raise GraphError(
            f"The networkx {type(network).__name__} has undirected edges, which do not say what "
            "affects what.",
            code="undirected",
            hint="Make a networkx.DiGraph; mark a shared unmeasured cause by bidirected=True.",
        )
    arrows = Arrows()
    for name, said in network.nodes(data=True):
        arrows.nodes.append(name)
        if said.get("latent") or str(said.get("observed", "yes")).lower() in ("no", "false"):
            arrows.latent.add(name)
        if said.get("selected"):
            arrows.selected.add(name)
    for start, end, said in network.edges(data=True):
        (arrows.bidirected if is_bidirected(said) else arrows.directed).append((start, end))
    return arrows


def is_bidirected(said: Mapping[str, object]) -> bool:
    """Whether what is said of an edge makes it `<->`."""
    marks = (said.get("dir") == "both", said.get("arrow") == "<->", said.get("type") == "<->")
    return bool(said.get("bidirected")) or any(marks)
