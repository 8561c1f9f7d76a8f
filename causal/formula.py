"""The default outcome model: which formula adjusts for given columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any, Literal, NoReturn

import numpy as np

import bayesinf as bi
from causal.pieces import Piece, width_of, without_repeats

CURVED_FROM = 10
"""Numbers with at least this many distinct values bend: they enter linear and quadratic."""

FACTOR_UP_TO = 6
"""Numbers with at most this many distinct values enter as a factor, one level free of the other."""

ROWS_PER_PRODUCT = 5
"""Rows of the smaller arm per product with the treatment, below which there are no products.

Vittinghoff and McCulloch (2007), American Journal of Epidemiology 165: five to nine rows per
coefficient were seldom too few.
"""

OR_C = "If they are codes, write 'C({0})' in adjust for a coefficient of each level."
"""How those insist who mean text that looks like numbers to be levels."""


@dataclass(frozen=True)
class Adjuster:
    """One thing to adjust for.

    Attributes:
        text: A column's name, or a term of a formula.
        columns: The columns that it needs.
        kind: `"column"` leaves the shape to us, `"term"` is a population term as it was written,
            `"group"` holds a group term.
        grouping: The columns whose levels are the groups of a group term; not those of its slopes.
    """

    text: str
    columns: tuple[str, ...]
    kind: Literal["column", "term", "group"] = "column"
    grouping: tuple[str, ...] = ()


def read_adjusters(
    entries: Sequence[str], frame: object, names: Collection[str], outcome: str, treatment: str
) -> tuple[Adjuster, ...]:
    """Reads what is to be adjusted for: columns, or terms such as `"bs(age, df=4)"`.

    Args:
        entries: Column names, population terms, group terms.
        frame: The data frame.
        names: Its columns.
        outcome: The outcome's column.
        treatment: The treatment's column.

    Raises:
        DataError: A column that the frame lacks, or the treatment or outcome itself.
        FormulaError: A term that cannot be read.
        ModelError: `adjust-not-a-list`, `adjust-not-text`.

    Example:
        >>> frame = {"y": [1.0, 2.0, 4.0], "t": [0, 1, 0], "x": [1.0, 3.0, 2.0]}
        >>> read_adjusters(["x", "log(x)"], frame, list(frame), "y", "t")[1].columns
        ('x',)
    """
    entries = checked_entries(entries, names)
    found = tuple(read_adjuster(entry, frame, names, outcome) for entry in dict.fromkeys(entries))
    for number, adjuster in enumerate(found, start=1):
        for role, column in (("treatment", treatment), ("outcome", outcome)):
            if column in adjuster.columns:
                raise bi.DataError(
                    f"The {role} '{column}' cannot be adjusted for; entry {number} of "
                    f"{len(found)} in adjust does so.{underline(found, number - 1)}",
                    code=f"adjusts-for-{role}",
                    column=column,
                    hint="Leave it out: adjust for what was settled before the treatment.",
                )
    return found


def checked_entries(entries: object, names: Collection[str]) -> list[str]:
    """Lists what is to be adjusted for, and refuses what is no list of texts."""
    if isinstance(entries, str) or not isinstance(entries, Iterable):
        text = entries if isinstance(entries, str) else "x"
        parts = [part for part in re.split(r"[\s,;+]+", text) if part]
        several = text not in names and bool(parts) and set(parts) <= set(names)
        drawn, proposed = "->" in str(entries), parts if several else [text[:60]]
        raise bi.ModelError(
            f"adjust is a list of columns, not {'the text ' * isinstance(entries, str)}"
            f"{entries!r:.60}.",
            code="adjust-not-a-list",
            hint=f"Write graph={entries!r}." if drawn else f"Write adjust={proposed!r}.",
        )
    listed = list(entries)
    for number, entry in enumerate(listed, start=1):
        if not isinstance(entry, str):
            raise bi.ModelError(
                f"Entry {number} of {len(listed)} in adjust is {entry!r:.60}, no name or term.",
                code="adjust-not-text",
                hint="Write names in quotes: adjust=['x', 'bs(age, df=4)'].",
            )
    return listed


def underline(adjusters: Sequence[Adjuster], place: int) -> str:
    """Shows the list of adjusters with a caret under one, to be put behind a sentence."""
    texts = [repr(adjuster.text) for adjuster in adjusters]
    before = "".join(f"{text}, " for text in texts[:place])
    return f"\n    adjust=[{', '.join(texts)}]\n    {' ' * (len('adjust=[') + len(before))}^"


def read_adjuster(entry: str, frame: object, names: Collection[str], outcome: str) -> Adjuster:
    """Reads one entry: a column of the frame wherever there is one of that name."""
    if entry in names:
        return Adjuster(entry, (entry,))
    if entry.isidentifier():
        bi.Table.read(frame, [entry])  # says which columns there are
    if not re.search(r"[^\W\d]", entry):
        refuse_bare(entry)
    try:
        two = bi.Table.read(frame, [outcome]).columns[outcome].dtype.kind in "Ob"
        family = "bernoulli" if two else "gaussian"
        terms = bi.model(f"{quoted(outcome)} ~ {entry}", frame, family).formula.terms
    except bi.FormulaError as error:
        if error.code != "response-on-both-sides":
            raise
        return Adjuster(entry, (outcome,), "term")  # refused by `read_adjusters`
    if any(call.term == "offset" for call in terms):
        raise bi.ModelError(
            f"'{entry}' is an offset: its coefficient is fixed, so it adjusts for nothing.",
            code="adjusts-by-offset",
            hint="Adjust for the column itself, and write an offset into formula=.",
        )
    columns = tuple(dict.fromkeys(name for call in terms for name in call.variables))
    if not columns:
        refuse_bare(entry)
    plain = all(call.term == "population" for call in terms)
    behind = [call.arguments[1] for call in terms if call.term == "varying"]
    grouping = tuple(name.strip(" `") for text in behind for name in text.split(":"))
    return Adjuster(entry, columns, "term" if plain else "group", grouping)


def refuse_bare(entry: str) -> NoReturn:
    """Refuses an entry without a column, such as a number.

    Raises:
        ModelError: `adjusts-for-nothing`.
    """
    raise bi.ModelError(
        f"'{entry}' names no column, so it adjusts for nothing.",
        code="adjusts-for-nothing",
        hint="Write the names of columns; adjust=[] claims that nothing confounds.",
    )


def column_names(frame: Any) -> list[str]:
    """The names of a frame's columns."""
    if isinstance(frame, Mapping):
        return list(frame)
    if isinstance(frame, bi.Table):
        return list(frame.columns)
    found = getattr(frame, "column_names", None)
    return list(getattr(frame, "columns", ()) if found is None else found)


