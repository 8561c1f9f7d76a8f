"""What a graph says about the data: pairs of variables that must be independent, given others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from causal.graph.bits import places
from causal.graph.graph import Graph


@dataclass(frozen=True)
class Independence:
    """Two measured variables that are independent once others are known, if the graph is right.

    Attributes:
        one: A variable.
        other: Another one.
        given: The variables that have to be known.
    """

    one: str
    other: str
    given: tuple[str, ...] = ()

    def __str__(self) -> str:
        given = f" given {', '.join(self.given)}" if self.given else ""
        return f"{self.one} and {self.other}{given}"


def implied_independences(
    graph: Graph, observed: Collection[str] | None = None
) -> tuple[Independence, ...]:
    """Lists independences that the data must show if the graph is right.

    Args:
        graph: Who affects whom.
        observed: The variables that were measured; None takes all that are not declared latent.

    Returns:
        Where everything was measured, one for each missing arrow: a variable is independent of
        an earlier one that does not affect it, given its direct causes; all others follow from
        these. Else one for each pair that some measured variables separate, given the fewest that
        are needed; graphs with unmeasured causes imply equalities beyond these, which are not
        listed. Known for every row is also what the graph calls selected.

    Source:
        Verma and Pearl (1988), Causal networks: semantics and expressiveness, UAI, and Shipley
        (2000), A new inferential test for path models, Structural Equation Modeling 7, for the
        basis; Richardson (2003), Scandinavian Journal of Statistics 30, for mixed graphs.

    Example:
        >>> for found in implied_independences(Graph.parse("x -> m -> y; z -> x")):
        ...     print(found)
        m and z given x
        y and z given m
        y and x given m
    """
    names = set(graph.nodes) - graph.latent - graph.selected
    measured = names if observed is None else names & set(observed)
    bits = graph.bits
    usable, always = bits.mask(measured), bits.mask(graph.selected)
    complete = len(measured) == len(graph.nodes) and not graph.bidirected
    order = bits.ordered(usable)
    found = []
    for at, i in enumerate(order):
        for j in order[:at]:
            one, other = 1 << i, 1 << j
            if (bits.parents[i] | bits.spouses[i]) & other:
                continue
            if complete:
                given = bits.parents[i]
            else:
                given = bits.nearest_separator(other, one, usable & ~one & ~other, always)
            if given is not None:
                names_given = tuple(bits.names[k] for k in places(given))
                found.append(Independence(bits.names[i], bits.names[j], names_given))
    return tuple(found)
