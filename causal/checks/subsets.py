"""Subsets: the effect in random parts of the rows must scatter as its posterior says."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.check import Check, Checked
from causal.estimate import Estimate
from causal.refits import Change, Refits, refit
from causal.refits.rows import arm_study, refuses_arms


@dataclass(frozen=True)
class Subsets(Check):
    """Answers again on random parts of the rows.

    A part with a share p of the rows should differ from the whole by the posterior sd times
    sqrt(1/p - 1); if it differs by more, a few rows carry the answer or the posterior is too sure.

    Attributes:
        share: Share of the rows in each part, between 0 and 1.
        refits: How many parts.

    Source:
        Politis and Romano (1994), Annals of Statistics 22, for subsampling without replacement and
        its variance; Sharma and Kiciman (2020), DoWhy, for its use as a refuter.
    """

    share: float = 0.8
    refits: int = 50

    name: ClassVar[str] = "subsets"

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise bi.ModelError(
                f"The share of rows in a subset lies between 0 and 1; this is {self.share!r}.",
                code="share",
                hint="Write causal.checks.Subsets(share=0.8).",
            )

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms."""
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Draws parts of both arms alike, refits, and compares the scatter."""
        arm_study(estimate)
        contrast = estimate.answer.contrast
        assert contrast is not None
        generator = streams.generator(self.name)
        changes = [
            Change(number, rows=part_of(contrast.received, self.share, generator))
            for number in range(1, self.refits + 1)
        ]
        found = refit(estimate, changes, streams)
        return Checked(self.name, (judge_scatter(estimate, found, self.share),), found)


def part_of(received: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """Chooses a share of the treated rows and the same share of the others.

    Args:
        received: (row,) booleans.
        share: Between 0 and 1; at least one row of each arm is chosen.
        generator: Decides.

    Returns:
        (row,) booleans.

    Example:
        >>> kept = part_of(np.arange(10) < 5, 0.8, np.random.default_rng(1))
        >>> int(kept.sum()), int(kept[:5].sum())
        (8, 4)
    """
    kept = np.zeros(len(received), dtype=bool)
    for arm in (received, ~received):
        rows = np.flatnonzero(arm)
        count = max(1, round(share * len(rows)))
        kept[generator.permutation(rows)[:count]] = True
    return kept


def judge_scatter(estimate: Estimate, found: Refits, share: float) -> bi.Finding:
    """Says whether the effect in parts of the rows scatters as its posterior sd says."""
    effect, sd = float(estimate.draws.mean()), float(estimate.draws.std(ddof=1))
    wanted = sd * sqrt(1 / share - 1)
    scatter = float(np.sqrt(np.mean((found.means - effect) ** 2)))
    ratio, error = scatter / wanted, 1 / sqrt(2 * len(found))
    turned = int(np.count_nonzero(np.sign(found.means) != np.sign(effect)))
    high = ratio - 3 * error
    severity = "bad" if high > 2 else "warning" if high > 1 else "good"
    sign = f"{turned} have the other sign" if turned else "all have the same sign"
    return bi.Finding(
        f"In {len(found)} random parts of {share:.0%} of the rows the effect lies between "
        f"{found.means.min():.4g} and {found.means.max():.4g} ({sign}); it scatters {ratio:.2f} "
        f"times as widely as its posterior sd says (give or take {error:.2f}). This detects "
        "answers that a few rows carry; it cannot detect a fault that all rows share.",
        severity,
        "subsets",
        {
            "ratio": ratio,
            "error": error,
            "lowest": float(found.means.min()),
            "highest": float(found.means.max()),
            "other_sign": float(turned),
            "effect": effect,
        },
        "" if severity == "good" else "Look for extreme rows, or take a family with heavy tails.",
    )