def columns_of(adjusters: Sequence[Adjuster]) -> tuple[str, ...]:
    """The columns that these need, each once."""
    return tuple(dict.fromkeys(column for adjuster in adjusters for column in adjuster.columns))


def outcome_formula(
    outcome: str,
    treatment: str,
    adjusters: Sequence[Adjuster],
    table: bi.Table,
    received: np.ndarray,
) -> str:
    """Writes the default outcome model.

    Numbers enter standardised, linear and quadratic; few-valued ones and text as factors. The
    treatment is multiplied by the linear parts, the factors and the squares, so that its effect may
    differ between rows; a factor with a level that only one arm has is left out of the products.
    Where the smaller arm is too small for all products the squares' are left out, then all.

    Args:
        outcome: The outcome's column.
        treatment: The treatment's column.
        adjusters: What to adjust for.
        table: Rows without missing values.
        received: (n,) booleans, True for the rows that had the treatment.

    Source:
        Lin (2013), Agnostic notes on regression adjustments to experimental data, Annals of
        Applied Statistics 7, for the products.
    """
    scaler = scaler_beside((treatment, *columns_of(adjusters)))
    pieces = pieces_of(adjusters, table, received, scaler)
    products = sum(piece.products for piece in pieces)
    smaller = min(np.count_nonzero(received), np.count_nonzero(~received))
    enough = products * ROWS_PER_PRODUCT <= smaller
    bent = sum(bool(piece.bend) for piece in pieces if piece.products)
    both = (products + bent) * ROWS_PER_PRODUCT <= smaller
    crossed = [piece.main for piece in pieces if piece.products and enough]
    bends = [piece.bend for piece in pieces if piece.products and enough and piece.bend]
    plain = [text for piece in pieces if not (piece.products and enough) for text in piece.texts]
    if both:
        crossed, bends = [*crossed, *bends], []
    first = quoted(treatment)
    if crossed:
        first = f"{first} * ({' + '.join(crossed)})"
    return f"{quoted(outcome)} ~ {' + '.join([first, *bends, *plain])}"


