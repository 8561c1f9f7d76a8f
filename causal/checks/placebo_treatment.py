"""Placebo treatment: a treatment handed out by chance must have no effect."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.check import Check, Checked
from causal.estimate import Estimate
from causal.refits import Change, Refits, refit
from causal.refits.rows import arm_study, refuses_arms, rows_beside

LIMITS = "It cannot detect confounding, which shuffling removes along with the effect."
"""What every finding of this check says about its reach."""


@dataclass(frozen=True)
class PlaceboTreatment(Check):
    """Shuffles who was treated, so that the true effect is zero, and answers again.

    The effects of the shuffled treatments have to centre on zero, and to spread as widely as each
    refit's own posterior says; if they spread more, the posterior is too sure.

    Attributes:
        refits: How many times to shuffle; with 50 the spread is known to 10 %.
        within: Columns within whose levels to shuffle, such as the blocks of an experiment; none
            shuffles all rows.

    Source:
        Fisher (1935), The Design of Experiments, for the reference distribution; the comparison
        with the posterior's own sd is this library's.
    """

    refits: int = 50
    within: tuple[str, ...] = ()

    name: ClassVar[str] = "placebo_treatment"

    def refuses(self, estimate: Estimate) -> str | None:
        """Refuses studies without arms."""
        return refuses_arms(estimate)

    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Shuffles, refits, and compares centre and spread of the effects."""
        arm_study(estimate)
        contrast = estimate.answer.contrast
        assert contrast is not None
        generator = streams.generator(self.name)
        blocks = _blocks(estimate, self.within)
        shuffled = [shuffle(contrast.received, blocks, generator) for _ in range(self.refits)]
        if all(np.array_equal(received, contrast.received) for received in shuffled):
            raise bi.DataError(
                f"Within levels of {', '.join(self.within)} every row has the same treatment, so "
                "there is nothing to shuffle.",
                code="nothing-to-shuffle",
                column=self.within[0] if self.within else contrast.treatment.column,
                hint="Shuffle within coarser groups, or among all rows: within=().",
            )
        changes = [Change(number, received=row) for number, row in enumerate(shuffled, 1)]
        found = refit(estimate, changes, streams)
        return Checked(self.name, (judge_centre(estimate, found), judge_spread(found)), found)


def shuffle(received: np.ndarray, blocks: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Hands the treatments of each block to its rows anew.

    Args:
        received: (row,) booleans.
        blocks: (row,) codes.
        generator: Decides.

    Returns:
        (row,) booleans with as many True in each block.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> shuffle(np.array([True, True, False]), np.array([0, 0, 1]), rng)
        array([ True,  True, False])
    """
    mixed = generator.permutation(len(received))
    # Sorted by block, the rows stand at the same places whether or not they were mixed before.
    places = np.argsort(blocks, kind="stable")
    donors = mixed[np.argsort(blocks[mixed], kind="stable")]
    shuffled = np.empty_like(received)
    shuffled[places] = received[donors]
    return shuffled


def _blocks(estimate: Estimate, within: tuple[str, ...]) -> np.ndarray:
    """Numbers the combinations of levels of some columns."""
    contrast = estimate.answer.contrast
    assert contrast is not None
    codes = np.zeros(len(contrast.received), dtype=int)
    for column in within:
        values = rows_beside(estimate, (column,)).columns[column]
        _, own = np.unique(values.astype(str), return_inverse=True)
        _, codes = np.unique(codes * (own.max() + 1) + own, return_inverse=True)
    return codes


def judge_centre(estimate: Estimate, found: Refits) -> bi.Finding:
    """Says whether effects of shuffled treatments centre on zero, in units of the effect's sd."""
    effect, sd = float(estimate.draws.mean()), float(estimate.draws.std(ddof=1))
    error = found.spread / sqrt(len(found))
    share = abs(found.centre) / sd
    off = abs(found.centre) > 4 * error
    beyond = int(np.count_nonzero(np.abs(found.means) >= abs(effect)))
    severity = "bad" if off and share > 1 else "warning" if off and share > 0.25 else "good"
    told = (
        f"{len(found)} treatments handed out by chance had effects of {found.centre:.4g} on "
        f"average, give or take {error:.3g}, where the truth is 0; "
        f"{beyond or 'none'} of them {'was' if beyond == 1 else 'were'} as large as the real one, "
        f"{effect:.4g}. {LIMITS}"
    )
    evidence = {
        "centre": found.centre,
        "error": error,
        "spread": found.spread,
        "effect": effect,
        "as_large": float(beyond),
        "refits": float(len(found)),
    }
    remedy = "" if severity == "good" else "The outcome model finds effects where there are none."
    return bi.Finding(told, severity, "placebo-treatment", evidence, remedy)


def judge_spread(found: Refits) -> bi.Finding:
    """Says whether effects of shuffled treatments spread as widely as their posteriors say."""
    own = float(np.sqrt(np.mean(found.sds**2)))
    ratio = found.spread / own
    error = 1 / sqrt(2 * (len(found) - 1))
    high = ratio - 3 * error
    severity = "bad" if high > 1.5 else "warning" if high > 1 else "good"
    verdict = {
        "good": "so the posterior is as unsure as it should be",
        "warning": "so the posterior is too sure",
        "bad": "so the posterior is far too sure",
    }[severity]
    evidence = {"ratio": ratio, "error": error, "spread": found.spread, "posterior_sd": own}
    return bi.Finding(
        f"Effects of treatments handed out by chance spread {ratio:.2f} times as widely as their "
        f"posteriors say (give or take {error:.2f}), {verdict}. This detects a wrong error model; "
        "it cannot detect rows that hang together, unless they are shuffled together.",
        severity,
        "placebo-treatment-spread",
        evidence,
        "" if severity == "good" else "Give rows that hang together a group term, (1 | group).",
    )
