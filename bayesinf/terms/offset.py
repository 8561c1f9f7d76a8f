"""offset(x): a known part of the linear predictor, with no coefficient."""

from __future__ import annotations

from typing import ClassVar, final

from bayesinf.data.table import Table
from bayesinf.formula.evaluate import evaluate
from bayesinf.formula.formula import TermCall
from bayesinf.term import Block, Learned, Shift, State, Term


@final
class Offset(Term):
    """A known part of the linear predictor, such as the logarithm of an exposure."""

    name: ClassVar[str] = "offset"
    example: ClassVar[str] = "1 + offset(exp(x))"

    def learn(self, call: TermCall, table: Table) -> Learned:
        """Evaluates the offset; there is nothing to remember."""
        return Learned(self.block(call, {}, table), {})

    def block(self, call: TermCall, state: State, table: Table) -> Block:
        """Evaluates the offset for any rows."""
        del state
        return Shift(
            evaluate(call.arguments[0], table.columns, table.levels, table.n, table.positions)
        )
