"""The algebra of a right-hand side: `a * b` is `a + b + a:b`, and so on, as in formulaic and R.

Tokens become terms in one pass. A set of terms is a dictionary from a bit mask, a bit for each
factor, to the factors in their order; so equal products merge, and each step costs what it makes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple, final

from bayesinf.errors import FormulaError
from bayesinf.formula.functions import ELEMENTWISE
from bayesinf.formula.size import (
    MAX_FACTORS,
    MAX_STEPS,
    MAX_TERMS,
    refuse_long_products,
    too_many_factors,
    too_many_steps,
    too_many_terms,
)
from bayesinf.formula.tokens import Place, Token, plain, tokens_of

Terms = dict[int, tuple[int, ...]]

_CONSTANT = 1
"""The mask of the intercept, which is the first factor."""


class Factor(NamedTuple):
    """One column or call of a product.

    Attributes:
        text: As formulaic evaluates it; `1` for the intercept.
        kind: Whether it is the intercept, a column, or an expression.
    """

    text: str
    kind: Literal["literal", "lookup", "python"]


ENDS = ("", ")", "+", "-")
"""What may follow a term of a sum; nothing, where the formula ends."""

ARITHMETIC = ("I(", *(f"{name}(" for name in ELEMENTWISE))
"""How expressions begin with which one may go on to calculate."""

INTERCEPT = Factor("1", "literal")


@dataclass(frozen=True)
class Expansion:
    """What a right-hand side stands for.

    Attributes:
        terms: The factors of each term, in order of appearance.
        size: How many terms were formed, counting those that were merged.
        squared: The factors that were multiplied by themselves, other than by a power.
    """

    terms: tuple[tuple[Factor, ...], ...]
    size: int
    squared: tuple[Factor, ...]


@lru_cache(maxsize=16)
def expansion_of(rhs: str) -> Expansion:
    """The terms of a right-hand side that the guard has passed, with the intercept.

    Example:
        >>> [[factor.text for factor in term] for term in expansion_of("1 + x * z").terms]
        [['1'], ['x'], ['z'], ['x', 'z']]
    """
    return expand(tokens_of(rhs), Place(rhs), _written)


def expand(tokens: Sequence[Token], place: Place, name: Callable[[Token], Factor]) -> Expansion:
    """Expands tokens that `check_grammar` and `check_balance` have passed.

    Args:
        tokens: Of a right-hand side; it has an intercept unless it says `0` or `- 1`.
        place: Where they stand.
        name: What a token stands for; tokens of equal factors are one factor.

    Raises:
        FormulaError: `too-many-terms`, `bad-power`, or `syntax`, with a caret.
    """
    refuse_long_products(tokens, place)
    reader = _Reader(tokens, place, name)
    terms, size = reader.sum({_CONSTANT: (0,)}, inside=False)
    known = reader.factors
    made = tuple(tuple(known[number] for number in term) for term in terms.values())
    return Expansion(made, size, tuple(known[number] for number in reader.squared))


def named(token: Token) -> Factor:
    """A factor as it is typed: enough to count terms."""
    return Factor(token.content, "python" if token.kind == "code" else "lookup")


def _written(token: Token) -> Factor:
    """A factor as formulaic writes it, so that `log( x )` is `log(x)`."""
    if token.kind == "code":
        return Factor(_unparsed(plain(token.content).strip()), "python")
    return Factor(plain(token.text), "lookup")


@lru_cache(maxsize=512)
def _unparsed(code: str) -> str:
    return ast.unparse(ast.parse(code, mode="eval")).replace("\n", " ")


@final
@dataclass
class _Reader:
    """Reads tokens from left to right; each method returns terms, and how many were formed.

    Attributes:
        tokens: Of a right-hand side.
        place: Where they stand.
        name: What a token stands for.
        at: The token that is read next.
        factors: Those found so far; the intercept is the first.
        numbers: The place of each among them.
        typed: The same by how it was typed.
        squared: The places of factors that were multiplied by themselves.
        steps: How many products were formed.
    """

    tokens: Sequence[Token]
    place: Place
    name: Callable[[Token], Factor]
    at: int = 0
    factors: list[Factor] = field(default_factory=lambda: [INTERCEPT])
    numbers: dict[Factor, int] = field(default_factory=lambda: {INTERCEPT: 0})
    typed: dict[str, int] = field(default_factory=dict)
    squared: dict[int, None] = field(default_factory=dict)
    steps: int = 0

    def sum(self, terms: Terms, *, inside: bool) -> tuple[Terms, int]:
        """Reads up to a closing parenthesis, or the end, and adds to the given terms."""
        size = 0
        while self._next() not in ("", ")"):
            added = self._sign()
            if self._next() == "0":
                added = not added
            start = self.tokens[self.at]
            # Most summands are one column, which needs no look at four kinds of operators.
            found, formed = self._part() if self._is_single() else self._product()
            if inside and not added and _CONSTANT in found:
                raise self.place.at(start.start).error(
                    "Whether there is an intercept is said outside of parentheses.",
                    "syntax",
                    hint="Write '+ 0' or '- 1' by itself: y ~ 0 + x.",
                )
            size += formed
            if size > MAX_TERMS:
                raise too_many_terms(self.place.at(start.start))
            for mask, term in found.items():
                if added:
                    terms.setdefault(mask, term)
                else:
                    terms.pop(mask, None)
        return terms, size

    def _is_single(self) -> bool:
        after = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        return self.tokens[self.at].kind in ("name", "code") and after in ENDS

    def _next(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    def _sign(self) -> bool:
        """Whether what follows is added; a sign before a sign turns it around."""
        added = True
        while self._next() in ("+", "-"):
            added ^= self._next() == "-"
            self.at += 1
        return added

    def _product(self) -> tuple[Terms, int]:
        terms, size = self._interaction()
        while (sign := self._next()) in ("*", "/"):
            if sign == "/" and set(terms) == {_CONSTANT}:
                raise _reciprocal(self._operand(), self._here())
            self.at += 1
            others, more = self._interaction()
            if sign == "*":
                size = size * more + size + more
                made = self._multiplied(terms, others, size)
                terms = {**terms, **{m: t for m, t in others.items() if m not in terms}}
            else:  # (a + b) / c is a + b + a:b:c
                size += more
                made = self._multiplied(self._joined(terms), others, size)
            for mask, term in made.items():
                terms.setdefault(mask, term)
        return terms, size

    def _interaction(self) -> tuple[Terms, int]:
        terms, size = self._power()
        while self._next() == ":":
            self.at += 1
            others, more = self._power()
            size *= more
            terms = self._multiplied(terms, others, size)
        return terms, size

    def _power(self) -> tuple[Terms, int]:
        terms, size = self._part()
        while self._next() in ("**", "^"):
            here = self.place.at(self.tokens[self.at].start)
            self.at += 1
            power = self._exponent(here)
            if power > 1 and len(terms) == 1:
                raise _idle_power(power, here)
            size, once, before = size**power, terms, dict(self.squared)
            for _ in range(power - 1):
                terms = self._multiplied(terms, once, size)
            self.squared = before  # a power multiplies terms by themselves on purpose
        return terms, size

    def _exponent(self, here: Place) -> int:
        token = self.tokens[self.at]
        following = self.tokens[self.at + 1].text if self.at + 1 < len(self.tokens) else ""
        if token.kind == "open" or following in ("**", "^"):
            raise here.error(
                "The power of this term is itself computed.",
                "bad-power",
                hint="Terms have powers from 1 to 5, as in (a + b)^2.",
            )
        if token.text not in ("1", "2", "3", "4", "5"):
            raise here.error(
                f"The power '{token.text:.20}' is not allowed: terms have powers from 1 to 5.",
                "bad-power",
                hint="Write I(x**2) for the square of a column.",
            )
        self.at += 1
        return int(token.text)

    def _part(self) -> tuple[Terms, int]:
        token = self.tokens[self.at]
        here = self.place.at(token.start)
        self.at += 1
        if token.kind == "open":
            found = self.sum({}, inside=True)
            self.at += 1
            return found
        if token.kind == "operator":
            raise here.error(
                f"The sign '{token.text}' stands inside a product.",
                "syntax",
                hint="Write I(-x) for a column with its sign turned.",
            )
        if token.kind == "number":
            return self._constant(token, here)
        number = self.typed.get(token.text)
        if number is None:
            factor = self.name(token)
            number = self.numbers.setdefault(factor, len(self.factors))
            if number == len(self.factors):
                self.factors.append(factor)
            self.typed[token.text] = number
        return {1 << number: (number,)}, 1

    def _constant(self, token: Token, here: Place) -> tuple[Terms, int]:
        """The intercept, which changes nothing that it multiplies; 0 is the one taken away."""
        alone = self._next() in ENDS and self._before() in ("", "(", "+", "-")
        if token.text == "1" or (token.text == "0" and alone):
            return {_CONSTANT: (0,)}, 1
        raise here.error(
            f"The number {token.text:.20} is not a term, and multiplies none.",
            "syntax",
            hint=f"Write {self._arithmetic(token.text[:20])}{self._or_name()}.",
        )

    def _arithmetic(self, number: str) -> str:
        """How to write what is meant by a number beside a column: `age / 10` as `I(age / 10)`."""
        sign, following = self._before(), self._next()
        if following in ("*", "/"):
            minus = "-" if sign == "-" else ""
            return f"I({minus}{number} {following} {self._operand()}) for arithmetic on a column"
        if sign in ("*", "/", "-", "+") and self.at > 2:
            column = self.tokens[self.at - 3]
            if column.kind == "name" or column.text.startswith(ARITHMETIC):
                return f"I({column.text} {sign} {number}) for arithmetic on a column"
        if following in ENDS and sign in ("", "(", "+"):
            return f"`{number}` with backticks if it is the name of a column, or leave it out"
        return f"I({number} * x) for a multiple of a column x"

    def _operand(self) -> str:
        """What follows the next sign, as it was typed: a column, or a sum in parentheses."""
        first = self.at + 1
        depth = 0
        for place in range(first, len(self.tokens)):
            depth += {"open": 1, "close": -1}.get(self.tokens[place].kind, 0)
            if depth <= 0:
                return self.place.between(self.tokens[first].start, self.tokens[place].stop)
        return "x"

    def _or_name(self) -> str:
        """How to write `Unnamed: 0` where that is the name of a column."""
        if self.at < 3 or self._before() != ":" or self.tokens[self.at - 3].kind != "name":
            return ""
        words = self.place.between(self.tokens[self.at - 3].start, self.tokens[self.at - 1].stop)
        return f", or `{words:.80}` with backticks, if it is the name of one column"

    def _before(self) -> str:
        place = self.at - 2
        return self.tokens[place].text if place >= 0 else ""

    def _joined(self, terms: Terms) -> Terms:
        """The product of all terms, which `/` nests in."""
        self._count(len(terms), 0)
        mask, factors = 0, {}
        for bits, term in terms.items():
            if bits != _CONSTANT:
                mask |= bits
                factors.update(dict.fromkeys(term))
        return {mask: tuple(factors)} if mask else dict(terms)

    def _multiplied(self, terms: Terms, others: Terms, size: int) -> Terms:
        """Each term times each other one, where the formula forms `size` terms in all."""
        self._count(len(terms) * len(others), size)
        made: Terms = {}
        for mask, term in terms.items():
            for bits, other in others.items():
                if mask == _CONSTANT or bits == _CONSTANT:
                    made.setdefault(max(mask, bits), other if mask == _CONSTANT else term)
                    continue
                if mask & bits:
                    self.squared.update(dict.fromkeys(set(term).intersection(other)))
                if mask | bits not in made:
                    made[mask | bits] = tuple(dict.fromkeys((*term, *other)))
                    if len(made[mask | bits]) > MAX_FACTORS:
                        raise too_many_factors(self._here())
        return made

    def _count(self, steps: int, size: int) -> None:
        """Refuses too many terms, and too many products on the way, before they are formed."""
        self.steps += steps
        if size > MAX_TERMS:
            raise too_many_terms(self._here())
        if self.steps > MAX_STEPS:
            raise too_many_steps(self._here())

    def _here(self) -> Place:
        return self.place.at(self.tokens[self.at - 1].start)


def _reciprocal(column: str, here: Place) -> FormulaError:
    """Silently the column itself in R and formulaic, which nest it in the intercept."""
    return here.error(
        f"'1/{column}' nests {column} in the intercept, which is {column} itself and not its "
        "reciprocal.",
        "syntax",
        hint=f"Write I(1 / {column}) for the reciprocal.",
    )


def _idle_power(power: int, here: Place) -> FormulaError:
    """Silently the term itself in R and formulaic, where people mean its square."""
    return here.error(
        f"The power {power} of one term is that term again: powers multiply terms by each other, "
        "as in (a + b)^2.",
        "bad-power",
        hint=f"Write I(x**{power}) for a column to the power of {power}.",
    )
