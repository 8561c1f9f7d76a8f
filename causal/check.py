"""What one check by refits is: something that should, or should not, move the effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import bayesinf as bi
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
