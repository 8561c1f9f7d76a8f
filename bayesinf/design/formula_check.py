"""What a formula asks of a frame: checked before anything is computed, shown in the formula."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bayesinf.data.table import Table
from bayesinf.errors import DataError, FormulaError, suggest
from bayesinf.formula.algebra import Factor, expansion_of
from bayesinf.formula.backticks import quoted
from bayesinf.formula.formula import Formula
from bayesinf.formula.guard import names_in
from bayesinf.formula.tokens import (
    Place,
    Token,
    original,
    tidy,
    tokens_of,
    with_backticks,
)

EXPANDED = ("population", "varying")
"""The terms whose first argument is a right-hand side."""


def read_columns(formula: Formula, frame: object, names: Sequence[str] | None = None) -> Table:
    """Reads the columns that a formula needs, or those of them that rows to predict need.

    Raises:
        DataError: As `Table.read`; a column that is not there is shown in the formula.
    """
    try:
        return Table.read(frame, formula.variables if names is None else names, formula.labels)
    except DataError as error:
        if error.code != "unknown-column":
            raise
        missed = error if names is None else _lacking(error, names, _names_of(frame))
        raise shown_in(formula, _with_backticks(formula, missed, frame)) from error


def _lacking(error: DataError, needed: Sequence[str], present: Sequence[str]) -> DataError:
    """The error for rows to predict that lack columns of the fit: it names all of them."""
    lacking = [name for name in needed if name not in present]
    what = f"The rows have no column '{error.column}', which the fit needs."
    if len(lacking) > 1:
        listed = ", ".join(f"'{name}'" for name in lacking[:5]) + ", ..." * (len(lacking) > 5)
        what = (
            f"The rows lack {len(lacking)} of {len(needed)} columns that the fit needs, {listed}."
        )
    return DataError(
        f"{what}{suggest(str(error.column), present)}",
        code=error.code,
        column=error.column,
        hint=f"Give rows with {', '.join(needed[:20])}; these have {', '.join(present[:20])}.",
    )


def _with_backticks(formula: Formula, error: DataError, frame: object) -> DataError:
    """The same error with the names that need backticks in them, above all those typed without."""
    text = str(error).removesuffix(f"\n  {error.hint}")
    what = re.sub(r"mean '(.*)'\?$", lambda found: f"mean {_shown(found[1])}?", text)
    for name in _names_of(frame):
        part = quoted(name) != name and (error.column or "") in name and name in formula.text
        if part and quoted(name) not in formula.text:
            hint = f"Write {quoted(name)} with its backticks for the column '{name}'."
            return DataError(what, code=error.code, column=error.column, hint=hint)
    return DataError(what, code=error.code, column=error.column, hint=error.hint)


def _shown(name: str) -> str:
    return f"'{name}'" if quoted(name) == name else f"{quoted(name)}, with its backticks"


def _names_of(frame: object) -> list[str]:
    """The names of a frame's columns; arrow has them elsewhere."""
    if isinstance(frame, Mapping):
        names = list(frame)
    else:
        names = getattr(frame, "column_names", None) or getattr(frame, "columns", ())
    return [name for name in names if isinstance(name, str)]


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
    found = [token for token in _right_side(text) if outcome in _names(token)]
    times = f", {len(found)} times" * (len(found) > 1)
    raise Place(text, found[0].start).error(
        f"The outcome '{outcome}' would explain itself: it stands on the right of '~' too{times}.",
        "response-on-both-sides",
        column=outcome,
        hint=f"Leave '{outcome}' out on the right of '~'.",
    )


def refuse_squares(formula: Formula, table: Table) -> None:
    """Refuses numbers that are multiplied by themselves: `x * x`, `x:x`, `a:b:a`.

    To formulas, as to R's, such a product is `x` again, where people mean its square. For factors
    it is what they mean, and is left so.

    Raises:
        FormulaError: `idle-product`, with a caret.
    """
    for call in formula.terms:
        squared = expansion_of(call.arguments[0]).squared if call.term in EXPANDED else ()
        for factor in squared:
            if _is_numeric(factor, table):
                raise _idle_product(with_backticks(factor.text), tidy(formula.text))


def _is_numeric(factor: Factor, table: Table) -> bool:
    if factor.kind == "python":
        return not factor.text.startswith("C(")
    name = original(factor.text)
    # A name such as np.pi, which is no column, is refused by who reads it.
    if name not in table.columns or name in table.levels:
        return False
    return table.columns[name].dtype.kind not in "Ob"


def _idle_product(written: str, text: str) -> FormulaError:
    bare = written.strip("`")
    found = [token for token in _right_side(text) if _same(token.text, written)]
    return Place(text, found[min(1, len(found) - 1)].start if found else 0).error(
        f"'{bare}' is multiplied by itself, which in a formula is '{bare}' again and not its "
        "square.",
        "idle-product",
        column=bare,
        hint=f"Write I({written}**2) for its square, as in y ~ {written} + I({written}**2).",
    )


def _same(typed: str, written: str) -> bool:
    """Whether a factor as it was typed is the one that formulaic writes."""
    return typed.replace(" ", "").strip("`{}") == written.replace(" ", "").strip("`")


def _right_side(text: str) -> list[Token]:
    tokens = tokens_of(text)
    tilde = next(k for k, token in enumerate(tokens) if token.text == "~")
    return list(tokens[tilde + 1 :])


def _names(token: Token) -> tuple[str, ...]:
    if token.kind == "name":
        return (token.content,)
    return names_in(token.content) if token.kind == "code" else ()
