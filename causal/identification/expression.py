"""Formulas of probabilities: conditionals, products, sums and quotients, which print themselves."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

type Names = Mapping[str, str]
"""How each variable is printed where it stands: a summed one may need a prime."""


@dataclass(frozen=True)
class Notation:
    """How a formula is written down.

    Attributes:
        bar: Between a variable and what it is conditioned on.
        total: A sum, as a template with the place `{over}`.
        fraction: A quotient, as a template with the places `{above}` and `{below}`.
        between: What stands between two factors.
        letters: Whether names are put the way LaTeX wants them.
    """

    bar: str
    total: str
    fraction: str
    between: str
    letters: bool

    def name(self, name: str) -> str:
        """Writes the name of a variable, its primes at the end."""
        if not self.letters:
            return name
        bare = name.rstrip("'*")
        primes = name[len(bare) :]
        if re.fullmatch(r"[A-Za-z]", bare):
            return bare + primes
        if found := re.fullmatch(r"([A-Za-z])_?(\d+)", bare):
            return f"{found[1]}_{{{found[2]}}}{primes}"
        escaped = re.sub(r"([&%$#_{}])", r"\\\1", bare)
        return rf"\text{{{escaped}}}{primes}"


TEXT = Notation(" | ", "Σ_{over} ", "[{above}] / [{below}]", " ", False)
LATEX = Notation(r" \mid ", r"\sum_{{{over}}} ", r"\frac{{{above}}}{{{below}}}", r" \, ", True)


@dataclass(frozen=True)
class Expression(ABC):
    """A formula of probabilities of observed variables.

    Example:
        >>> product = multiply([Probability(("z",)), Probability(("y",), ("x", "z"))])
        >>> print(add_up(["z"], product))
        Σ_{z} P(z) P(y | x, z)
    """

    @property
    @abstractmethod
    def free(self) -> frozenset[str]:
        """The variables that the value of the formula depends on."""

    @property
    @abstractmethod
    def probabilities(self) -> tuple[Probability, ...]:
        """The observed probabilities that the formula is made of."""

    @abstractmethod
    def write(self, notation: Notation, names: Names) -> str:
        """Writes the formula, each free variable by the name that is given for it."""

    def __str__(self) -> str:
        return self.write(TEXT, {name: name for name in self.free})

    @property
    def latex(self) -> str:
        """The formula for LaTeX's mathematics mode."""
        return self.write(LATEX, {name: name for name in self.free})

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"


@final
@dataclass(frozen=True)
class Probability(Expression):
    """The probability of some variables given others, in the observed distribution.

    Attributes:
        of: The variables; at least one.
        given: What is known.
    """

    of: tuple[str, ...]
    given: tuple[str, ...] = ()

    @property
    def free(self) -> frozenset[str]:
        """All its variables."""
        return frozenset(self.of) | frozenset(self.given)

    def write(self, notation: Notation, names: Names) -> str:
        """Writes `P(of | given)`."""
        of, given = (
            ", ".join(notation.name(names[name]) for name in part) for part in (self.of, self.given)
        )
        return f"P({of}{notation.bar}{given})" if given else f"P({of})"

    @property
    def probabilities(self) -> tuple[Probability, ...]:
        """Itself."""
        return (self,)

    @property
    def meaning(self) -> tuple[frozenset[str], frozenset[str]]:
        """What two equal probabilities share, whatever the order of their variables."""
        return frozenset(self.of), frozenset(self.given)


@final
@dataclass(frozen=True)
class Product(Expression):
    """Factors multiplied with each other; none of them is a product, and the empty one is 1."""

    factors: tuple[Expression, ...] = ()

    @property
    def free(self) -> frozenset[str]:
        """The variables of its factors."""
        return frozenset().union(*(factor.free for factor in self.factors))

    @property
    def probabilities(self) -> tuple[Probability, ...]:
        """Those of its parts."""
        return tuple(part for factor in self.factors for part in factor.probabilities)

    def write(self, notation: Notation, names: Names) -> str:
        """Writes the factors, sums among them in brackets."""
        if not self.factors:
            return "1"
        written = [
            f"({factor.write(notation, names)})"
            if isinstance(factor, Sum) and factor is not self.factors[-1]
            else factor.write(notation, names)
            for factor in self.factors
        ]
        return notation.between.join(written)


@final
@dataclass(frozen=True)
class Sum(Expression):
    """A formula summed over all values of some variables, which are bound by it."""

    over: tuple[str, ...]
    body: Expression

    @property
    def free(self) -> frozenset[str]:
        """The variables of the summed formula that are not bound."""
        return self.body.free - frozenset(self.over)

    @property
    def probabilities(self) -> tuple[Probability, ...]:
        """Those of its parts."""
        return self.body.probabilities

    def write(self, notation: Notation, names: Names) -> str:
        """Writes the sum; a bound variable gets a prime where its name means another value."""
        bound: dict[str, str] = {}
        for name in self.over:
            fresh = name
            while fresh in names.values() or fresh in bound.values():
                fresh += "'"
            bound[name] = fresh
        over = ", ".join(notation.name(name) for name in bound.values())
        if not notation.letters:
            over = f"{{{over}}}"
        return notation.total.format(over=over) + self.body.write(notation, {**names, **bound})


@final
@dataclass(frozen=True)
class Quotient(Expression):
    """One formula divided by another."""

    above: Expression
    below: Expression

    @property
    def free(self) -> frozenset[str]:
        """The variables of both."""
        return self.above.free | self.below.free

    @property
    def probabilities(self) -> tuple[Probability, ...]:
        """Those of its parts."""
        return (*self.above.probabilities, *self.below.probabilities)

    def write(self, notation: Notation, names: Names) -> str:
        """Writes the fraction."""
        return notation.fraction.format(
            above=self.above.write(notation, names), below=self.below.write(notation, names)
        )


