"""The answer to "can this effect be had from these data?": yes and how, or no and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bayesinf import BayesinfError
from causal.graph.graph import Graph
from causal.graph.separation import Path


@dataclass(frozen=True)
class Identification:
    """Says how the effect follows from what was measured, and what has to be believed for it.

    Attributes:
        treatment: The variable whose effect is asked for.
        outcome: The variable that it is asked on.
        adjustment: The variables to adjust for, in the order of the graph.
        assumptions: One sentence for each thing that the data cannot show.
        graph: The graph that the answer was read from; None where the adjustment was just stated.
        strategy: The way from data to effect.
    """

    treatment: str
    outcome: str
    adjustment: tuple[str, ...]
    assumptions: tuple[str, ...]
    graph: Graph | None = None
    strategy: Literal["backdoor"] = "backdoor"

    def __str__(self) -> str:
        assumptions = "".join(f"\n  - {sentence}" for sentence in self.assumptions)
        return (
            f"The effect of {self.treatment} on {self.outcome} follows from "
            f"{adjusting(self.adjustment)}, if:{assumptions}"
        )


class NotIdentified(BayesinfError):
    """The effect does not follow from what was measured by adjusting for any of it.

    Attributes:
        treatment: The variable whose effect was asked for.
        outcome: The variable that it was asked on.
        open_path: A path that keeps the two associated for other reasons than the effect.
    """

    def __init__(
        self, what: str, *, treatment: str, outcome: str, open_path: Path, hint: str
    ) -> None:
        super().__init__(what, code="not-identified", column=treatment, hint=hint)
        self.treatment = treatment
        self.outcome = outcome
        self.open_path = open_path


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
        f"Consistency: {outcome} of a row depends on its own {treatment} only, and {treatment} "
        "means the same thing in every row.",
    )


def adjusting(adjustment: Sequence[str]) -> str:
    """Names the comparison to make."""
    if not adjustment:
        return "a plain comparison, adjusted for nothing"
    return f"adjusting for {join(adjustment)}"


def join(names: Sequence[str], word: str = "and") -> str:
    """Lists names as a sentence does: "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {word} {names[-1]}"
