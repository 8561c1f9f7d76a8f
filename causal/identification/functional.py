"""The effect of an intervention as a formula of what was observed, or a hedge: there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from causal.graph import Graph
from causal.graph.bits import Bits, Mask, places
from causal.graph.graph import listed
from causal.graph.surgery import projected_arrows
from causal.identification.expression import (
    LATEX,
    Expression,
    Probability,
    add_up,
    divide,
    multiply,
)


@dataclass(frozen=True)
class Functional:
    """The distribution of outcomes after an intervention, as a formula of observed probabilities.

    Attributes:
        treatments: The variables that are set.
        outcomes: The variables whose distribution follows.
        expression: The formula.
        given: What is known besides, as a row's age.
        arbitrary: Variables that stand in the formula though its value is the same for each of
            their values: take any.

    Example:
        >>> found = find_functional(Graph.parse("x -> m -> y; x <-> y"), "x", "y", "xmy")
        >>> print(found)
        P(y | do(x)) = Σ_{m} P(m | x) Σ_{x'} P(x') P(y | x', m)
    """

    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]
    expression: Expression
    given: tuple[str, ...] = ()

    @property
    def arbitrary(self) -> tuple[str, ...]:
        """Variables of the formula that the question does not name."""
        return tuple(sorted(self.expression.free - set(self.asked)))

    @property
    def asked(self) -> tuple[str, ...]:
        """The variables of the question: treatments, what is given, outcomes."""
        return (*self.treatments, *self.given, *self.outcomes)

    @property
    def latex(self) -> str:
        """The equation for LaTeX's mathematics mode."""
        outcomes = ", ".join(LATEX.name(name) for name in self.outcomes)
        treatments = ", ".join(LATEX.name(name) for name in self.treatments)
        given = "".join(f", {LATEX.name(name)}" for name in self.given)
        left = rf"P({outcomes} \mid \mathrm{{do}}({treatments}){given})"
        return f"{left} = {self.expression.latex}"

    def __str__(self) -> str:
        given = "".join(f", {name}" for name in self.given)
        left = f"P({', '.join(self.outcomes)} | do({', '.join(self.treatments)}){given})"
        tail = f", whatever {', '.join(self.arbitrary)}" if self.arbitrary else ""
        return f"{left} = {self.expression}{tail}"

    @property
    def brief(self) -> str:
        """The equation where it fits in a sentence, else how much it is made of."""
        written = str(self)
        if len(written) <= 240:
            return written
        count = len(self.expression.probabilities)
        return f"{written.split(' = ')[0]} = a formula of {count} probabilities (print it alone)"

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"


@dataclass(frozen=True)
class Hedge:
    """The proof that no formula of what was observed gives an effect.

    Two models agree with the graph and with every observed probability, and differ in the effect.
    They can be made whenever there are two sets like these: all of `outer` is held together by
    unmeasured common causes, and so is `inner`, a part of it without any treatment; the rest of
    `outer`, with a treatment among it, acts on the outcome through `inner`.

    Attributes:
        treatments: The variables that are set.
        outcomes: The variables whose distribution was asked for.
        outer: The larger set.
        inner: The smaller one.

    Source:
        Shpitser and Pearl (2006), Identification of joint interventional distributions in recursive
        semi-Markovian causal models, AAAI, definitions 5 and 6 and theorem 4.
    """

    treatments: tuple[str, ...]
    outcomes: tuple[str, ...]
    outer: tuple[str, ...]
    inner: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"unmeasured common causes hold {listed(self.outer)} together, and within them "
            f"{listed(self.inner)} (a hedge)"
        )


def find_functional(
    graph: Graph,
    treatments: str | Collection[str],
    outcomes: str | Collection[str],
    observed: Collection[str],
) -> Functional | Hedge:
    """Finds the formula by which an effect follows from observed probabilities, if there is one.

    Args:
        graph: Who affects whom; what is latent or not observed is left out by projection.
        treatments: The variables that are set: one name or several.
        outcomes: The variables whose distribution is asked for, others than the treatments.
        observed: The variables that were measured, those two among them.

    Returns:
        The formula, or the hedge that proves that there is none. The procedure is complete.

    Source:
        Tian and Pearl (2002), A general identification condition for causal effects, AAAI, in the
        form of Huang and Valtorta (2006), UAI; Shpitser and Pearl (2006), AAAI, for the hedge.

    Example:
        >>> print(find_functional(Graph.parse("x -> y; x <-> y"), "x", "y", "xy"))
        unmeasured common causes hold x, y together, and within them y (a hedge)
    """
    set_here, asked = (
        graph.ordered({part} if isinstance(part, str) else set(part))
        for part in (treatments, outcomes)
    )
    bits = projected_bits(graph, observed)
    x, y = bits.mask(set_here), bits.mask(asked)
    relevant = bits.ancestors(y)
    after = bits.ancestors(y, relevant & ~x)
    wholes = {part: bits.district(part, relevant) for part in bits.districts(after)}
    for part, whole in wholes.items():
        outer = spoiling(bits, part, whole)
        if outer:
            return Hedge(set_here, asked, bits.named(outer), bits.named(part))
    factors = [
        factor(bits, part, wholes[part], observed_factor(bits, wholes[part], relevant))
        for part in in_order(bits, wholes)
    ]
    summed = [bits.names[i] for i in bits.ordered(after & ~y)]
    return Functional(set_here, asked, add_up(summed, multiply(factors)))


