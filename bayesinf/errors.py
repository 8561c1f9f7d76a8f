"""Every error of the library: a sentence on what happened, where, and what to do.

BayesinfError
+ DataError      the frame does not hold what the model needs
+ FormulaError   the formula does not say what may be said
+ ModelError     the parts of a model do not fit together
+ SamplingError  the posterior could not be computed as asked
|   + RefitNeeded  new rows moved the posterior too far to follow without a new fit
+ ArtefactError  a saved folder is damaged, foreign or too new
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

LONGEST_NAME = 80
"""Characters of a column's name that a sentence shows."""

LONGEST_LINE = 1_000
"""Characters of a line of an error."""

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Characters that do not show, and may move, colour or reorder what stands beside them: controls
(but tabs and ends of lines), marks of direction, halves of characters. Joiners are letters' own."""


def printable(text: str) -> str:
    r"""Writes characters that do not show as what they are, so that no name can pose as another.

    Example:
        >>> printable("dose\x1b[2J")
        'dose\\x1b[2J'
    """
    return HIDDEN.sub(lambda found: ascii(found.group())[1:-1], text)


def shown(label: object) -> object:
    """A row's label for a table on a screen: text that shows, and is not very long."""
    return shortened(printable(label)) if isinstance(label, str) else label


def shortened(text: str, most: int = LONGEST_NAME) -> str:
    """A name or a formula for use inside a sentence, cut where it is very long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def legible(text: str) -> str:
    """Text for a screen, whatever names it quotes: all of it shows, and no word is very long."""
    return printable(re.sub(r"\S{201,}", lambda found: shortened(found.group()), text))


def _sentence(text: str) -> str:
    return "\n".join(shortened(line, LONGEST_LINE) for line in legible(text).split("\n"))


class BayesinfError(Exception):
    """Says what happened, where, and what to do; the same facts are there for programs.

    Attributes:
        code: A short, stable name of the mistake, such as `"unknown-column"`.
        column: The column concerned, where there is one.
        rows: Positions (from 0) of the rows concerned.
        hint: What to do about it.
    """

    def __init__(
        self,
        what: str,
        *,
        code: str,
        column: str | None = None,
        rows: Sequence[int] = (),
        hint: str | None = None,
    ) -> None:
        sentence = what if hint is None else f"{what}\n  {hint}"
        if column is not None and len(column) > LONGEST_NAME:
            sentence = sentence.replace(column, shortened(column))
        super().__init__(_sentence(sentence))
        self.code = code
        self.column = column
        self.rows = tuple(_as_integers(rows))
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles the error as it stands, so that it comes back from a worker process."""
        return _revive, (type(self), self.args, dict(self.__dict__))


def _revive(kind: type[BayesinfError], said: tuple[Any, ...], facts: dict[str, Any]) -> object:
    """Makes a pickled error again: its sentence is there already, its hint inside it."""
    error = kind.__new__(kind, *said)
    error.args = said
    error.__dict__.update(facts)
    return error


class DataError(BayesinfError, ValueError):
    """The frame does not hold what the model needs."""


class FormulaError(BayesinfError, ValueError):
    """The formula cannot be read, or asks for something that formulas may not do."""


class ModelError(BayesinfError, ValueError):
    """The parts of a model (family, priors, engine) do not fit together."""


class SamplingError(BayesinfError, RuntimeError):
    """The posterior could not be computed as asked."""


class RefitNeeded(SamplingError):
    """New rows moved the posterior too far to follow without a new fit."""


class ArtefactError(BayesinfError, ValueError):
    """A saved folder is damaged, foreign, or from a newer version."""


class ExtrapolationWarning(UserWarning):
    """Rows are predicted that lie far outside those that the model was fitted to."""


class NewGroupWarning(UserWarning):
    """Rows belong to groups that are new, and whose names are nearly those of known ones."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Offers the known name that the given one was probably meant to be.

    Returns:
        A sentence with a leading space, or an empty string when nothing is close.

    Example:
        >>> suggest("Dayz", ["Days", "Subject"])
        " Did you mean 'Days'?"
    """
    if len(str(name)) > LONGEST_NAME:  # comparing would take longer than all the rest
        return ""
    close = get_close_matches(str(name), [str(other) for other in known], n=1, cutoff=0.6)
    return f" Did you mean '{close[0]}'?" if close else ""


def as_read(rows: Sequence[int] | np.ndarray, positions: np.ndarray | None) -> list[int]:
    """Where rows stood in the frame as it was read, before some were left out.

    Example:
        >>> import numpy as np
        >>> as_read([0, 2], np.array([1, 4, 9]))
        [1, 9]
    """
    found = rows if positions is None else positions[rows]
    return _as_integers(found)


def _as_integers(rows: Iterable[Any]) -> list[int]:
    """Python's integers, of 100,000 rows in a millisecond where they are integers already."""
    if isinstance(rows, np.ndarray) and rows.dtype.kind in "iu" and rows.ndim == 1:
        return rows.tolist()
    if isinstance(rows, list) and set(map(type, rows)) <= {int}:
        return rows
    return list(map(int, rows))


def name_rows(rows: Sequence[int] | np.ndarray, shown: int = 3) -> str:
    """Names the first few rows and counts the rest, for use inside a sentence.

    Example:
        >>> name_rows([3, 17, 20, 21])
        'rows 3, 17, 20 and 1 more'
    """
    listed = ", ".join(str(int(row)) for row in rows[:shown])
    more = f" and {len(rows) - shown} more" if len(rows) > shown else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {listed}{more}"


def wrong_values(
    column: str, what: str, rows: Sequence[int], code: str, hint: str, more: str = ""
) -> DataError:
    """The error for values of a column that nothing can be computed from, with their rows.

    Example:
        >>> print(wrong_values("x", "infinite", [3, 17], "infinite-values", "Correct them."))
        Column 'x' has 2 infinite values, in rows 3, 17.
          Correct them.
    """
    return DataError(
        f"Column '{column}' has {len(rows)} {what} value{'' if len(rows) == 1 else 's'}, in "
        f"{name_rows(rows)}{more}.",
        code=code,
        column=column,
        rows=rows,
        hint=hint,
    )


def all_or_some(count: int, total: int) -> str:
    """How many rows of how many, for use inside a sentence.

    Example:
        >>> all_or_some(2, 60), all_or_some(60, 60)
        ('2 of 60 rows', 'all 60 rows')
    """
    if count == total:
        return "the one row" if total == 1 else f"all {total} rows"
    return f"{count} of {total} rows"
