"""Population terms: numbers, factors, interactions, splines (`x * g + bs(z, df=4)`)."""

from __future__ import annotations

from typing import ClassVar, final

from bayesinf.data.table import Table
from bayesinf.formula.encode import encode
from bayesinf.formula.formula import TermCall
from bayesinf.term import Block, Columns, Learned, State, Term


@final
class Population(Term):
    """Everything on the right-hand side that has one coefficient per column.

    The encoding is formulaic's: treatment contrasts, full rank, the intercept first.
    """

    name: ClassVar[str] = "population"
    example: ClassVar[str] = "x * g + poly(x, 3)"

    def learn(self, call: TermCall, table: Table) -> Learned:
        """Encodes the training rows and keeps levels, knots and centres."""
        encoded = encode(
            call.arguments[0], table.columns, table.levels, None, table.n, table.positions
        )
        return Learned(Columns(encoded.matrix, encoded.names), encoded.state)

    def block(self, call: TermCall, state: State, table: Table) -> Block:
        """Encodes any rows with the levels, knots and centres of the fit."""
        encoded = encode(
            call.arguments[0], table.columns, table.levels, state, table.n, table.positions
        )
        return Columns(encoded.matrix, encoded.names)
