"""One question to a graph, may this effect be had, with the sets of variables that decide it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from causal.graph import Graph, GraphError, underlined
from causal.graph.bits import Bits, Mask


@dataclass(frozen=True, eq=False)
class Question:
    """The effect of one variable on another, in a graph of which some variables were measured.

    Attributes:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
        measured: The variables of the graph that were measured, but for these two.

    Source:
        van der Zander, Liskiewicz and Textor (2019), Separators and adjustment sets in causal
        graphs, Artificial Intelligence 270. Bidirected arrows stand for latent common causes, which
        have no causes themselves, so none of these sets changes by them.
    """

    graph: Graph
    treatment: str
    outcome: str
    measured: frozenset[str]

    @classmethod
    def ask(cls, graph: Graph, treatment: str, outcome: str, observed: Collection[str]) -> Question:
        """Checks that treatment and outcome are two measured variables of the graph.

        Raises:
            GraphError: Otherwise.
        """
        check_question(graph, treatment, outcome, observed)
        usable = frozenset(graph.nodes) - graph.latent - graph.selected - {treatment, outcome}
        return cls(graph, treatment, outcome, frozenset(observed) & usable)

    @property
    def observed(self) -> frozenset[str]:
        """All variables of the graph that were measured."""
        return self.measured | {self.treatment, self.outcome}

    @property
    def bits(self) -> Bits:
        """The graph as whole numbers."""
        return self.graph.bits

    @cached_property
    def x(self) -> Mask:
        """The treatment."""
        return self.bits.mask([self.treatment])

    @cached_property
    def y(self) -> Mask:
        """The outcome."""
        return self.bits.mask([self.outcome])

    @cached_property
    def selected(self) -> Mask:
        """What decided which rows are in the data; it is known whatever one does."""
        return self.bits.mask(self.graph.selected)

    @cached_property
    def causal(self) -> Mask:
        """The variables on directed paths from treatment to outcome, but for the treatment.

        Adjusting for one of them, or for what they affect, takes a part of the effect away.
        """
        return self.bits.descendants(self.x) & self.bits.ancestors(self.y) & ~self.x

    @cached_property
    def forbidden(self) -> Mask:
        """The treatment, the causal variables and what these affect."""
        return self.bits.descendants(self.causal) | self.x

    @cached_property
    def allowed(self) -> Mask:
        """The measured variables that may be adjusted for."""
        return self.bits.mask(self.measured) & ~self.forbidden

    @cached_property
    def backdoor(self) -> Bits:
        """The graph without the first arrow of each directed path from treatment to outcome.

        What still connects the two in it is not the effect.
        """
        return self.bits.without_out(self.x, into=self.causal)

    @cached_property
    def recoverable(self) -> bool:
        """Whether the outcome under each treatment is alike in the rows kept and those not.

        Source:
            Correa and Bareinboim (2017), Causal effect identification by adjustment under
            confounding and selection biases, AAAI, conditions (c) and (d) of definition 3.
        """
        if not self.selected:
            return True
        # A treatment that decides about the rows also decides which confounders are in them.
        deciding = self.bits.ancestors(self.selected) & self.x
        confounded = not self.bits.without_out(self.x).separated(self.x, self.y, 0)
        if self.selected & (self.x | self.y) or (deciding and confounded):
            return False
        return self.bits.without_in(self.x).separated(self.y, self.selected, self.x)

    def is_valid(self, adjustment: Mask) -> bool:
        """Says whether adjusting for a set leaves nothing but the effect.

        Source:
            The adjustment criterion: Shpitser, VanderWeele and Robins (2010), UAI; with selected
            rows, Correa and Bareinboim (2017), AAAI, definition 3.
        """
        known = adjustment | self.selected
        return (
            not adjustment & (self.forbidden | self.y)
            and self.recoverable
            and self.backdoor.separated(self.x, self.y, known)
        )

    @cached_property
    def canonical(self) -> Mask:
        """All that may be adjusted for among causes: if this set fails, every set fails."""
        return self.allowed & self.bits.ancestors(self.x | self.y | self.selected)


def check_question(graph: Graph, treatment: str, outcome: str, observed: Collection[str]) -> None:
    """Checks that the treatment and the outcome are two measured variables of the graph.

    Raises:
        GraphError: Otherwise.
    """
    for role, name in (("treatment", treatment), ("outcome", outcome)):
        graph.require(name)
        if name in graph.latent or name not in observed:
            reason = (
                "declared latent"
                if name in graph.latent
                else f"not among the {len(observed)} columns"
            )
            raise GraphError(
                f"The {role} '{name}' was not measured: it is {reason}.{underlined(graph, name)}",
                code=f"unmeasured-{role}",
                column=name,
                hint="Name columns of the data: both treatment and outcome have to be measured.",
            )
        if name in graph.selected:
            raise GraphError(
                f"The {role} '{name}' is declared selected: it has one value in all rows.",
                code=f"selected-{role}",
                column=name,
                hint="Draw what decided about the rows as a variable of its own: "
                f"'{name} -> kept; kept [selected]'.",
            )
    if treatment == outcome:
        raise GraphError(
            f"'{treatment}' is named in 2 roles: as treatment and as outcome.",
            code="same-variable",
            column=treatment,
            hint="Name two different variables.",
        )
