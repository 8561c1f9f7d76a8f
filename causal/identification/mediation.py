"""Effects through mediators and past them: which of them the graph lets one have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import bayesinf as bi
from causal.graph import Graph, GraphError, as_graph
from causal.graph.bits import Bits, Mask, places
from causal.identification.assumptions import GRAPH_IS_RIGHT, consistency
from causal.identification.evaluate import OTHER
from causal.identification.expression import Expression, Renamed, add_up, multiply
from causal.identification.functional import (
    Functional,
    Hedge,
    factor,
    find_functional,
    in_order,
    observed_factor,
    projected_bits,
    spoiling,
)
from causal.identification.identification import adjusting, join
from causal.identification.question import Question


@dataclass(frozen=True)
class Mediation:
    """Says which parts of an effect follow from what was measured.

    Attributes:
        treatment: The variable whose effect is asked for.
        mediators: What the indirect part passes through.
        outcome: The variable that it is asked on.
        natural: The distribution of the outcome with the treatment at `x` and the mediators as they
            would be with it at `x*`; None where it does not follow.
        obstacle: Why not; None where it does.
        adjustment: Variables from before the treatment that do for a regression of the mediators
            and one of the outcome; None where no such set was found.
        controlled: The distribution of the outcome with treatment and mediators set, or the hedge.
        assumptions: One sentence for each thing that has to be believed.
    """

    treatment: str
    mediators: tuple[str, ...]
    outcome: str
    natural: Functional | None
    obstacle: str | None
    adjustment: tuple[str, ...] | None
    controlled: Functional | Hedge
    assumptions: tuple[str, ...]

    def __str__(self) -> str:
        through = join(self.mediators)
        if self.natural is None:
            first = (
                f"The natural direct and indirect effects of {self.treatment} on {self.outcome} "
                f"through {through} do not follow from what was measured: {self.obstacle}."
            )
        else:
            regressions = (
                ""
                if self.adjustment is None
                else f", as with regressions {adjusting(self.adjustment)}"
            )
            first = (
                f"The natural direct and indirect effects of {self.treatment} on {self.outcome} "
                f"through {through} follow from {self.natural}{regressions}."
            )
        if isinstance(self.controlled, Hedge):
            second = f"The controlled direct effect does not: {self.controlled}."
        else:
            second = f"The controlled direct effect follows from {self.controlled}."
        assumptions = "".join(f"\n  - {sentence}" for sentence in self.assumptions)
        return f"{first} {second} They rest on this:{assumptions}"


@bi.checked
def identify_mediation(
    graph: str | Graph,
    treatment: str,
    mediators: str | Sequence[str],
    outcome: str,
    observed: Collection[str],
) -> Mediation:
    """Finds which direct and indirect effects follow from what was measured.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        mediators: One variable or several, on directed paths from treatment to outcome; the
            indirect effect is the one by all paths with any of them.
        outcome: A variable of the graph.
        observed: What was measured.

    Returns:
        The formulas, and the reasons where there is none.

    Raises:
        GraphError: A variable is not in the graph or was not measured, or one that is called a
            mediator is not on the way; the graph has selected variables.

    Source:
        Avin, Shpitser and Pearl (2005), Identifiability of path-specific effects, IJCAI, for the
        recanting witness; Shpitser (2013), Counterfactual graphical models for longitudinal
        mediation analysis with unobserved confounding, Cognitive Science 37, for the recanting
        district and the formula; Pearl (2014), Interpretation and identification of causal
        mediation, Psychological Methods 19, for the set to adjust for.

    Example:
        >>> graph = Graph.parse("x -> m -> y; x -> y; z -> m; z -> y")
        >>> found = identify_mediation(graph, "x", "m", "y", graph.nodes)
        >>> print(found.natural)
        P(y | do(x, x*)) = Σ_{z, m} P(z) P(m | x*, z) P(y | x, m, z)
        >>> found.adjustment
        ('z',)
    """
    graph = as_graph(graph)
    question = Question.ask(graph, treatment, outcome, observed)
    named = [mediators] if isinstance(mediators, str) else list(mediators)
    check_mediators(question, named)
    through = graph.ordered(named)
    natural, obstacle = find_natural(question, through)
    return Mediation(
        treatment,
        through,
        outcome,
        natural,
        obstacle,
        None if natural is None else sequential_adjustment(question, through),
        find_functional(graph, {treatment, *through}, outcome, question.observed),
        (
            GRAPH_IS_RIGHT,
            f"For natural effects: what {outcome} would be under one {treatment} is independent of "
            f"what {join(through)} would be under another, once their common causes are known; no "
            "experiment can show this.",
            "Overlap: every combination of values that the formula conditions on could have "
            "occurred.",
            consistency(treatment, outcome),
        ),
    )


def check_mediators(question: Question, mediators: Sequence[str]) -> None:
    """Checks that each mediator was measured and lies on the way.

    Raises:
        GraphError: Otherwise.
    """
    graph, x, y = question.graph, question.treatment, question.outcome
    if not mediators:
        raise GraphError(
            "No mediator was named.", code="no-mediator", hint="Name one variable or several."
        )
    for name in mediators:
        graph.require(name)
        if name not in question.measured or not question.bits.mask([name]) & question.causal:
            why = "was not measured" if name not in question.measured else "is not between them"
            raise GraphError(
                f"'{name}' cannot be a mediator of {x} and {y}: it {why}.",
                code="not-a-mediator",
                column=name,
                hint="Name one that lies between them: "
                f"{join(question.bits.named(question.causal & ~question.y))}."
                if question.causal & ~question.y
                else f"Check the graph: by it nothing is between {x} and {y}.",
            )
    if question.selected:
        raise GraphError(
            "Mediation is not decided here where rows were selected.",
            code="selected-mediation",
            column=graph.ordered(graph.selected)[0],
            hint="Ask about the kept rows alone, by a graph without the selected variable.",
        )


def find_natural(
    question: Question, mediators: Sequence[str]
) -> tuple[Functional, None] | tuple[None, str]:
    """Finds the formula of the natural effects, or the reason why there is none."""
    bits = projected_bits(question.graph, question.observed)
    x, y = bits.mask([question.treatment]), bits.mask([question.outcome])
    relevant = bits.ancestors(y)
    after = bits.ancestors(y, relevant & ~x)
    mediating = bits.mask(mediators) & after
    indirect = bits.neighbours(bits.children, x) & bits.ancestors(mediating, after)
    direct = bits.neighbours(bits.children, x) & bits.ancestors(y, after & ~mediating)
    factors: list[Expression] = []
    for part in in_order(bits, bits.districts(after)):
        if part & indirect and part & direct:
            return None, recanting(question, bits, part & indirect, part & direct)
        whole = bits.district(part, relevant)
        outer = spoiling(bits, part, whole)
        if outer:
            hedge = Hedge(
                (question.treatment,), (question.outcome,), bits.named(outer), bits.named(part)
            )
            return None, str(hedge)
        found = factor(bits, part, whole, observed_factor(bits, whole, relevant))
        if part & indirect and question.treatment in found.free:
            found = Renamed(found, question.treatment, question.treatment + OTHER)
        factors.append(found)
    over = [bits.names[i] for i in bits.ordered(after & ~y)]
    expression = add_up(over, multiply(factors))
    treatments = (question.treatment, question.treatment + OTHER)
    return Functional(treatments, (question.outcome,), expression), None


def recanting(question: Question, bits: Bits, indirect: Mask, direct: Mask) -> str:
    """Says what would have to be under both values of the treatment at once."""
    both = bits.named(indirect & direct)
    x, y = question.treatment, question.outcome
    if both:
        return (
            f"{x} affects {join(both)}, which acts on {y} through the mediators and past them, and "
            "would have to be under both values of the treatment at once (a recanting witness)"
        )
    return (
        f"unmeasured common causes tie {join(bits.named(indirect))}, which acts through the "
        f"mediators, to {join(bits.named(direct))}, which acts past them, and {x} affects both "
        "(a recanting district)"
    )


def sequential_adjustment(question: Question, mediators: Sequence[str]) -> tuple[str, ...] | None:
    """Finds variables from before the treatment that make both regressions of mediation valid.

    Given them, nothing confounds the treatment with mediators and outcome, and given them and the
    treatment, nothing confounds the mediators with the outcome (sequential ignorability). All
    measured causes that the treatment does not affect are tried, and what can be spared is left
    out; so a set may be missed where one of those causes does harm.
    """
    bits, x, y = question.bits, question.x, question.y
    m = bits.mask(mediators)
    first, second = bits.without_out(x), bits.without_out(m)

    def is_enough(chosen: Mask) -> bool:
        return first.separated(x, m | y, chosen) and second.separated(m, y, chosen | x)

    chosen = bits.mask(question.measured) & ~bits.descendants(x) & bits.ancestors(x | m | y)
    if not is_enough(chosen):
        return None
    for i in places(chosen):
        if is_enough(chosen & ~(1 << i)):
            chosen &= ~(1 << i)
    return bits.named(chosen)
