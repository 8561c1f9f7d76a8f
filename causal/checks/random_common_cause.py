"""Random common cause: adjusting for pure noise must not move the effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.check import Check, Checked
from causal.estimate import Estimate
from causal.refits import Change, Refits, refit
from causal.refits.rows import arm_study, refuses_arms


@dataclass(frozen=True)
class RandomCommonCause(Check):
    """Adjusts for a column of random numbers as well, and answers again.

    Attributes:
        refits: How many columns to try, one at a time.

    Source:
        Sharma and Kiciman (2020), DoWhy, arXiv 2011.04216, where it is one of the refuters;
        scaling by the posterior sd is this library's.
    """

    refits: int = 50

    name: ClassVar[str] = "random_common_cause"

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms."""
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Adds noise, refits, and compares the moves with the posterior sd."""
        arm_study(estimate)
        contrast = estimate.answer.contrast
        assert contrast is not None
        generator, size = streams.generator(self.name), len(contrast.received)
        changes = [
            Change(number, added=generator.standard_normal(size))
            for number in range(1, self.refits + 1)
        ]
        found = refit(estimate, changes, streams)
        return Checked(self.name, (judge_moves(estimate, found),), found)


def judge_moves(estimate: Estimate, found: Refits) -> bi.Finding:
    """Says how far noise among the adjusters moves the effect, in units of its posterior sd."""
    effect, sd = float(estimate.draws.mean()), float(estimate.draws.std(ddof=1))
    move = float(np.sqrt(np.mean((found.means - effect) ** 2)))
    share = move / sd
    severity = "bad" if share > 1 else "warning" if share > 0.33 else "good"
    return bi.Finding(
        f"Adjusting for a column of random numbers moves the effect by {move:.2g} "
        f"({len(found)} tries), {share:.2f} of its posterior sd, {sd:.3g}. This detects an "
        "estimator that reads noise; it cannot detect a confounder that was not measured.",
        severity,
        "random-common-cause",
        {"move": move, "share_of_sd": share, "effect": effect, "refits": float(len(found))},
        "" if severity == "good" else "Use a simpler outcome model, or more rows.",
    )
