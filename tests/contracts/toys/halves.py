"""A check that is in no catalogue: the effect in the first half of the rows and in the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.check import Check, Checked
from causal.estimate import Estimate
from causal.refits import Change, refit
from causal.refits.change import contrast_of
from causal.refits.rows import refuses_arms


@dataclass(frozen=True)
class Halves(Check):
    name: ClassVar[str] = "halves"

    def refuses(self, estimate: Estimate) -> str | None:
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        size = len(contrast_of(estimate.answer).received)
        first = np.arange(size) < size / 2
        found = refit(estimate, [Change("first", first), Change("second", ~first)], streams)
        apart = float(found.means[0] - found.means[1]) / float(np.hypot(*found.sds))
        sentence = (
            f"The halves of the rows are {apart:.1f} sds apart. This detects drift; it cannot "
            "detect what all rows share."
        )
        severity = "good" if abs(apart) < 3 else "warning"
        finding = bi.Finding(sentence, severity, "halves", {"apart": apart}, "Adjust for time.")
        return Checked(self.name, (finding,), found)
