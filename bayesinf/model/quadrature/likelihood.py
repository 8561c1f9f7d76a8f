"""How likely the rows of a bundle of blocks are when their group effects move.

Arrays have axes (node, effect, row, group, point), as far as each has them. A `Form` is made once
for the rows; at given coefficients and family parameters it becomes a `Likelihood`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from bayesinf.family import Family
from bayesinf.model.quadrature.rows import Block, Bundle, Strip
from bayesinf.types import Array

type Parameters = Mapping[str, Array]


class Slopes(NamedTuple):
    """Derivatives of the log likelihood in the group effects.

    Attributes:
        first: Shape (group, point) per effect. The gradient.
        bend: Shape (group, point) for each pair of effects (a, c), c <= a. Minus the second
            derivatives; rows that bend upwards count as flat.
    """

    first: list[Array]
    bend: dict[tuple[int, int], Array]


class Likelihood(ABC):
    """The rows of a bundle, at given coefficients and family parameters."""

    @abstractmethod
    def log_density(self, moves: Array) -> Array:
        """The log likelihood of each group, up to what its effects do not change.

        Args:
            moves: Group effects, several at once, shape (node, effect, group, point).

        Returns:
            Shape (node, group, point).
        """

    @abstractmethod
    def slopes(self, move: Array) -> Slopes:
        """The derivatives of that at one set of effects (effect, group, point)."""


class Form(ABC):
    """The rows of a bundle, prepared for many evaluations."""

    @property
    @abstractmethod
    def nanoseconds(self) -> float:
        """What a row costs at one node of one point, roughly, on one core."""

    @abstractmethod
    def at(self, coefficients: Array, parameters: Parameters) -> Likelihood:
        """The likelihood at coefficients (point, coefficient) and parameters (point,) each."""


@final
@dataclass(frozen=True, eq=False)
class DirectForm(Form):
    """Any family, by its own log density and slopes.

    Attributes:
        family: The outcome's family.
        bundle: The rows.
    """

    family: Family
    bundle: Bundle

    @property
    def nanoseconds(self) -> float:
        """Some special functions: 7 ns for two of softplus, 150 for two log normal tails."""
        return 20.0

    def at(self, coefficients: Array, parameters: Parameters) -> Likelihood:
        """The likelihood at some coefficients and parameters."""
        wide = with_offset(np.asarray(coefficients))
        fixed = [[predictor(strip, wide) for strip in block] for block in self.bundle.blocks]
        return Direct(self.family, self.bundle, fixed, parameters)


@final
@dataclass(frozen=True, eq=False)
class Direct(Likelihood):
    """The likelihood of a `DirectForm`; it leaves nothing out.

    Attributes:
        family: The outcome's family.
        bundle: The rows.
        fixed: Per block and strip, the linear predictors without group effects.
        parameters: The family's parameters, shape (point,) each.
    """

    family: Family
    bundle: Bundle
    fixed: list[list[np.ndarray]]
    parameters: Parameters

    def log_density(self, moves: Array) -> np.ndarray:
        """The log likelihood of each group."""
        moves = np.asarray(moves)
        found = [
            np.stack([self._at_node(block, fixed, move[:, span]) for move in moves])
            for block, span, fixed in self._parts()
        ]
        return np.concatenate(found, axis=1)

    def slopes(self, move: Array) -> Slopes:
        """The derivatives of that in the effects."""
        move = np.asarray(move)
        found = [self._slopes(block, fixed, move[:, span]) for block, span, fixed in self._parts()]
        return join(found)

    def _parts(self) -> Iterator[tuple[Block, slice, list[np.ndarray]]]:
        return zip(self.bundle.blocks, self.bundle.spans, self.fixed, strict=True)

    def _at_node(self, block: Block, fixed: list[np.ndarray], move: np.ndarray) -> np.ndarray:
        total = np.zeros(())
        for strip, own in zip(block, fixed, strict=True):
            eta = shifted(strip, own, move)
            rows = self.family.log_density(strip.response, eta, self.parameters, strip.known)
            total = total + weighted(strip, np.asarray(rows)).sum(0)
        return total

    def _slopes(self, block: Block, fixed: list[np.ndarray], move: np.ndarray) -> Slopes:
        found = Slopes([np.zeros(())] * len(move), pairs(len(move)))
        for strip, own in zip(block, fixed, strict=True):
            eta = shifted(strip, own, move)
            first, second = self.family.slopes(strip.response, eta, self.parameters, strip.known)
            bend = np.maximum(-np.asarray(second), 0.0)
            gather(found, strip, weighted(strip, np.asarray(first)), weighted(strip, bend))
        return found


def with_offset(coefficients: np.ndarray) -> np.ndarray:
    """Coefficients with a one for the offset, ready for products, (coefficient + 1, point)."""
    return np.concatenate([coefficients.T, np.ones((1, len(coefficients)))])


def predictor(strip: Strip, wide: np.ndarray) -> np.ndarray:
    """The linear predictors without group effects, (row, group, point)."""
    return (strip.population @ wide).reshape(*strip.response.shape[:2], -1)


def shifted(strip: Strip, fixed: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Linear predictors with group effects, (row, group, point)."""
    for column, own in zip(strip.varying, move, strict=True):
        fixed = fixed + times(column, own)
    return fixed


def times(column: np.ndarray | None, values: np.ndarray) -> np.ndarray:
    """A product with a column, None being a column of ones."""
    return values if column is None else column * values


def weighted(strip: Strip, values: np.ndarray) -> np.ndarray:
    """Values times the rows' weights."""
    return times(strip.weights, values)


def pairs(size: int) -> dict[tuple[int, int], Array]:
    """A zero for each pair of effects."""
    return {(a, c): np.zeros(()) for a in range(size) for c in range(a + 1)}


def gather(found: Slopes, strip: Strip, first: np.ndarray, bend: np.ndarray) -> None:
    """Adds a strip's derivatives in the linear predictor to sums of them in the effects."""
    for a, column in enumerate(strip.varying):
        found.first[a] = found.first[a] + times(column, first).sum(0)
        for c in range(a + 1):
            both = times(strip.varying[c], times(column, bend))
            found.bend[a, c] = found.bend[a, c] + both.sum(0)


def join(parts: list[Slopes]) -> Slopes:
    """Puts the derivatives of several blocks' groups next to each other."""
    if len(parts) == 1:
        return parts[0]
    return Slopes(
        [np.concatenate(columns) for columns in zip(*(part.first for part in parts), strict=True)],
        {pair: np.concatenate([part.bend[pair] for part in parts]) for pair in parts[0].bend},
    )
