"""What one estimator is: a way from rows of two arms to draws of an effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from causal.answer import Answer, Computation
from causal.comparison import Comparison


@dataclass(frozen=True)
class Estimator(ABC):
    """A way to compute an effect.

    Attributes:
        name: The name by which it is asked for, which is that of its file.
    """

    name: ClassVar[str]

    @classmethod
    def available(cls) -> bool:
        """Whether the libraries that it stands on are installed."""
        return True

    @abstractmethod
    def refuses(self, comparison: Comparison) -> str | None:
        """Says in a sentence why it cannot answer this question, or None.

        Args:
            comparison: What is asked of which rows.
        """

    @abstractmethod
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Computes draws of the effect and of both average potential outcomes.

        Args:
            comparison: What is asked of which rows, and what makes them comparable.
            computation: How to fit.

        Returns:
            Joint draws (chain, draw), the contrast they are about, and what the computation found.
        """
