"""What a formula asks of a frame: checked before anything is computed, shown in the formula."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bayesinf.data.table import Table
from bayesinf.errors import DataError
from bayesinf.formula.formula import Formula
from bayesinf.formula.guard import names_in
from bayesinf.formula.tokens import Place, Token, tidy, tokens_of


def read_columns(formula: Formula, frame: object, names: Sequence[str] | None = None) -> Table:
    """Reads the columns that a formula needs, or those of them that are named.

    Raises:
        DataError: As `Table.read`; a column that is not there is shown in the formula.
    """
    try:
        return Table.read(frame, formula.variables if names is None else names)
    except DataError as error:
        if error.code != "unknown-column":
            raise
        raise shown_in(formula, error) from error


def shown_in(formula: Formula, error: DataError) -> DataError:
    """The same error with the formula, and a caret under the column concerned."""
    what, label = str(error).removesuffix(f"\n  {error.hint}"), error.column or ""
    named = [name for name in formula.variables if _stands_in(name, label)]
    place = _place(formula, named[0] if named else label)
    return DataError(
        f"{what}\n{place.shown()}", code=error.code, column=error.column, hint=error.hint
    )


def _stands_in(name: str, text: str) -> re.Match[str] | None:
    return None if name not in text else re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)


def _place(formula: Formula, column: str) -> Place:
    """Where in the formula as it was typed a column is first named."""
    text = tidy(formula.text)
    for token in tokens_of(text):
        if column in _names(token):
            inside = _stands_in(column, token.text)
            return Place(text, token.start + (inside.start() if inside else 0))
    return Place(text)


def refuse_both_sides(formula: Formula) -> None:
    """Refuses an outcome that explains itself: `y ~ x + y`, `log(y) ~ y`, `y ~ x + (y | g)`.

    An outcome computed of several columns may have one of them as a predictor, as the change
    `I(after - before) ~ before` has.
    """
    outcomes = names_in(formula.response.expression)
    if len(outcomes) != 1 or all(outcomes[0] not in call.variables for call in formula.terms):
        return
    outcome, text = outcomes[0], tidy(formula.text)
    found = [token for token in tokens_of(text[text.index("~") :]) if outcome in _names(token)]
    raise Place(text, text.index("~") + found[0].start).error(
        f"The outcome '{outcome}' would explain itself: it stands on the right of '~' too, "
        f"{len(found)} {'time' if len(found) == 1 else 'times'}.",
        "response-on-both-sides",
        column=outcome,
        hint=f"Leave '{outcome}' out on the right of '~'.",
    )


def _names(token: Token) -> tuple[str, ...]:
    if token.kind == "name":
        return (token.content,)
    return names_in(token.content) if token.kind == "code" else ()
