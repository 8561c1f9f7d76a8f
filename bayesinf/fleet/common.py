"""What solving many models side by side leaves: draws in common arrays, and their certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np

from bayesinf.model.model import Model
from bayesinf.numerics.random import Streams
from bayesinf.posterior.verdict import Finding

UNREACHED = "The fleet was interrupted before its turn."
"""The doubt about models that were not solved at all."""


@dataclass(frozen=True, eq=False)
class Common:
    """Draws of many models, the models along the first axis of every array.

    Attributes:
        coefficients: Shape (model, draw, coefficient); the intercept is that of uncentred columns.
        parameters: Shape (model, draw, parameter).
        copies: Shape (model, draw). How often the point of each draw was taken; 1 where draws are
            independent.
        k_hats: Shape (model, 2). Of the importance weights; NaN where there are none.
        ess: Shape (model,). How many equal weights the importance weights are worth.
        doubts: One per model: why it is not certified, and its draws are not to be used; empty
            where it is.
    """

    coefficients: np.ndarray
    parameters: np.ndarray
    copies: np.ndarray
    k_hats: np.ndarray
    ess: np.ndarray
    doubts: np.ndarray

    @property
    def certified(self) -> np.ndarray:
        """Shape (model,). Which models are certified."""
        return self.doubts == ""

    def arrays(self) -> tuple[np.ndarray, ...]:
        """All arrays, in the order of the attributes."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass
class Shelf:
    """Room for the draws of all models of a fleet, filled as they are solved, in any order.

    Attributes:
        count: How many models there are.
        common: Their draws so far; None before the first.
    """

    count: int
    common: Common | None = None

    def put(self, places: Sequence[int], part: Common) -> None:
        """Writes the models of a part into the lines of their places."""
        if self.common is None:
            self.common = Common(
                self._room(part.coefficients),
                self._room(part.parameters),
                self._room(part.copies),
                self._room(part.k_hats),
                self._room(part.ess),
                np.full(self.count, UNREACHED, dtype=object),
            )
        for mine, theirs in zip(self.common.arrays(), part.arrays(), strict=True):
            mine[np.asarray(places)] = theirs

    def _room(self, array: np.ndarray) -> np.ndarray:
        return np.zeros((self.count, *array.shape[1:]), array.dtype)


class Way(Protocol):
    """A way to solve many models side by side."""

    @property
    def engine(self) -> str:
        """The name of the engine that solves one such model in the same way."""
        ...

    @property
    def praise(self) -> str:
        """Why this way was taken: a sentence for the table of engines."""
        ...

    def solve(self, models: Sequence[Model], streams: Sequence[Streams], draws: int) -> Common:
        """Solves models of the same structure and priors, each with streams of its own."""
        ...

    def finding(self, common: Common, place: int, effective: float) -> Finding:
        """The certificate of one model, whose draws are worth `effective` independent ones."""
        ...
