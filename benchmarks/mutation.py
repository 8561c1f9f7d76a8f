"""What a planted bug is: a wrong program that looks plausible."""

from __future__ import annotations

from abc import ABC
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import ClassVar

from bayesinf.engine import Answer
from bayesinf.model.model import Model
from bayesinf.posterior.draws import Draws


class Mutation(ABC):
    """One planted bug.

    Attributes:
        name: What is wrong, in a few words.
        shape: The model shape that it is planted into, by its name.
        engine: The engine that runs the wrong program.
        simulations: Data sets of the first stage.
    """

    name: ClassVar[str]
    shape: ClassVar[str] = "plain"
    engine: ClassVar[str] = "fleet"
    simulations: ClassVar[int] = 2000

    def model(self, model: Model) -> Model:
        """The model that the engine gets: the right one, unless the bug is in the model."""
        return model

    def draws(self, draws: Draws) -> Draws:
        """What becomes of the engine's draws."""
        return draws

    def planted(self) -> AbstractContextManager[object]:
        """A context in which the library's own functions are the wrong ones."""
        return nullcontext()

    def answer(self, answer: Answer) -> Answer:
        """The answer with those draws."""
        return replace(answer, draws=self.draws(answer.draws))
