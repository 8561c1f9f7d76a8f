"""What one term of a formula is: columns in, one block of the linear predictor out.

A term learns from the training rows whatever it needs to meet new rows (knots, levels, centres),
keeps it as plain JSON values, and builds the same block again for any rows:

    learn(call, table)           -> Learned(block, state)
    block(call, state, new rows) -> Block

Three kinds of block exist, and a term returns one of them:

    Columns   dense columns, each with one coefficient          x + bs(z) + C(g)
    Effects   coefficients that vary over the levels of a factor  (1 + x | g)
    Shift     a known part of the linear predictor               offset(log(exposure))
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bayesinf.data.table import Table
from bayesinf.formula.formula import TermCall

type State = Mapping[str, Any]
"""What a term remembers, as plain JSON values."""


@dataclass(frozen=True, eq=False)
class Columns:
    """Dense columns, each multiplied by one coefficient.

    Attributes:
        matrix: Shape (row, coefficient).
        names: One name per column.
    """

    matrix: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Effects:
    """Coefficients that vary over the levels of one grouping factor.

    Attributes:
        factor: The factor's name in the formula, such as `"Subject"` or `"school:class"`.
        levels: The levels seen at the fit, as text.
        codes: Shape (row,). Position of each row's level in `levels`; positions from
            `len(levels)` on point into `unseen`.
        matrix: Shape (row, effect). The columns whose coefficients vary.
        names: One name per varying coefficient.
        correlated: Whether a level's coefficients may be correlated.
        unseen: Levels of these rows that the fit has not seen.
    """

    factor: str
    levels: tuple[str, ...]
    codes: np.ndarray
    matrix: np.ndarray
    names: tuple[str, ...]
    correlated: bool
    unseen: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The block's name: the factor, with the effects where there is no intercept."""
        if self.names[0] == "Intercept":
            return self.factor
        return f"{self.factor}[{','.join(self.names)}]"

    @property
    def has_correlations(self) -> bool:
        """Whether the block has correlations to estimate."""
        return self.correlated and len(self.names) > 1


@dataclass(frozen=True, eq=False)
class Shift:
    """A known part of the linear predictor, added as it is.

    Attributes:
        values: Shape (row,).
    """

    values: np.ndarray


type Block = Columns | Effects | Shift


@dataclass(frozen=True)
class Learned:
    """A block for the training rows, with what is needed to build it again for others."""

    block: Block
    state: State


class Term(ABC):
    """One kind of term that formulas may hold.

    A member is a final class without fields, listed in `terms.ALL`. Its `name` is what the formula
    layer puts into `TermCall.term`: the function's name for terms that are written as calls. Its
    `example` is a right-hand side that uses it, of a number `x` and a factor `g`, for the contract
    tests.
    """

    name: ClassVar[str]
    example: ClassVar[str]

    @abstractmethod
    def learn(self, call: TermCall, table: Table) -> Learned:
        """Builds the block for the training rows and remembers how.

        Args:
            call: The term as it was written.
            table: The training rows, without missing values.

        Returns:
            The block, and a state of plain JSON values.
        """

    @abstractmethod
    def block(self, call: TermCall, state: State, table: Table) -> Block:
        """Builds the block for any rows, bit for bit as `learn` would have built it for them."""
