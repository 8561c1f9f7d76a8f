"""The sets of variables that the theory of adjustment is made of, for one treatment and outcome.

Source:
    van der Zander, Liskiewicz and Textor (2019), Separators and adjustment sets in causal graphs,
    Artificial Intelligence 270. Bidirected arrows stand for latent common causes, which have no
    causes themselves, so none of these sets changes by them.
"""

from __future__ import annotations

from causal.graph.graph import Graph


def causal_nodes(graph: Graph, treatment: str, outcome: str) -> frozenset[str]:
    """Finds the variables on directed paths from treatment to outcome, but for the treatment.

    Adjusting for one of them, or for what they affect, takes a part of the effect away.
    """
    return (graph.descendants(treatment) & graph.ancestors(outcome)) - {treatment}


def backdoor_graph(graph: Graph, treatment: str, outcome: str) -> Graph:
    """Takes the effect out of the graph: the first arrow of each directed path to the outcome.

    What still connects treatment and outcome in the graph that is left is not the effect.
    """
    causal = causal_nodes(graph, treatment, outcome)
    return graph.without_arrows([(treatment, name) for name in causal])


def canonical_set(
    graph: Graph, treatment: str, outcome: str, measured: frozenset[str]
) -> frozenset[str]:
    """Collects all that may be adjusted for among causes: if this set fails, every set fails."""
    # What causal nodes affect is forbidden as well, but no cause of either unless it is one itself.
    candidates = graph.ancestors(treatment, outcome) & measured
    return candidates - causal_nodes(graph, treatment, outcome)


def near_outcome(
    graph: Graph, treatment: str, outcome: str, measured: frozenset[str]
) -> frozenset[str]:
    """Collects the measured causes nearest to the outcome and to what lies on the way to it.

    Where all direct causes of those variables were measured, this is the O-set, whose
    estimate has the smallest variance of all adjustment sets in linear models and in many others.
    For an unmeasured direct cause its own nearest measured causes stand in; the set may then
    fail, and is checked by its user.

    Source:
        Henckel, Perkovic and Maathuis (2022), Graphical criteria for efficient total effect
        estimation via adjustment in causal linear models, JRSS B 84; Rotnitzky and Smucler
        (2020), JMLR 21, beyond linear models.
    """
    causal = causal_nodes(graph, treatment, outcome)
    passed = {treatment, *causal}
    waiting = list(causal)
    near: set[str] = set()
    while waiting:
        fresh = set(graph.parents(waiting.pop())) - passed
        passed |= fresh
        near |= fresh & measured
        waiting.extend(fresh - measured)
    return frozenset(near)