def dose_formula(
    outcome: str, treatment: str, adjusters: Sequence[Adjuster], table: bi.Table
) -> str:
    """Writes the default outcome model of a treatment of amounts: a curve, and what confounds.

    The dose enters linear and quadratic, so that its effect may level off; it is not multiplied by
    what is adjusted for, so that the curve is one for all rows.

    Args:
        outcome: The outcome's column.
        treatment: The treatment's column, of numbers.
        adjusters: What to adjust for.
        table: Rows without missing values.

    Example:
        >>> dose_formula("y", "d", (), bi.Table.read({"y": [1.0, 2.0], "d": [0.0, 5.0]}))
        'y ~ scale(d) + I(scale(d)**2)'
    """
    scaler = scaler_beside((treatment, *columns_of(adjusters)))
    nobody = np.zeros(table.n, dtype=bool)
    nobody[::2] = True
    pieces = pieces_of(adjusters, table, nobody, scaler)
    dose = f"{scaler}({quoted(treatment)})"
    texts = [text for piece in pieces for text in piece.texts]
    return f"{quoted(outcome)} ~ {' + '.join([dose, f'I({dose}**2)', *texts])}"


def treatment_terms(
    adjusters: Sequence[Adjuster], table: bi.Table, received: np.ndarray
) -> tuple[str, ...]:
    """Writes the terms of a model of the treatment: as in the outcome model, without groups."""
    scaler = scaler_beside(columns_of(adjusters))
    # A column that does not vary is in no formula, and so not among a model's rows.
    known = [entry for entry in adjusters if set(entry.columns) <= set(table.columns)]
    plain = [entry for entry in known if entry.kind != "group"]
    pieces = pieces_of(plain, table, received, scaler)
    return tuple(text for piece in pieces for text in piece.texts)


def pieces_of(
    adjusters: Sequence[Adjuster], table: bi.Table, received: np.ndarray, scaler: str
) -> list[Piece]:
    """Chooses how each adjuster enters, and leaves out what terms as they were written say too."""
    pieces = [piece_of(adjuster, table, received, scaler) for adjuster in adjusters]
    terms = [entry for entry in adjusters if entry.kind == "term"]
    written = [entry.text for entry in terms]
    again = {name for name in columns_of(terms) if Adjuster(name, (name,)) in adjusters}
    kept = [k for k, entry in enumerate(adjusters) if entry.text in again]
    changed = without_repeats([pieces[k] for k in kept], written, table, received)
    for k, piece in zip(kept, changed, strict=True):
        pieces[k] = piece
    return pieces


def piece_of(adjuster: Adjuster, table: bi.Table, received: np.ndarray, scaler: str) -> Piece:
    """Chooses how one adjuster enters."""
    if adjuster.kind == "group":
        return Piece(adjuster.text)
    if adjuster.kind == "term":
        return Piece(adjuster.text, products=width_of(adjuster.text, table, received))
    name, values = quoted(adjuster.text), table.columns[adjuster.text]
    levels = distinct(values)
    if len(levels) < 2:
        return Piece("")
    if is_factor(table, adjuster.text):
        refuse_disguised(table, [adjuster.text], OR_C)
        refuse_own_levels(table, adjuster.text)
        shared = set(values[received].tolist()) & set(values[~received].tolist())
        common = shared == set(levels) and len(levels) <= FACTOR_UP_TO
        return Piece(f"C({name})", products=(len(levels) - 1) * common)
    varies = all((values[arm] != values[arm][:1]).any() for arm in (received, ~received))
    bend = f"I({scaler}({name})**2)" if len(levels) >= CURVED_FROM else ""
    return Piece(f"{scaler}({name})", bend, int(varies))


