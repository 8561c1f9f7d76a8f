"""How good a refusal is: one point each for what, how many, where, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bayesinf.errors import BayesinfError

PLACE = re.compile(
    r"\brows? \d|^\s*\^+\s*$|\b(?:all|every one of) (?:the )?\d[\d,]* rows", re.MULTILINE | re.I
)
"""A row by its number, all rows, or a caret under the formula."""

LIST_OF_ROWS = re.compile(r"\brows? \d+(?:, \d+)*(?:(?: and|,) \d+ more)?")
QUOTED = re.compile(r"(?<!\w)'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`")
SHOWN = re.compile(r"^ {4}.*$", re.MULTILINE)
"""What holds numbers that count nothing: rows by name, values, code and formulas."""

WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
        range(1, 11),
        strict=True,
    )
)
COUNT = re.compile(
    rf"(?<![\w.,-])(?!one of)(\d[\d,]*|{'|'.join(WORDS)})(?: of (?:the |its )?\d[\d,]*)?"
    r"(?= [a-z(]|[.;:,)]|$)",
    re.IGNORECASE,
)
"""A number of things: `2 rows`, `2 of 60 rows`, `one level`."""

IMPERATIVE = re.compile(
    r"(?:^|[.:;,] |\n\s*)(?:or )?(Add|Ask|Average|Call|Change|Check|Choose|Compare|Convert|Correct|"
    r"Declare|Draw|Drop|Encode|Fill|Fit|Flatten|Give|Group|Install|Join|Keep|Leave|Let|List|Load|Make|"
    r"Measure|Move|Name|Pass|Put|Quote|Read|Recode|Refit|Remove|Rename|Replace|Rescale|Reshape|Round|"
    r"Save|Say|Set|Shorten|Split|State|Take|Turn|Use|Write)\b",
    re.IGNORECASE,
)
"""A hint tells the reader to do something, at its beginning or after "if it is a column, "."""


@dataclass(frozen=True)
class Grade:
    """The points of one message.

    Attributes:
        names: It names the column, the level, or the part of the formula.
        counts: It says how many.
        places: It says where.
        advises: It says what to do.
    """

    names: bool
    counts: bool
    places: bool
    advises: bool

    @property
    def points(self) -> int:
        return sum((self.names, self.counts, self.places, self.advises))


def grade(error: BayesinfError, names: str, count: int | None) -> Grade:
    """Grades a message by what stands in it.

    Args:
        error: As raised.
        names: What it must name, in quotes or backticks.
        count: The number that it must say; None where nothing can be counted.
    """
    text = str(error)
    return Grade(
        names=re.search(rf"['\"`]{re.escape(names)}['\"`]", text) is not None,
        counts=count is not None and count in counts_in(text),
        places=PLACE.search(text) is not None,
        advises=error.hint is not None and IMPERATIVE.search(error.hint) is not None,
    )


def counts_in(text: str) -> set[int]:
    """The numbers of a message that count something: not its rows' names, values or formulas.

    Example:
        >>> sorted(counts_in("Column 'x7' has 2 infinite values, in rows 3, 17 and 4 more."))
        [2]
        >>> sorted(counts_in("The outcome 'k' is below 0 in 2 of 60 rows (rows 3, 17; first -1)."))
        [2]
    """
    bare = SHOWN.sub("", text)
    for part in (QUOTED, LIST_OF_ROWS):
        bare = part.sub("", bare)
    found = [match.lower() for match in COUNT.findall(bare)]
    return {WORDS[word] if word in WORDS else int(word.replace(",", "")) for word in found}
