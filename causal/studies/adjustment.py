"""An observational study whose effect is identified by adjusting for what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation
from causal.arms import MOST_ARMS, ArmStudy, judge_arms, order_assumption
from causal.averages import grouping
from causal.comparison import complete_rows
from causal.estimand import ATE, Dose
from causal.estimators import Standardisation
from causal.findings import judge_balance, judge_cells, judge_overlap
from causal.formula import Adjuster, is_factor, outcome_formula, treatment_terms
from causal.graph import Graph
from causal.identification import Identification, backdoor_assumptions, judge_graph
from causal.many_arms import compare_arms, two_arms
from causal.study import Example
from causal.treatment import Contrast, levels_of, refuse_codes, refuse_unknown_control

SPOKEN_ABOUT = {
    "Overlap": ("overlap", "overlap-unknown", "empty-cells"),
    "The graph is right": ("graph-implications",),
}
"""Codes of the findings that speak about an assumption, by how the assumption begins."""


@bi.checked_class
@dataclass(frozen=True)
class Adjustment(ArmStudy):
    """Compares rows with the treatment to rows without that are alike in what confounds.

    Attributes:
        identification: Why adjustment gives the effect.
        adjusters: What is adjusted for, and how it enters the model.

    Source:
        Hernan and Robins (2020), Causal Inference: What If, chapters 3 and 13.
    """

    identification: Identification
    adjusters: tuple[Adjuster, ...]

    name: ClassVar[str] = "adjustment"

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up rows of which the treated have more of what raises the outcome anyway."""
        size = 400
        z = rng.normal(size=size)
        t = (rng.random(size) < 1 / (1 + np.exp(-z))).astype(float)
        y = 1 + (2 + 0.5 * z) * t + 1.5 * z + rng.normal(size=size)
        identification = Identification("t", "y", ("z",), backdoor_assumptions("t", "y", ("z",)))
        study = cls("y", "t", ATE(), identification, (Adjuster("z", ("z",)),))
        return Example(study, {"y": y, "t": t, "z": z}, float(np.mean(2 + 0.5 * z)))

    @property
    def adjusting(self) -> tuple[Adjuster, ...]:
        """What is adjusted for."""
        return self.adjusters

    def judge_frame(self, frame: object) -> tuple[bi.Finding, ...]:
        """Holds the graph, where there is one, against the independences that the data show.

        A contradiction is a warning here: the adjustment may be right though the graph is wrong
        elsewhere.
        """
        graph = self.identification.graph
        if graph is None:
            return ()
        found = judge_graph(graph, frame)
        told = replace(found, severity="warning") if found.severity == "bad" else found
        return (
            *judge_reach(graph, self.treatment, self.outcome),
            *judge_groups(graph, self.treatment, grouping(self.estimand)),
            told,
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Compares two arms by the estimator, or each pair of several by one outcome model.

        Args:
            frame: The data as the user has them.
            computation: How models are fitted.
        """
        rows = complete_rows(frame, self.columns)
        levels = levels_of(rows, self.treatment)
        refuse_codes(rows, self.treatment, levels, self.control)
        refuse_unknown_control(self.treatment, levels, self.control)
        several = 2 < len(levels) <= MOST_ARMS and not isinstance(self.estimand, Dose)
        if not (several and isinstance(self.estimator, Standardisation)):
            return super().answer(frame, computation)
        answer = compare_arms(self, frame, computation)
        assert isinstance(answer.prediction, bi.Fit)
        table = answer.prediction.model.design.table
        assert table is not None
        others = tuple(
            replace(found, sentence=f"{name}: {found.sentence}")
            for name in answer.effects["arm"].labels[2:]
            for found in self.judge_arm(table, str(name), answer)
        )
        return replace(answer, findings=(*self.judge_frame(frame), *others, *answer.findings))

    def judge_arm(self, table: bi.Table, name: str, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks the overlap of one arm with the control."""
        first = str(answer.effects["arm"].labels[0])
        pair = two_arms(table, self.treatment, first, name)
        terms = treatment_terms(self.adjusters, pair.table, pair.received)
        seed = bi.Streams(answer.seed).integer("overlap", name)
        return judge_overlap(pair, terms, self.plain(pair.table), seed)

    def plain(self, table: bi.Table) -> list[str]:
        """The columns adjusted for that are no grouping columns."""
        return [
            name for name in self.adjustment if name in table.columns and name not in self.groups
        ]

    @property
    def groups(self) -> set[str]:
        """The columns whose levels are the groups of group terms."""
        terms = (entry for entry in self.adjusters if entry.kind == "group")
        return {name for entry in terms for name in entry.grouping or entry.columns}

    def formula(self, contrast: Contrast) -> str:
        """Writes the default outcome model for these adjusters."""
        return outcome_formula(
            self.outcome, self.treatment, self.adjusters, contrast.table, contrast.received
        )

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """No unmeasured confounding, overlap, consistency, order of groups, the model's shape."""
        shape = Assumption(
            "Model: what was fitted can describe how the average of "
            f"{self.outcome} varies with {self.treatment} and what is adjusted for.",
            ("model-predictive-check",),
        )
        believed = (
            Assumption(text, SPOKEN_ABOUT.get(text.split(":")[0], ()))
            for text in self.identification.assumptions
        )
        return (*believed, *order_assumption(grouping(self.estimand), self.treatment), shape)

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks overlap, empty cells, balance and unmeasured confounding."""
        contrast = answer.contrast
        if contrast is None:
            return ()
        table = contrast.table
        columns = [name for name in self.adjustment if name in table.columns]
        factors = [name for name in columns if name in self.groups or is_factor(table, name)]
        plain = self.plain(table)
        terms = treatment_terms(self.adjusters, table, contrast.received)
        return (
            *judge_overlap(contrast, terms, plain, bi.Streams(answer.seed).integer("overlap")),
            *judge_cells(contrast, factors),
            *judge_balance(contrast, plain),
            *judge_arms(self, answer),
        )


def judge_groups(graph: Graph, treatment: str, by: Sequence[str]) -> tuple[bi.Finding, ...]:
    """Says that groups are asked for by what the treatment affects, according to the graph.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        by: Columns of which groups are made.
    """
    moved = [name for name in by if name in graph.nodes and name in graph.descendants(treatment)]
    return tuple(
        bi.Finding(
            f"By the graph {treatment} affects {name}, so it moved rows from group to group: "
            f"effects within groups of {name} compare rows that were never alike.",
            "warning",
            "groups-after-treatment",
            {},
            f"Group by what was settled before {treatment}.",
        )
        for name in moved
    )


def judge_reach(graph: Graph, treatment: str, outcome: str) -> tuple[bi.Finding, ...]:
    """Says that the effect is zero by the graph, where no directed path leads to the outcome.

    Args:
        graph: Who affects whom.
        treatment: A variable of the graph.
        outcome: Another one.
    """
    if treatment in graph.ancestors(outcome):
        return ()
    return (
        bi.Finding(
            f"By the graph the effect is 0: no arrows lead from {treatment} to {outcome}. The "
            "estimate is a test of the graph, not an effect.",
            "warning",
            "no-directed-path",
            {},
            f"Add the arrow {treatment} -> {outcome} if the effect is in question.",
        ),
    )