def find_conditional(
    graph: Graph,
    treatments: str | Collection[str],
    outcomes: str | Collection[str],
    given: str | Collection[str],
    observed: Collection[str],
) -> Functional | Hedge:
    """Finds the formula of an effect among rows with the same values of some variables.

    Args:
        graph: Who affects whom.
        treatments: The variables that are set: one name or several.
        outcomes: The variables whose distribution is asked for.
        given: What is known of the rows, after the treatments were set.
        observed: The variables that were measured.

    Returns:
        The formula, or the hedge that proves that there is none. The procedure is complete.

    Source:
        Shpitser and Pearl (2006), Identification of conditional interventional distributions, UAI,
        algorithm IDC.

    Example:
        >>> graph = Graph.parse("z -> x; z -> y; x -> y")
        >>> print(find_conditional(graph, "x", "y", "z", graph.nodes))
        P(y | do(x), z) = P(y | z, x)
    """
    set_here, asked, known = (
        graph.ordered({part} if isinstance(part, str) else set(part))
        for part in (treatments, outcomes, given)
    )
    bits = projected_bits(graph, observed)
    x, y, z = bits.mask(set_here), bits.mask(asked), bits.mask(known)
    for i in [*places(z)] * len(known):
        # What is seen says as much as what is set: then it may be set, which asks for less.
        one = z & (1 << i)
        if one and bits.without_in(x).without_out(one).separated(y, one, x | z & ~one):
            x, z = x | one, z & ~one
    found = find_functional(graph, bits.named(x), bits.named(y | z), observed)
    if isinstance(found, Hedge):
        return found
    whole = found.expression
    part = divide(whole, add_up(asked, whole)) if z else whole
    return Functional(set_here, asked, part, known)


def in_order(bits: Bits, parts: Iterable[Mask]) -> list[Mask]:
    """Sorts districts as a reader would multiply them: causes first."""
    rank = {i: at for at, i in enumerate(bits.order)}
    return sorted(parts, key=lambda part: max(rank[i] for i in places(part)))


def projected_bits(graph: Graph, observed: Collection[str]) -> Bits:
    """Leaves out of a graph what was not measured, and gives the rest as whole numbers."""
    kept = [name for name in graph.nodes if name in observed and name not in graph.latent]
    if len(kept) == len(graph.nodes):
        return graph.bits
    directed, bidirected = projected_arrows(graph.bits, graph.bits.mask(kept))
    names = graph.bits.names
    return Bits.of(
        kept,
        [(names[i], names[j]) for i, j in directed],
        [(names[i], names[j]) for i, j in bidirected],
    )


def observed_factor(bits: Bits, district: Mask, within: Mask) -> Expression:
    """Writes the factor of a district of the observed distribution as conditional probabilities.

    Source:
        Tian and Pearl (2002), equation 37: each variable given its own district so far and the
        direct causes of that.
    """
    factors: list[Expression] = []
    earlier = 0
    for i in bits.ordered(within):
        earlier |= 1 << i
        if district >> i & 1:
            so_far = bits.district(1 << i, earlier & district)
            given = (so_far | bits.neighbours(bits.parents, so_far)) & within & ~(1 << i)
            factors.append(Probability((bits.names[i],), bits.named(given)))
    return multiply(factors)


def spoiling(bits: Bits, part: Mask, whole: Mask) -> Mask:
    """Finds the set that keeps a district's factor from following from that of a larger one.

    Args:
        bits: The graph.
        part: What is asked for: variables held together by `<->`.
        whole: Variables held together by `<->`, with `part` among them.

    Returns:
        A set that makes a hedge with `part`; the empty set where the factor follows.

    Source:
        Huang and Valtorta (2006), algorithm Identify; Shpitser and Pearl (2006), theorem 6.
    """
    ancestral = bits.ancestors(part, whole)
    if ancestral == part:
        return 0
    return whole if ancestral == whole else spoiling(bits, part, bits.district(part, ancestral))


def factor(bits: Bits, part: Mask, whole: Mask, known: Expression) -> Expression:
    """Writes the factor of a district by that of a larger one which nothing spoils.

    Args:
        bits: The graph.
        part: What is asked for: variables held together by `<->`.
        whole: Variables held together by `<->`, with `part` among them.
        known: The factor of `whole`.

    Source:
        Tian and Pearl (2002), lemmas 3 and 4; Huang and Valtorta (2006), algorithm Identify.
    """
    ancestral = bits.ancestors(part, whole)
    inside = add_up([bits.names[i] for i in bits.ordered(whole & ~ancestral)], known)
    if ancestral == part:
        return inside
    smaller = bits.district(part, ancestral)
    order = bits.ordered(ancestral)
    factors: list[Expression] = []
    for at, i in enumerate(order):
        if smaller >> i & 1:
            above = add_up([bits.names[j] for j in order[at + 1 :]], inside)
            below = add_up([bits.names[j] for j in order[at:]], inside)
            factors.append(divide(above, below))
    return factor(bits, part, smaller, multiply(factors))


def check_hedge(graph: Graph, hedge: Hedge, observed: Collection[str]) -> bool:
    """Says whether a hedge is one in this graph, without the procedure that found it.

    Args:
        graph: The graph that the effect was asked of.
        hedge: The certificate.
        observed: The variables that were measured.

    Source:
        Shpitser and Pearl (2006), definition 6 and theorem 4.
    """
    bits = projected_bits(graph, observed)
    outer, inner = bits.mask(hedge.outer), bits.mask(hedge.inner)
    x, y = bits.mask(hedge.treatments), bits.mask(hedge.outcomes)
    after = bits.without_in(x)
    return (
        inner != 0
        and inner & outer == inner
        and not inner & x
        and bool(outer & x)
        and bits.district(inner & -inner, outer) == outer
        and bits.district(inner & -inner, inner) == inner
        and bits.ancestors(inner, outer) == outer
        and after.ancestors(y) & inner == inner
    )
