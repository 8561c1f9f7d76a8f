"""How long a graph takes: `python -m benchmarks.identification` prints one JSON line per graph.

Random graphs of 50 to 500 variables at several densities (arrows per variable), read from text and
asked for the effect of the variable in the middle on the last one:

- `adjustment_ms`: everything was measured, so an adjustment set exists
- `refusal_ms`: an unmeasured cause of treatment and outcome; the answer is the open path, the hedge
  or the formula, and the front-door and instruments that the graph allows
- `functional_ms`: the ID procedure where a tenth of the variables is unmeasured
- `minimal_ms`: the first 100 sets with nothing to spare
"""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable
from itertools import combinations

from causal.graph import Graph
from causal.identification import (
    NotIdentified,
    find_functional,
    identify_backdoor,
    minimal_adjustments,
)

SIZES = (50, 100, 200, 500)
DENSITIES = (1.5, 5, 20)
RUNS = 5


def random_graph(size: int, arrows: float, rng: random.Random) -> Graph:
    """Draws a graph with so many arrows per variable on average."""
    names = [f"v{i}" for i in range(size)]
    share = min(1.0, 2 * arrows / (size - 1))
    pairs = [pair for pair in combinations(names, 2) if rng.random() < share]
    return Graph((*pairs, (names[size // 2], names[-1])), nodes=tuple(names))


def milliseconds(prepare: Callable[[], Graph], ask: Callable[[Graph], object]) -> float:
    """The median time of a question to a graph that has answered none before."""
    times = []
    for _ in range(RUNS):
        graph = prepare()
        start = time.perf_counter()
        ask(graph)
        times.append(time.perf_counter() - start)
    return round(1000 * statistics.median(times), 2)


def refuse(graph: Graph, treatment: str, outcome: str) -> str:
    """Asks for an effect that adjustment does not give, and gives the explanation."""
    try:
        identify_backdoor(graph, treatment, outcome, graph.nodes)
    except NotIdentified as error:
        return str(error)
    raise AssertionError("the effect should not be identified by adjustment")


def measure(size: int, arrows: float) -> dict[str, float]:
    """Times one size at one density."""
    graph = random_graph(size, arrows, random.Random(size))
    x, y = f"v{size // 2}", f"v{size - 1}"
    rng = random.Random(1)
    observed = [name for name in graph.nodes if name in (x, y) or rng.random() < 0.9]
    confounded = f"{graph}; {x} <-> {y}"
    text = str(graph)
    return {
        "variables": size,
        "arrows": len(graph.directed),
        "reading_ms": milliseconds(lambda: graph, lambda _: Graph.parse(text)),
        "adjustment_ms": milliseconds(
            lambda: Graph.parse(text), lambda drawn: identify_backdoor(drawn, x, y, drawn.nodes)
        ),
        "refusal_ms": milliseconds(
            lambda: Graph.parse(confounded), lambda drawn: refuse(drawn, x, y)
        ),
        "functional_ms": milliseconds(
            lambda: Graph.parse(text), lambda drawn: find_functional(drawn, x, y, observed)
        ),
        "minimal_ms": milliseconds(
            lambda: Graph.parse(text),
            lambda drawn: minimal_adjustments(drawn, x, y, drawn.nodes, limit=100),
        ),
    }


def main() -> None:
    """Measures and prints."""
    for size in SIZES:
        for arrows in DENSITIES:
            print(json.dumps(measure(size, arrows)), flush=True)


if __name__ == "__main__":
    main()
