"""The answer to "can this effect be had from these data?": yes and how, or no and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bayesinf import BayesinfError
from causal.graph import Graph, Path
from causal.identification.functional import Functional, Hedge
from causal.identification.instrument import Instrument

type Strategy = Literal["backdoor", "front-door", "instrument", "functional"]


@dataclass(frozen=True)
class Identification:
    """Says how the effect follows from what was measured, and what has to be believed for it.

    Attributes:
        treatment: The variable whose effect is asked for.
        outcome: The variable that it is asked on.
        adjustment: The variables to adjust for, in the order of the graph.
        assumptions: One sentence for each thing that the data cannot show.
        graph: The graph that the answer was read from; None where the adjustment was just stated.
        strategy: The way from data to effect: `"backdoor"` adjusts for what confounds,
            `"front-door"` goes through mediators, `"functional"` evaluates a formula of
            probabilities, `"instrument"` uses what moves the treatment alone.
        mediators: What the front-door passes through.
        functional: The formula of a front-door or of any other identified effect.
        instrument: What moves the treatment, with what has to be held equal.
    """

    treatment: str
    outcome: str
    adjustment: tuple[str, ...]
    assumptions: tuple[str, ...]
    graph: Graph | None = None
    strategy: Strategy = "backdoor"
    mediators: tuple[str, ...] = ()
    functional: Functional | None = None
    instrument: Instrument | None = None

    def __str__(self) -> str:
        assumptions = "".join(f"\n  - {sentence}" for sentence in self.assumptions)
        return (
            f"The effect of {self.treatment} on {self.outcome} follows from {self.way}, "
            f"if:{assumptions}"
        )

    @property
    def way(self) -> str:
        """The way from data to effect in a few words, such as "adjusting for z"."""
        brief = "" if self.functional is None else self.functional.brief
        if self.strategy == "front-door":
            return f"the front-door through {join(self.mediators)}: {brief}"
        if self.strategy == "functional":
            return f"the formula {brief}"
        if self.strategy == "instrument":
            return f"the instrument {self.instrument}"
        return adjusting(self.adjustment)


class NotIdentified(BayesinfError):
    """The effect does not follow from what was measured by adjusting for any of it.

    Attributes:
        treatment: The variable whose effect was asked for.
        outcome: The variable that it was asked on.
        open_path: A path that keeps the two associated for other reasons than the effect; None
            where the question is not about such a path.
        others: Other ways to the effect that the graph allows, the ones that ask for the least
            first.
        hedge: The proof that no formula of what was measured gives the effect; None where there is
            a formula, or none was looked for.
    """

    def __init__(
        self,
        what: str,
        *,
        treatment: str,
        outcome: str,
        open_path: Path | None,
        hint: str,
        others: tuple[Identification, ...] = (),
        hedge: Hedge | None = None,
    ) -> None:
        super().__init__(what, code="not-identified", column=treatment, hint=hint)
        self.treatment = treatment
        self.outcome = outcome
        self.open_path = open_path
        self.others = others
        self.hedge = hedge


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
