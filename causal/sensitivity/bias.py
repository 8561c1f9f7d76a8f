"""What one bias is: a way in which an estimate may be wrong, and how far one believes it is."""

from __future__ import annotations

from abc import ABC, abstractmethod

import bayesinf as bi
from causal.estimate import Estimate
from causal.sensitivity.sensitivity import Sensitivity


class Bias(ABC):
    """Something that may be wrong with an estimate, with a belief about its size."""

    @abstractmethod
    def refuses(self, estimate: Estimate) -> str | None:
        """Says in a sentence why it cannot be the bias of this estimate, or None.

        Args:
            estimate: What was answered.
        """

    @abstractmethod
    def push(self, estimate: Estimate, streams: bi.Streams) -> Sensitivity:
        """Pushes the belief through every draw of the effect.

        Args:
            estimate: What was answered.
            streams: Random streams of the belief.

        Raises:
            ModelError: It cannot be the bias of this estimate, or a strength is impossible.
        """
