"""What has to be believed for each way from data to effect, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from causal.graph import Graph
from causal.identification.functional import Functional
from causal.identification.identification import join
from causal.identification.instrument import Instrument
from causal.identification.question import Question

GRAPH_IS_RIGHT = (
    "The graph is right: each arrow left out stands for no direct effect, and each missing "
    "<-> for no unmeasured common cause."
)


def backdoor_assumptions(
    treatment: str, outcome: str, adjustment: Sequence[str]
) -> tuple[str, ...]:
    """Says what has to be believed for adjustment to give an effect, graph or no graph.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapter 3.
    """
    alike = f"rows alike in {join(adjustment)}" if adjustment else "all rows"
    return (
        f"No unmeasured confounding: among {alike}, who had which {treatment} says nothing about "
        f"what {outcome} would have been under either.",
        f"Overlap: among {alike}, each value of {treatment} could have occurred.",
        consistency(treatment, outcome),
    )


def consistency(treatment: str, outcome: str) -> str:
    """Says that there is one treatment and one outcome of it."""
    return (
        f"Consistency: {outcome} of a row depends on its own {treatment} only, and {treatment} "
        "means the same thing in every row."
    )


def front_door_assumptions(
    treatment: str, outcome: str, mediators: Sequence[str]
) -> tuple[str, ...]:
    """Says what has to be believed for the front-door formula.

    Source:
        Pearl (2009), Causality, definition 3.3.3.
    """
    through = join(mediators)
    return (
        f"The whole effect of {treatment} on {outcome} passes through {through}.",
        f"Nothing unmeasured affects both {treatment} and {through}.",
        f"Among rows with the same {treatment}, nothing unmeasured affects both {through} and "
        f"{outcome}.",
        f"Overlap: for each value of {treatment}, each value of {through} could have occurred.",
        consistency(treatment, outcome),
    )


def functional_assumptions(functional: Functional) -> tuple[str, ...]:
    """Says what has to be believed for a formula of observed probabilities."""
    treatment, outcome = join(functional.treatments), join(functional.outcomes)
    return (
        "Overlap: every combination of values that the formula conditions on could have occurred.",
        consistency(treatment, outcome),
    )


def instrument_assumptions(treatment: str, outcome: str, instrument: Instrument) -> tuple[str, ...]:
    """Says what has to be believed for an instrument to give an effect.

    Source:
        Angrist, Imbens and Rubin (1996), Identification of causal effects using instrumental
        variables, JASA 91.
    """
    alike = f" among rows alike in {join(instrument.given)}" if instrument.given else ""
    name = instrument.name
    return (
        f"Relevance: {name} is associated with {treatment}{alike}; the data can show how strongly.",
        f"Exclusion: {name} goes with {outcome}{alike} through the effect of {treatment} alone.",
        f"Monotonicity, for the effect in those whom {name} moves: {name} moves no row's "
        f"{treatment} the other way; or one effect for all rows, for the effect in all.",
        consistency(treatment, outcome),
    )


def selection_assumptions(graph: Graph, treatment: str, outcome: str) -> tuple[str, ...]:
    """Says what a selection of rows does to the answer; nothing where there is none.

    Source:
        Correa and Bareinboim (2017), Causal effect identification by adjustment under confounding
        and selection biases, AAAI.
    """
    if not graph.selected:
        return ()
    names = join(graph.ordered(graph.selected))
    return (
        f"Selection: whether a row was kept ({names}) says nothing about what {outcome} would "
        f"have been under either {treatment}, so the effect holds for the rows left out, too.",
    )


def no_effect(question: Question) -> tuple[str, ...]:
    """Says that the effect is zero by the graph; nothing where it is not."""
    if question.causal:
        return ()
    return (
        f"By this graph {question.treatment} has no effect on {question.outcome}, directly or "
        "through others: the effect is zero, and an estimate away from zero speaks against the "
        "graph.",
    )