def scaler_beside(columns: Collection[str]) -> str:
    """Chooses the function that standardises: a formula cannot call one that is also a column."""
    return "standardize" if "scale" in columns else "scale"


def is_factor(table: bi.Table, column: str) -> bool:
    """Whether a column has levels rather than amounts: text, yes and no, or few numbers."""
    values = table.columns[column]
    if column in table.levels or values.dtype.kind in "Ob":
        return True
    return len(distinct(values)) <= FACTOR_UP_TO


def refuse_disguised(table: bi.Table, columns: Collection[str], insist: str = "") -> None:
    """Refuses text that is numbers or dates, with the sentences of `bi.fit`, before any fit.

    Args:
        table: The rows.
        columns: Those that were not asked for as factors.
        insist: How to have a coefficient of each level; empty where there is no way.

    Raises:
        DataError: `numbers-as-text`, `dates-as-text` or `many-levels`.
    """
    for column in columns:
        values = table.columns[column]
        if values.dtype != object or column in table.levels:
            continue
        places = np.array(table.as_read(np.arange(table.n)))
        known = np.array([value is not None for value in values], dtype=bool)
        values, places = values[known], places[known]
        bi.refuse_disguised(column, values, set(values.tolist()), places, insist)


def refuse_text_outcome(table: bi.Table, column: str) -> None:
    """Refuses an outcome of text with more than two levels, as `bi.fit` does.

    Args:
        table: The rows.
        column: The outcome.

    Raises:
        DataError: `text-outcome`.
    """
    if table.columns[column].dtype == object and len(distinct(table.columns[column])) > 2:
        bi.model(f"{quoted(column)} ~ 1", table, "gaussian")


def refuse_own_levels(table: bi.Table, column: str) -> None:
    """Refuses a factor in which most rows are the only ones of their level, such as names.

    Args:
        table: The rows.
        column: A factor.

    Raises:
        DataError: `level-per-row`.
    """
    rows_of: dict[Any, list[int]] = {}
    for row, level in enumerate(table.columns[column].tolist()):
        rows_of.setdefault(level, []).append(row)
    alone = [rows[0] for rows in rows_of.values() if len(rows) == 1]
    if len(alone) <= max(FACTOR_UP_TO, table.n // 2):
        return
    places = table.as_read(alone)
    raise bi.DataError(
        f"'{column}' has {len(rows_of)} levels in {table.n} rows, and {len(alone)} rows are the "
        f"only ones of their level ({bi.name_rows(places)}): no other row is like them in it.",
        code="level-per-row",
        column=column,
        rows=places,
        hint="Convert it to numbers, if that is what it holds; else leave it out or group it.",
    )


def distinct(values: np.ndarray) -> list[Any]:
    """The distinct values of a column, sorted, missing ones left out; + comes after -."""
    if values.dtype == object:
        found = set(values.tolist()) - {None}
        if "+" not in found:  # a key takes longer than the sort
            return sorted(found)
        return sorted(found, key=lambda level: (level == "+", level))
    # A sort takes a tenth of what np.unique does where nearly all values differ.
    known = np.sort(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
    return known[np.append(True, known[1:] != known[:-1])[: len(known)]].tolist()


def quoted(name: str) -> str:
    """Writes a column's name as formulas read it.

    Raises:
        FormulaError: The name holds a backtick, which no formula can write.
    """
    if "`" in name:
        raise bi.FormulaError(
            f"The column name {name!r} holds a backtick, which cannot be written in a formula.",
            code="backtick-in-name",
            column=name,
            hint="Rename the column.",
        )
    # Python reads other letters in a normal form of its own, and formulas refuse leading "__".
    plain = name.isascii() and name.isidentifier() and not name.startswith("__")
    return name if plain and not iskeyword(name) else f"`{name}`"
