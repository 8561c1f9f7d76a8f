"""Who affects whom: graphs from text, and what they say about independence."""

from causal.graph.errors import GraphError as GraphError
from causal.graph.graph import Graph as Graph, as_graph as as_graph, underlined as underlined
from causal.graph.implications import (
    Independence as Independence,
    implied_independences as implied_independences,
)
from causal.graph.separation import (
    Path as Path,
    connected as connected,
    nearest_separator as nearest_separator,
    open_path as open_path,
    separated as separated,
)
from causal.graph.surgery import (
    intervene as intervene,
    name_latents as name_latents,
    project as project,
    without_effects as without_effects,
)
