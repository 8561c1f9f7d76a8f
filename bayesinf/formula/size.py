"""How large a right-hand side may become, and the errors of one that would become larger."""

from __future__ import annotations

from collections.abc import Sequence

from bayesinf.errors import FormulaError
from bayesinf.formula.tokens import Place, Token

MAX_TERMS = 5_000
"""Terms that `*` and `**` may expand to, counting those that are merged afterwards;
`(a + b + c)**3` is far below."""

MAX_FACTORS = 20
"""Columns in one product. An interaction of more says nothing that anybody could read."""

MAX_WRITTEN = 100
"""Columns in one product as it is typed, the same ones again among them."""

MAX_STEPS = 10_000
"""Products of two terms that are formed on the way. A formula of `MAX_TERMS` terms needs fewer,
one that multiplies many terms again and again would need millions."""


def too_many_terms(place: Place) -> FormulaError:
    """The error for a formula that would expand to too many terms."""
    return place.error(
        f"This formula expands to more than {MAX_TERMS:,} terms.",
        "too-many-terms",
        hint="Leave products out, or let factors of many levels vary by group.",
    )


def too_many_factors(place: Place) -> FormulaError:
    """The error for a product of too many columns."""
    return place.error(
        f"A term of this formula multiplies more than {MAX_FACTORS} columns.",
        "too-many-terms",
        hint="Compute the product before the fit, as a column of its own.",
    )


def refuse_long_products(tokens: Sequence[Token], place: Place) -> None:
    """Refuses a plain product of too many columns, which its tokens show before it is expanded.

    Raises:
        FormulaError: `too-many-terms`.
    """
    joined: set[str] = set()
    written = 0
    for token in tokens:
        if token.text in ("+", "-"):  # also across parentheses: (a + b):(c + d) has b:c
            joined.clear()
            written = 0
        elif token.kind in ("name", "code"):
            joined.add(token.text)
            written += 1
            if len(joined) > MAX_FACTORS or written > MAX_WRITTEN:
                raise too_many_factors(place.at(token.start))


def too_many_steps(place: Place) -> FormulaError:
    """The error for a formula that multiplies many terms many times."""
    return place.error(
        f"This formula forms more than {MAX_STEPS:,} products of its terms on the way.",
        "too-many-terms",
        hint="Write the terms out that are wanted, joined by '+'.",
    )
