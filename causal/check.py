"""What one check by refits is: something that should, or should not, move the effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import bayesinf as bi
from causal.arms import ArmStudy
from causal.estimate import Estimate
from causal.refits import Refits


@dataclass(frozen=True, eq=False)
class Checked:
    """What a check found, with the refits that it rests on.

    Attributes:
        check: The check's name.
        findings: What it found; each says what the check can and cannot detect.
        refits: The effects of the refits.
    """

    check: str
    findings: tuple[bi.Finding, ...]
    refits: Refits


@dataclass(frozen=True)
class Check(ABC):
    """A way to put an estimate to the test by answering its question again, changed.

    Attributes:
        name: The name by which it is asked for, which is that of its file.
    """

    name: ClassVar[str]

    @abstractmethod
    def refuses(self, estimate: Estimate) -> str | None:
        """Says in a sentence why it does not apply to this estimate, or None.

        Args:
            estimate: What was answered.
        """

    @abstractmethod
    def run(self, estimate: Estimate, streams: bi.Streams) -> Checked:
        """Refits, and judges how far the effects move.

        Args:
            estimate: What was answered.
            streams: Random streams; equal ones give equal findings.

        Raises:
            DataError: A column that the check needs is absent or unfit.
            ModelError: The check does not apply.
        """


def refuses_arms(estimate: Estimate) -> str | None:
    """Says why rows of an estimate cannot be changed one by one, or None.

    Args:
        estimate: What was answered.
    """
    study, contrast = estimate.study, estimate.answer.contrast
    if not isinstance(study, ArmStudy) or contrast is None:
        return (
            f"The study '{study.name}' does not compare rows of two arms; its own checks stand "
            "among the findings of the estimate."
        )
    return None


def arm_study(estimate: Estimate) -> ArmStudy:
    """The study of an estimate that compares rows of two arms.

    Raises:
        ModelError: It does not.
    """
    study, reason = estimate.study, refuses_arms(estimate)
    if reason is not None or not isinstance(study, ArmStudy):
        raise bi.ModelError(
            str(reason), code="check-refuses", hint="Choose checks by `check.refuses(estimate)`."
        )
    return study


def column_beside(estimate: Estimate, column: str) -> bi.Table:
    """Reads one more column of the user's frame, for the rows that the estimate used.

    Args:
        estimate: What was answered.
        column: A column of its frame.

    Returns:
        A table of that column alone, row by row beside `estimate.answer.contrast.table`.

    Raises:
        DataError: The frame has no such column.
    """
    contrast = estimate.answer.contrast
    assert contrast is not None
    if column in contrast.table.columns:
        return contrast.table.only([column])
    read = bi.Table.read(estimate.frame, [column])
    used = contrast.table.positions
    return read if used is None else read.take(used)
