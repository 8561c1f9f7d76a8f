"""Names that need backticks in a formula: which they are, and a text with them put in."""

from __future__ import annotations

import re
from keyword import iskeyword

LONGEST = 200
"""Characters of an expression that is shown with its names in backticks."""

WORDS = re.compile(r"(?<![\w.`'\"])[^\W_][\w.]*(?: +[\w.]+)*(?![\w.`'\"]* *[(='\"`])")
"""A word, or several with nothing but blanks between them, that calls nothing."""

CONSTANTS = ("True", "False", "None", "np.pi")


def quoted(name: str) -> str:
    """A column's name as a term of a formula.

    Example:
        >>> quoted("dose"), quoted("Petal.Width"), quoted("dose mg")
        ('dose', 'Petal.Width', '`dose mg`')
    """
    return name if re.fullmatch(r"[^\W\d][\w.]*", name) else f"`{name}`"


def with_names_quoted(code: str) -> str | None:
    """An expression with backticks around what may be the names of columns; None without such.

    Example:
        >>> with_names_quoted("log(Petal.Width) * 2")
        'log(`Petal.Width`) * 2'
        >>> with_names_quoted("bs(dose mg, df=4)")
        'bs(`dose mg`, df=4)'
        >>> with_names_quoted("log(x) + 2.5") is None
        True
    """
    if len(code) > LONGEST:
        return None
    written = WORDS.sub(lambda found: _name(found.group()), code)
    return None if written == code else written


def _name(words: str) -> str:
    is_number = re.fullmatch(r"[\d.]+(?:e\d+)?", words)
    if is_number or words in CONSTANTS or words.startswith("contr.") or "__" in words:
        return words
    return words if words.isidentifier() and not iskeyword(words) else f"`{words}`"