@final
@dataclass(frozen=True)
class Renamed(Expression):
    """A formula in which one free variable takes the value that goes by another name.

    Nested counterfactuals need two values of one treatment: `x` and `x*`.

    Attributes:
        body: The formula.
        old: The variable in it.
        new: The name of the value.
    """

    body: Expression
    old: str
    new: str

    @property
    def free(self) -> frozenset[str]:
        """The variables of the formula, by the new name."""
        return self.body.free - {self.old} | {self.new}

    @property
    def probabilities(self) -> tuple[Probability, ...]:
        """Those of its parts."""
        return self.body.probabilities

    def write(self, notation: Notation, names: Names) -> str:
        """Writes the formula with the new name where the old one stood."""
        return self.body.write(notation, {**names, self.old: names[self.new]})


def factors_of(expression: Expression) -> list[Expression]:
    """The factors of a formula; one that is no product is its own only factor."""
    return list(expression.factors) if isinstance(expression, Product) else [expression]


def multiply(expressions: Iterable[Expression]) -> Expression:
    """Multiplies formulas, joins `P(a | b, c) P(b | c)` to `P(a, b | c)`, and cancels."""
    factors = [factor for expression in expressions for factor in factors_of(expression)]
    while (joined := join_two(factors)) is not None:
        factors = joined
    # Sums come last, where they need no brackets.
    factors.sort(key=lambda factor: isinstance(factor, Sum))
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def join_two(factors: Sequence[Expression]) -> list[Expression] | None:
    """Replaces the first two factors that are simpler as one, or gives None."""
    by_variables = {factor.free: factor for factor in factors if isinstance(factor, Probability)}
    for first in factors:
        if isinstance(first, Probability):
            # What the other one is about is what this one conditions on.
            other = by_variables.get(frozenset(first.given))
            others = () if other is None else (other,)
        else:
            others = factors if isinstance(first, Quotient) else ()
        for second in others:
            merged = chain(first, second) or cancel(first, second)
            if merged is not None:
                rest = [merged if factor is first else factor for factor in factors]
                rest.remove(second)
                return [part for factor in rest for part in factors_of(factor)]
    return None


def cancel(fraction: Expression, factor: Expression) -> Expression | None:
    """Multiplies a fraction by a factor of what stands below its line."""
    if not isinstance(fraction, Quotient):
        return None
    below = factors_of(fraction.below)
    if not any(same(part, factor) for part in below):
        return None
    return divide(multiply([fraction.above, factor]), fraction.below)


def chain(first: Expression, second: Expression) -> Probability | None:
    """Joins two conditional probabilities by the chain rule, where it applies."""
    if not (isinstance(first, Probability) and isinstance(second, Probability)):
        return None
    if first is second or set(first.given) != second.free:
        return None
    return Probability((*second.of, *first.of), second.given)


def add_up(over: Sequence[str], body: Expression) -> Expression:
    """Sums a formula over variables, and does what needs no numbers.

    Factors without a bound variable are taken out of the sum, and variables that stand in one
    probability alone are summed out of it.

    Raises:
        ValueError: The formula does not depend on one of them.
    """
    missing = set(over) - body.free
    if missing:
        raise ValueError(f"The formula does not depend on {sorted(missing)}.")
    if isinstance(body, Sum) and not set(body.over) & set(over):
        return add_up([*over, *body.over], body.body)
    left = list(over)
    factors = factors_of(body)
    for name in over:
        holders = [factor for factor in factors if name in factor.free]
        if len(holders) == 1 and isinstance(holders[0], Probability) and name in holders[0].of:
            of = tuple(other for other in holders[0].of if other != name)
            at = factors.index(holders[0])
            factors[at : at + 1] = [Probability(of, holders[0].given)] if of else []
            left.remove(name)
    bound = set(left)
    outside = [factor for factor in factors if not factor.free & bound]
    inside = [factor for factor in factors if factor.free & bound]
    if not left:
        return multiply(outside)
    return multiply([*outside, Sum(tuple(left), multiply(inside))])


def divide(above: Expression, below: Expression) -> Expression:
    """Divides formulas, cancels equal factors, and makes `P(a, b | c) / P(b | c)` one."""
    top, bottom = factors_of(above), factors_of(below)
    for factor in list(bottom):
        match = next((other for other in top if same(other, factor)), None)
        if match is not None:
            top.remove(match)
            bottom.remove(factor)
    for factor in list(bottom):
        for other in top:
            narrowed = condition(other, factor)
            if narrowed is not None:
                top[top.index(other)] = narrowed
                bottom.remove(factor)
                break
    numerator = multiply(top)
    return Quotient(numerator, multiply(bottom)) if bottom else numerator


def same(one: Expression, other: Expression) -> bool:
    """Whether two formulas are equal, whatever the order within a probability."""
    if isinstance(one, Probability) and isinstance(other, Probability):
        return one.meaning == other.meaning
    return one == other


def condition(joint: Expression, part: Expression) -> Probability | None:
    """Divides `P(a, b | c)` by `P(b | c)`, where these two are of that form."""
    if not (isinstance(joint, Probability) and isinstance(part, Probability)):
        return None
    if set(part.given) != set(joint.given) or not set(part.of) < set(joint.of):
        return None
    rest = tuple(name for name in joint.of if name not in part.of)
    return Probability(rest, (*part.of, *joint.given))
