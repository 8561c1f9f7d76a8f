"""A term that is not in the catalogue: one wave per unit of a column."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from bayesinf.formula.evaluate import evaluate
from bayesinf.term import Columns, Learned, Term


class Cyclic(Term):
    """cyclic(x): a sine and a cosine of period 1."""

    name: ClassVar[str] = "cyclic"
    example: ClassVar[str] = "g + cyclic(x)"

    def learn(self, call, table):
        return Learned(self.block(call, {}, table), {})

    def block(self, call, state, table):
        angle = 2 * np.pi * evaluate(call.arguments[0], table.columns, table.levels)
        names = (f"sin({call.arguments[0]})", f"cos({call.arguments[0]})")
        return Columns(np.column_stack([np.sin(angle), np.cos(angle)]), names)
