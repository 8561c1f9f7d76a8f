"""What one estimator is: a way from an outcome model and a contrast to draws of an effect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import bayesinf as bi
from causal.estimate import Answer
from causal.treatment import Contrast


@dataclass(frozen=True)
class Computation:
    """How models are to be fitted.

    Attributes:
        engine: As in `bi.fit`.
        draws: How many draws to keep.
        seed: As in `bi.fit`.
    """

    engine: str | bi.Engine = "auto"
    draws: int = 4000
    seed: object = None


@dataclass(frozen=True)
class Estimator(ABC):
    """A way to compute an effect.

    Attributes:
        name: The name by which it is asked for.
    """

    name: ClassVar[str]

    @abstractmethod
    def answer(self, model: bi.Model, contrast: Contrast, computation: Computation) -> Answer:
        """Computes draws of both average potential outcomes.

        Args:
            model: The outcome model, not fitted yet.
            contrast: The model's rows, the two levels of the treatment, and the weights.
            computation: How to fit.

        Returns:
            Draws (chain, draw) of both averages, joint, and the fit that predicts from them.
        """

    @abstractmethod
    def sentence(self, answer: Answer) -> str:
        """Says in words how the effect was computed."""
