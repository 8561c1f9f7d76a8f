"""What every term promises. `check_term` runs every check on one term, in or out of the catalogue,
on the right-hand side that the term gives as its example."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from bayesinf import terms
from bayesinf.data.table import Table
from bayesinf.formula.formula import TermCall
from bayesinf.formula.split import parse
from bayesinf.term import Block, Columns, Effects, Shift, Term


def frame() -> pd.DataFrame:
    """A number and a factor, in no particular order."""
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {"y": rng.normal(size=40), "x": rng.normal(size=40), "g": list("bcad") * 10}
    )


def calls(term: Term) -> list[TermCall]:
    """The term's own calls in its example."""
    special = (*(member.name for member in terms.ALL), term.name)
    formula = parse(f"y ~ {term.example}", special)
    return [call for call in formula.terms if call.term == term.name]


def table() -> Table:
    """The training rows of the contract."""
    return Table.read(frame())


def numbers(block: Block) -> np.ndarray:
    """All numbers of a block, a row of them per row."""
    match block:
        case Columns():
            return block.matrix
        case Effects():
            return np.column_stack([block.codes, block.matrix])
        case Shift():
            return block.values[:, None]


def check_example_uses_the_term(term: Term) -> None:
    assert calls(term), f"'{term.example}' holds no {term.name} term"


def check_one_row_of_numbers_per_row(term: Term) -> None:
    for call in calls(term):
        found = numbers(term.learn(call, table()).block)
        assert len(found) == table().n
        assert np.isfinite(found).all()


def check_state_survives_json(term: Term) -> None:
    """Rebuilding from the state, through JSON, gives the training rows to the last bit."""
    for call in calls(term):
        learned = term.learn(call, table())
        state = json.loads(json.dumps(learned.state, allow_nan=False))
        again = term.block(call, state, table())
        assert np.array_equal(numbers(learned.block), numbers(again))


def check_rows_do_not_depend_on_each_other(term: Term) -> None:
    """Any few rows get the numbers that they have among all rows: nothing is learned again."""
    for call in calls(term):
        learned = term.learn(call, table())
        for rows in ([3], [7, 1, 1], list(range(20, 40))):
            few = term.block(call, learned.state, table().take(rows))
            assert np.array_equal(numbers(few), numbers(learned.block)[rows])


def check_names_are_distinct(term: Term) -> None:
    for call in calls(term):
        block = term.learn(call, table()).block
        if not isinstance(block, Shift):
            assert (
                len(set(block.names))
                == len(block.names)
                == numbers(block).shape[1] - isinstance(block, Effects)
            )


CHECKS: tuple[Callable[[Term], None], ...] = (
    check_example_uses_the_term,
    check_one_row_of_numbers_per_row,
    check_state_survives_json,
    check_rows_do_not_depend_on_each_other,
    check_names_are_distinct,
)


def check_term(term: Term) -> None:
    """Runs every check."""
    for check in CHECKS:
        check(term)
