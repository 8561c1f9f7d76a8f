"""Leave one group out: no single group may carry the answer."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.check import Check, Checked
from causal.estimate import Estimate
from causal.refits import Change, Refits, refit
from causal.refits.rows import arm_study, refuses_arms, rows_beside
from causal.treatment import levels_of

MOST_GROUPS = 200
"""More levels than this are amounts rather than groups."""

FALSE_ALARMS = 0.01
"""How often groups that are all alike may raise a warning, over all groups together."""


@dataclass(frozen=True)
class LeaveOneGroupOut(Check):
    """Leaves out each level of a column in turn, and answers again.

    Attributes:
        column: The groups, such as a site or a year; it need not be adjusted for.

    Source:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 11, the jackknife:
        without a share q of the rows the answer should move by about its sd times sqrt(q/(1-q)).
    """

    column: str

    name: ClassVar[str] = "leave_one_group_out"

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms."""
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Leaves out one group at a time, refits, and judges the largest move."""
        arm_study(estimate)
        table = rows_beside(estimate, (self.column,))
        levels, values = levels_of(table, self.column), table.columns[self.column]
        if not 2 <= len(levels) <= MOST_GROUPS:
            raise bi.DataError(
                f"'{self.column}' has {len(levels)} levels; groups to leave out are between 2 and "
                f"{MOST_GROUPS}.",
                code="not-groups",
                column=self.column,
                hint="Make a column of fewer groups, for example by pandas.cut.",
            )
        kept = [np.asarray(values != level, dtype=bool) for level in levels]
        changes = [Change(level, rows=rows) for level, rows in zip(levels, kept, strict=True)]
        found = refit(estimate, changes, streams)
        shares = {level: 1 - rows.mean() for level, rows in zip(levels, kept, strict=True)}
        sizes = np.array([shares[label] for label in found.labels])
        return Checked(self.name, self.judge(estimate, found, sizes), found)

    def judge(
        self, estimate: Estimate, found: Refits, shares: np.ndarray
    ) -> tuple[bi.Finding, ...]:
        """Judges the group whose absence moves the effect most, for its size.

        Args:
            estimate: What was answered.
            found: One refit per group.
            shares: (group,) shares of the rows.
        """
        effect, sd = float(estimate.draws.mean()), float(estimate.draws.std(ddof=1))
        usual = sd * np.sqrt(shares / (1 - shares))
        moves = found.means - effect
        worst = int(np.argmax(np.abs(moves) / usual))
        times = abs(moves[worst]) / usual[worst]
        limit = NormalDist().inv_cdf(1 - FALSE_ALARMS / (2 * len(found)))
        turned = [
            label
            for label, mean in zip(found.labels, found.means, strict=True)
            if np.sign(mean) != np.sign(effect)
        ]
        halved = abs(moves[worst]) > abs(effect) / 2
        severity = "good" if times <= limit else "bad" if halved or turned else "warning"
        turns = f"without {turned[0]!r} it changes its sign" if turned else "its sign stays"
        missing = f" {len(found.failed)} groups could not be left out." if found.failed else ""
        told = (
            f"Without '{self.column}' = {found.labels[worst]!r} the effect is "
            f"{found.means[worst]:.4g} in place of {effect:.4g}, {times:.1f} times the move that "
            f"its size explains (limit {limit:.1f}); {turns}.{missing} This detects a group that "
            "carries the answer; it cannot detect a fault that all groups share."
        )
        evidence = {
            "move": float(moves[worst]),
            "times_usual": float(times),
            "limit": limit,
            "effect": effect,
            "smallest": float(found.means.min()),
            "largest": float(found.means.max()),
        }
        remedy = "" if severity == "good" else "Report the effect with and without that group."
        return (bi.Finding(told, severity, "leave-one-group-out", evidence, remedy),)
