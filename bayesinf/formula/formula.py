"""What was asked, as values: `Formula`, its `Response` and its `TermCall`s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from bayesinf.formula.guard import functions_in, names_in


@dataclass(frozen=True)
class Response:
    """The left-hand side of a formula.

    Attributes:
        expression: The outcome, a column or arithmetic on columns (`log(y)`).
        trials: How many trials each row's successes come from, `k | trials(n)`; a column or number.
        weights: How often each row counts, `y | weights(w)`.
        standard_error: The known standard error of each row, `y | se(s)`.
    """

    expression: str
    trials: str | None = None
    weights: str | None = None
    standard_error: str | None = None

    def __str__(self) -> str:
        extras = {
            "trials": self.trials,
            "weights": self.weights,
            "se": self.standard_error,
        }
        given = " + ".join(f"{name}({value})" for name, value in extras.items() if value)
        return f"{self.expression} | {given}" if given else self.expression

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns that the outcome and what is known about it need."""
        parts = (self.expression, self.trials, self.weights, self.standard_error)
        return _distinct(name for part in parts if part for name in names_in(part))


@dataclass(frozen=True)
class TermCall:
    """One term of the right-hand side.

    Attributes:
        term: Which kind: `population`, `varying`, `offset` or another listed term.
        arguments: Their texts. Population: the right-hand side that formulaic reads. Varying: what
            varies, and the grouping columns joined by `:`. Others: as written.
        correlated: For `varying`: whether the coefficients of one group are correlated (`|`) or
            independent (`||`).
        text: How the term is written in a formula.
    """

    term: str
    arguments: tuple[str, ...]
    correlated: bool = True
    text: str = ""

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The columns that the term needs."""
        return _distinct(name for part in self.arguments for name in names_in(argument_value(part)))


@dataclass(frozen=True)
class Formula:
    """What was asked.

    Two formulas are equal when they ask the same; how they were typed does not count.

    Attributes:
        text: As it was typed.
        response: The left-hand side.
        terms: The right-hand side: one population term, then the others in their order.
    """

    text: str = field(compare=False)
    response: Response
    terms: tuple[TermCall, ...]

    def __str__(self) -> str:
        return f"{self.response} ~ {' + '.join(call.text for call in self.terms)}"

    @property
    def functions(self) -> frozenset[str]:
        """The functions that the formula calls."""
        sides = self.response
        parts = [sides.expression, sides.trials, sides.weights, sides.standard_error]
        arguments = (argument_value(part) for call in self.terms for part in call.arguments)
        return frozenset().union(*(functions_in(part) for part in (*parts, *arguments) if part))

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The columns that the formula needs, in order of appearance."""
        terms = (name for call in self.terms for name in call.variables)
        return _distinct([*self.response.variables, *terms])

    @cached_property
    def response_variables(self) -> tuple[str, ...]:
        """The columns that only the left-hand side needs, so that new rows can do without."""
        needed = {name for call in self.terms for name in call.variables}
        return tuple(name for name in self.response.variables if name not in needed)

    @cached_property
    def labels(self) -> frozenset[str]:
        """The columns that only tell groups apart, so that their values need not be numbers."""
        groups = [
            name
            for call in self.terms
            if call.term == "varying"
            for name in group_columns(call.arguments[1])
        ]
        varying = [
            name
            for call in self.terms
            for name in (names_in(call.arguments[0]) if call.term == "varying" else call.variables)
        ]
        return frozenset(groups).difference(varying, self.response.variables)


def group_columns(group: str) -> tuple[str, ...]:
    """The columns of a grouping factor.

    Example:
        >>> group_columns("school:`class name`")
        ('school', 'class name')
    """
    return names_in(group)


def argument_value(argument: str) -> str:
    """The part after `name=` of a special term's argument."""
    name, equals, value = argument.partition("=")
    return value if equals and name.strip().isidentifier() and value[:1] != "=" else argument


def _distinct(names: list[str] | Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
