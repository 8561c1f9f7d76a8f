"""Log densities of every family in decimal arithmetic: hundreds of digits, and no shared code.

Written from the textbook formulas, with Python's `decimal` alone, so that neither rounding nor a
mistake of the library can hide. Derivatives are central differences with a step so small, among so
many digits, that they are exact to far more than double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction
from functools import cache
from math import comb

ONE, TWO, HALF = Decimal(1), Decimal(2), Decimal("0.5")
STEP = Decimal(10) ** -20
"""Of a central difference: its own error is the square of it, 1e-40."""

TYPICAL_DIGITS, TAIL_DIGITS = 60, 450
"""Digits carried: as a rule, and for probabilities, whose complements may be 1e-304."""

NEAR = 10
"""Up to here the normal distribution function is a series, beyond a continued fraction."""


@dataclass(frozen=True)
class Point:
    """One row and the numbers that its density depends on.

    Attributes:
        y: The outcome.
        eta: The linear predictor.
        parameters: sigma, nu or shape, where the family has them.
        trials: Of a binomial row.
        standard_error: Known sd of the row, in place of sigma.
    """

    y: float
    eta: float
    parameters: Mapping[str, float]
    trials: float | None = None
    standard_error: float | None = None


def truth(family: str, link: str, point: Point) -> dict[str, float]:
    """The log density and its derivatives in eta and in each parameter, rounded once at the end.

    Args:
        family: The name of the family.
        link: The name of its link.
        point: The row.

    Returns:
        By name: `density`, `eta`, and the parameters'.
    """
    is_event = family in ("bernoulli", "binomial")
    with localcontext() as context:
        context.prec = TAIL_DIGITS if is_event and abs(point.eta) > 3 else TYPICAL_DIGITS
        numbers = {name: Decimal(value) for name, value in point.parameters.items()}
        if point.standard_error is not None:
            numbers["sigma"] = Decimal(point.standard_error)
        given = Decimal(point.y), Decimal(point.eta), Decimal(point.trials or 0)
        density = DENSITIES[family]

        def at(name: str, move: Decimal) -> Decimal:
            y, eta, trials = given
            moved = {**numbers, name: numbers[name] + move} if name in numbers else numbers
            return density(link, y, eta + move if name == "eta" else eta, trials, moved)

        found = {"density": float(at("density", Decimal(0)))}
        for name in ("eta", *point.parameters):
            step = STEP * max(ONE, abs(numbers.get(name, ONE)))
            found[name] = float((at(name, step) - at(name, -step)) / (2 * step))
        return found


type Numbers = Mapping[str, Decimal]


def gaussian(link: str, y: Decimal, eta: Decimal, _: Decimal, at: Numbers) -> Decimal:
    """-(y - mu)^2 / (2 sigma^2) - log(sigma sqrt(2 pi))."""
    z = (y - mean(link, eta)) / at["sigma"]
    return -HALF * z * z - at["sigma"].ln() - HALF * (TWO * pi()).ln()


def student_t(link: str, y: Decimal, eta: Decimal, _: Decimal, at: Numbers) -> Decimal:
    """Location mu, scale sigma, nu degrees of freedom."""
    nu, sigma = at["nu"], at["sigma"]
    z = (y - mean(link, eta)) / sigma
    constant = log_gamma((nu + 1) / 2) - log_gamma(nu / 2) - HALF * (nu * pi()).ln() - sigma.ln()
    return constant - (nu + 1) / 2 * (1 + z * z / nu).ln()


def bernoulli(link: str, y: Decimal, eta: Decimal, _: Decimal, __: Numbers) -> Decimal:
    """log p or log(1 - p)."""
    return log_probability(link, eta) if y == 1 else log_complement(link, eta)


def binomial(link: str, y: Decimal, eta: Decimal, trials: Decimal, __: Numbers) -> Decimal:
    """log C(n, y) + y log p + (n - y) log(1 - p), the coefficient as an exact whole number."""
    ways = Decimal(comb(int(trials), int(y))).ln()
    up = y * log_probability(link, eta) if y else Decimal(0)
    return ways + up + ((trials - y) * log_complement(link, eta) if trials > y else Decimal(0))


def poisson(link: str, y: Decimal, eta: Decimal, _: Decimal, __: Numbers) -> Decimal:
    """y log(mu) - mu - log(y!)."""
    return y * eta - mean(link, eta) - log_gamma(y + 1)


def negative_binomial(link: str, y: Decimal, eta: Decimal, _: Decimal, at: Numbers) -> Decimal:
    """Gamma(y + r) / (Gamma(r) y!) (r / (r + mu))^r (mu / (r + mu))^y."""
    r, mu = at["shape"], mean(link, eta)
    ways = log_gamma(y + r) - log_gamma(r) - log_gamma(y + 1)
    return ways - r * (1 + mu / r).ln() + y * (eta - (r + mu).ln())


DENSITIES: Mapping[str, Callable[[str, Decimal, Decimal, Decimal, Numbers], Decimal]] = {
    "gaussian": gaussian,
    "student_t": student_t,
    "bernoulli": bernoulli,
    "binomial": binomial,
    "poisson": poisson,
    "negative_binomial": negative_binomial,
}


def mean(link: str, eta: Decimal) -> Decimal:
    """The mean of a family whose mean is no probability."""
    return eta if link == "identity" else eta.exp()


def log_probability(link: str, eta: Decimal) -> Decimal:
    """log p at a linear predictor."""
    if link == "logit":
        return -(1 + (-eta).exp()).ln()
    if link == "probit":
        return normal_cdf(eta).ln()
    return (1 - (-eta.exp()).exp()).ln()


def log_complement(link: str, eta: Decimal) -> Decimal:
    """log(1 - p) at a linear predictor."""
    if link == "logit":
        return -(1 + eta.exp()).ln()
    if link == "probit":
        return normal_cdf(-eta).ln()
    return -eta.exp()


def normal_cdf(x: Decimal) -> Decimal:
    """The standard normal distribution function.

    Source: Abramowitz & Stegun (1964), 26.2.11 near zero, 26.2.14 in the tails.
    """
    height = (-x * x / 2).exp() / (TWO * pi()).sqrt()
    if abs(x) <= NEAR:
        term, total, n = x, x, 1
        while abs(term) > Decimal(10) ** -getcontext().prec * abs(total):
            n += 2
            term = term * x * x / n
            total += term
        return HALF + height * total
    size, ratio = abs(x), abs(x)
    for n in range(4 * getcontext().prec, 0, -1):
        ratio = size + n / ratio
    tail = height / ratio
    return tail if x < 0 else 1 - tail


def log_gamma(x: Decimal) -> Decimal:
    """The logarithm of the gamma function, by Stirling's series after shifting up.

    Source: Abramowitz & Stegun (1964), 6.1.15 and 6.1.41.
    """
    digits = getcontext().prec
    product = ONE
    while x < digits:
        product *= x
        x += 1
    total = (x - HALF) * x.ln() - x + HALF * (TWO * pi()).ln()
    square, power = x * x, x
    for k, number in enumerate(bernoulli_numbers(digits // 3), start=1):
        term = Decimal(number.numerator) / (number.denominator * 2 * k * (2 * k - 1)) / power
        total += term
        if abs(term) < Decimal(10) ** -digits:
            break
        power *= square
    return total - product.ln()


@cache
def bernoulli_numbers(count: int) -> tuple[Fraction, ...]:
    """B_2, B_4, ..., by Akiyama and Tanigawa's table."""
    found, row = [], []
    for m in range(2 * count + 1):
        row.append(Fraction(1, m + 1))
        for j in range(m, 0, -1):
            row[j - 1] = j * (row[j - 1] - row[j])
        if m and m % 2 == 0:
            found.append(row[0])
    return tuple(found)


def pi() -> Decimal:
    """The number, to the digits carried: Machin's formula."""
    return _pi(getcontext().prec)


@cache
def _pi(digits: int) -> Decimal:
    with localcontext() as context:
        context.prec = digits + 10
        return 16 * _inverse_tangent(5) - 4 * _inverse_tangent(239)


def _inverse_tangent(divisor: int) -> Decimal:
    term = ONE / divisor
    total, n = term, 1
    while abs(term) > Decimal(10) ** -getcontext().prec:
        term = -term / divisor**2
        n += 2
        total += term / n
    return total
