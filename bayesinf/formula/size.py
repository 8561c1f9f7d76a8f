"""How large a right-hand side would become, found before it is expanded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bayesinf.errors import FormulaError
from bayesinf.formula.tokens import Place, Token, plain

MAX_TERMS = 5_000
"""Terms that `*` and `**` may expand to; `(a + b + c)**3` is far below."""

MAX_FACTORS = 20
"""Columns in one product. An interaction of more says nothing that anybody could read."""


@dataclass(frozen=True)
class Extent:
    """How large a part of a formula becomes.

    Attributes:
        terms: That formulaic would form, counting those that it merges afterwards.
        factors: At most so many columns in one of the terms.
    """

    terms: int
    factors: int


def check_size(expression: str, place: Place) -> int:
    """Refuses a formula that would expand to too much, before it is expanded.

    Returns:
        At most how many terms it expands to.

    Raises:
        FormulaError: `too-many-terms`, `bad-power`, or `syntax` where formulaic
            cannot read it.
    """
    from formulaic.errors import FormulaSyntaxError
    from formulaic.parser import DefaultFormulaParser

    parser = DefaultFormulaParser(feature_flags=DefaultFormulaParser.FeatureFlags.NONE)
    try:
        written = plain(expression)
        tree: Any = parser.get_ast(written)
        terms = _refuse_large(tree, place)
        parser.get_terms(written)
    except FormulaSyntaxError as error:
        sentence = str(error).split("\n")[0]
        raise place.error(f"The formula cannot be read: {sentence}", "syntax") from error
    return terms


def too_many_terms(place: Place) -> FormulaError:
    """The error for a formula that would expand to too many terms."""
    return place.error(
        f"This formula expands to more than {MAX_TERMS:,} terms.",
        "too-many-terms",
        hint="Leave products out, or let factors of many levels vary by group.",
    )


def _too_many_factors(place: Place) -> FormulaError:
    return place.error(
        f"A term of this formula multiplies more than {MAX_FACTORS} columns.",
        "too-many-terms",
        hint="Compute the product before the fit, as a column of its own.",
    )


def refuse_long_products(tokens: Sequence[Token], place: Place) -> None:
    """Refuses a plain product of too many columns, which its tokens show at no cost.

    Raises:
        FormulaError: `too-many-terms`.
    """
    joined: set[str] = set()
    for token in tokens:
        if token.text in ("+", "-"):  # also across parentheses: (a + b):(c + d) has b:c
            joined.clear()
        elif token.kind in ("name", "code"):
            joined.add(token.text)
        if len(joined) > MAX_FACTORS:
            raise _too_many_factors(place.at(token.start))


def is_plain_sum(tokens: Sequence[Token]) -> bool:
    """Whether tokens are columns and calls joined by single signs, each of which is one term."""
    signs, parts = tokens[1::2], tokens[::2]
    return (
        len(parts) > len(signs)
        and all(token.text in ("+", "-") for token in signs)
        and all(token.kind in ("name", "code") or token.text in ("0", "1") for token in parts)
    )


def _refuse_large(tree: Any, place: Place) -> int:
    nodes = list(_children_first(tree))
    distinct = len({str(node) for node in nodes if not hasattr(node, "operator")})
    known: dict[int, Extent] = {}
    for node in nodes:
        extent = _extent(node, known, place)
        if extent.terms > MAX_TERMS:
            raise too_many_terms(place)
        if min(extent.factors, distinct) > MAX_FACTORS:
            raise _too_many_factors(place)
        known[id(node)] = extent
    return known[id(tree)].terms if known else 0


def _children_first(tree: Any) -> Iterator[Any]:
    pending, ordered = [tree], []
    while pending:
        node = pending.pop()
        ordered.append(node)
        pending.extend(getattr(node, "args", ()))
    return reversed(ordered)


def _extent(node: Any, known: Mapping[int, Extent], place: Place) -> Extent:
    if not hasattr(node, "operator"):
        return Extent(1, 1)
    parts = [known[id(argument)] for argument in node.args]
    if len(parts) < 2:
        return Extent(
            sum(part.terms for part in parts), max((part.factors for part in parts), default=1)
        )
    first, second = parts
    match node.operator.symbol:
        case "**" | "^":
            power = _power(node.args[1], place)
            if power > 1 and first.terms == 1 and not str(node.args[0]).isdigit():
                raise _idle_power(power, place)
            return Extent(first.terms**power, first.factors * power)
        case ":":
            return Extent(first.terms * second.terms, first.factors + second.factors)
        case "*":
            terms = first.terms * second.terms + first.terms + second.terms
            return Extent(terms, first.factors + second.factors)
        case "/":  # (a + b) / c is a + b + a:b:c
            factors = first.terms * first.factors + second.factors
            return Extent(first.terms + second.terms, factors)
        case _:
            return Extent(first.terms + second.terms, max(first.factors, second.factors))


def _power(exponent: Any, place: Place) -> int:
    if hasattr(exponent, "operator"):
        raise place.error(
            "The power of this term is itself computed.",
            "bad-power",
            hint="Terms have powers from 1 to 5, as in (a + b)^2.",
        )
    if str(exponent) not in ("1", "2", "3", "4", "5"):
        raise _bad_power(str(exponent), place)
    return int(str(exponent))


def _bad_power(power: str, place: Place) -> FormulaError:
    return place.error(
        f"The power '{power:.20}' is not allowed: terms have powers from 1 to 5.",
        "bad-power",
        hint="Write I(x**2) for the square of a column.",
    )


def _idle_power(power: int, place: Place) -> FormulaError:
    """Silently the term itself in R and formulaic, where people mean its square."""
    return place.error(
        f"The power {power} of one term is that term again: powers multiply terms by each other, "
        "as in (a + b)^2.",
        "bad-power",
        hint=f"Write I(x**{power}) for a column to the power of {power}.",
    )
