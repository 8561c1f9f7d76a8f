"""Links: how the linear predictor becomes the mean of an outcome.

`Link.inverse` goes from the linear predictor to the mean, `Link.forward` goes back. A link to
probabilities also gives the logarithms of the probability and of its complement, each computed
without passing through the probability itself, which is 0 or 1 in floating point long before its
logarithm stops being a useful number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import exp, log, pi
from typing import ClassVar

from bayesinf.errors import ModelError, suggest
from bayesinf.numerics.special import (
    inverse_mills,
    log1mexp,
    log_ndtr,
    log_sigmoid,
    softplus_both,
)
from bayesinf.types import Array, namespace

SMALLEST_LOG_HAZARD = -30.0
"""Below it, log(1 - exp(-exp(eta))) is eta - exp(eta) / 2 up to exp(2 eta) / 24 < 1e-27."""


SMALLEST_HAZARD = 0.05
"""Below it, 1 - h - h / (exp(h) - 1) is its series up to h^8 / 1209600, 2e-15 of its first term."""

LOWEST_LOG_HAZARD, LARGEST_LOG_HAZARD = -80.0, 6.5
"""Beyond these, h / (exp(h) - 1) at h = exp(eta) is 1 up to 1e-35, or below 1e-285."""


def largest_exponent(x: Array) -> float:
    """Tells how far `exp` may follow `x`: 699.8 in double precision, 78.7 in single.

    Ten less than the logarithm of the largest number, to leave room for a factor of 20,000.
    """
    xp = namespace(x)
    return log(float(xp.finfo(xp.result_type(x, 1.0)).max)) - 10.0


def capped_exp(x: Array) -> Array:
    """Exponentiates, without leaving the finite numbers.

    Above `largest_exponent` the curve goes on as its tangent there, so that values stay ordered
    and slopes stay finite and point the right way where a search or a sampler has strayed.
    """
    xp, limit = namespace(x), largest_exponent(x)
    tangent = exp(limit) * (1.0 + xp.maximum(x - limit, 0.0))
    return xp.where(x > limit, tangent, xp.exp(xp.minimum(x, limit)))


@dataclass(frozen=True)
class Link(ABC):
    """A smooth increasing map between the mean of an outcome and the whole real line.

    Every method takes NumPy and JAX arrays of any shape and returns the same kind and shape.
    """

    name: ClassVar[str]

    @abstractmethod
    def inverse(self, eta: Array) -> Array:
        """Turns the linear predictor into the mean."""

    @abstractmethod
    def forward(self, mean: Array) -> Array:
        """Turns the mean into the linear predictor."""

    @abstractmethod
    def derivative(self, eta: Array) -> Array:
        """Says how much the mean moves per unit of the linear predictor."""

    @abstractmethod
    def second_derivative(self, eta: Array) -> Array:
        """Says how much `derivative` moves per unit of the linear predictor."""


@dataclass(frozen=True)
class ProbabilityLink(Link, ABC):
    """A link whose mean is a probability.

    Attributes:
        symmetric: Whether one minus the probability at eta is the probability at -eta.
    """

    symmetric: ClassVar[bool] = False

    @abstractmethod
    def log_probability(self, eta: Array) -> Array:
        """Gives the logarithm of the probability, exact far into both tails."""

    @abstractmethod
    def log_complement(self, eta: Array) -> Array:
        """Gives the logarithm of one minus the probability, exact far into both tails."""

    @abstractmethod
    def log_probability_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Gives the first and the second derivative of `log_probability`."""

    @abstractmethod
    def log_complement_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Gives the first and the second derivative of `log_complement`."""

    def count_kernel(self, successes: Array, failures: Array, eta: Array) -> Array:
        """Gives successes log(p) + failures log(1 - p)."""
        return successes * self.log_probability(eta) + failures * self.log_complement(eta)

    def count_slopes(self, successes: Array, failures: Array, eta: Array) -> tuple[Array, Array]:
        """Gives the first and second derivatives of `count_kernel` in eta."""
        upward, bent_upward = self.log_probability_slopes(eta)
        downward, bent_downward = self.log_complement_slopes(eta)
        return (
            successes * upward + failures * downward,
            successes * bent_upward + failures * bent_downward,
        )

    def count_slope(self, successes: Array, trials: Array | float, eta: Array) -> Array:
        """Gives the first of `count_slopes` alone, for successes out of trials."""
        return self.count_slopes(successes, trials - successes, eta)[0]

    def inverse(self, eta: Array) -> Array:
        """Turns the linear predictor into the probability."""
        return namespace(eta).exp(self.log_probability(eta))


@dataclass(frozen=True)
class Identity(Link):
    """The mean is the linear predictor itself."""

    name: ClassVar[str] = "identity"

    def inverse(self, eta: Array) -> Array:
        """Returns the linear predictor."""
        return eta

    def forward(self, mean: Array) -> Array:
        """Returns the mean."""
        return mean

    def derivative(self, eta: Array) -> Array:
        """Returns ones."""
        return namespace(eta).ones_like(eta)

    def second_derivative(self, eta: Array) -> Array:
        """Returns zeros."""
        return namespace(eta).zeros_like(eta)


@dataclass(frozen=True)
class Log(Link):
    """The logarithm of the mean is linear, so effects multiply; the mean is positive.

    Above 699.8 the mean goes on as a straight line (see `capped_exp`).
    """

    name: ClassVar[str] = "log"

    def inverse(self, eta: Array) -> Array:
        """Returns exp(eta)."""
        return capped_exp(eta)

    def forward(self, mean: Array) -> Array:
        """Returns log(mean)."""
        return namespace(mean).log(mean)

    def derivative(self, eta: Array) -> Array:
        """Returns exp(eta), which stops growing at 699.8."""
        xp = namespace(eta)
        return xp.exp(xp.minimum(eta, largest_exponent(eta)))

    def second_derivative(self, eta: Array) -> Array:
        """Returns exp(eta), and 0 from 699.8 on."""
        return namespace(eta).where(eta > largest_exponent(eta), 0.0, self.derivative(eta))


@dataclass(frozen=True)
class Logit(ProbabilityLink):
    """The log odds are linear, so effects multiply the odds."""

    name: ClassVar[str] = "logit"
    symmetric: ClassVar[bool] = True

    def log_probability(self, eta: Array) -> Array:
        """Returns -log(1 + exp(-eta))."""
        return log_sigmoid(eta)

    def log_complement(self, eta: Array) -> Array:
        """Returns -log(1 + exp(eta))."""
        return log_sigmoid(-eta)

    def forward(self, mean: Array) -> Array:
        """Returns log(p / (1 - p))."""
        xp = namespace(mean)
        return xp.log(mean) - xp.log1p(-mean)

    def derivative(self, eta: Array) -> Array:
        """Returns p (1 - p)."""
        return namespace(eta).exp(log_sigmoid(eta) + log_sigmoid(-eta))

    def second_derivative(self, eta: Array) -> Array:
        """Returns p (1 - p) (1 - 2 p)."""
        p, q = self.both(eta)
        return p * q * (q - p)

    def both(self, eta: Array) -> tuple[Array, Array]:
        """Gives p and 1 - p, each exact in both tails, at the price of one exponential."""
        xp = namespace(eta)
        odds_against = xp.exp(xp.minimum(-eta, largest_exponent(eta)))
        p = 1.0 / (1.0 + odds_against)
        return p, odds_against * p

    def log_probability_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Returns 1 - p and -p (1 - p)."""
        p, q = self.both(eta)
        return q, -p * q

    def log_complement_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Returns -p and -p (1 - p)."""
        p, q = self.both(eta)
        return -p, -p * q

    def count_kernel(self, successes: Array, failures: Array, eta: Array) -> Array:
        """Returns -successes log(1 + exp(-eta)) - failures log(1 + exp(eta))."""
        against, in_favour = softplus_both(eta)
        return -successes * in_favour - failures * against

    def count_slopes(self, successes: Array, failures: Array, eta: Array) -> tuple[Array, Array]:
        """Returns successes (1 - p) - failures p and -(successes + failures) p (1 - p)."""
        p, q = self.both(eta)
        return successes * q - failures * p, -(successes + failures) * (p * q)

    def count_slope(self, successes: Array, trials: Array | float, eta: Array) -> Array:
        """Returns successes - trials p, at the price of one exponential."""
        xp = namespace(eta)
        return successes - trials / (1.0 + xp.exp(xp.minimum(-eta, largest_exponent(eta))))


@dataclass(frozen=True)
class Probit(ProbabilityLink):
    """The probability is that of a standard normal variable below the linear predictor."""

    name: ClassVar[str] = "probit"
    symmetric: ClassVar[bool] = True

    def log_probability(self, eta: Array) -> Array:
        """Returns log Phi(eta)."""
        return log_ndtr(eta)

    def log_complement(self, eta: Array) -> Array:
        """Returns log Phi(-eta)."""
        return log_ndtr(-eta)

    def forward(self, mean: Array) -> Array:
        """Returns the standard normal quantile of the probability."""
        if namespace(mean).__name__ == "jax.numpy":
            from jax.scipy.special import ndtri
        else:
            from scipy.special import ndtri
        return ndtri(mean)

    def derivative(self, eta: Array) -> Array:
        """Returns the standard normal density."""
        return namespace(eta).exp(-0.5 * eta**2 - 0.5 * log(2.0 * pi))

    def second_derivative(self, eta: Array) -> Array:
        """Returns -eta times the standard normal density."""
        return -eta * self.derivative(eta)

    def log_probability_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Returns m = phi(eta) / Phi(eta) and -m (m + eta)."""
        m, surplus = inverse_mills(eta)
        return m, -m * surplus

    def log_complement_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Returns the same as `log_probability_slopes` at -eta, the first with its sign changed."""
        m, surplus = inverse_mills(-eta)
        return -m, -m * surplus


@dataclass(frozen=True)
class CLogLog(ProbabilityLink):
    """The complementary log-log link: p = 1 - exp(-exp(eta)).

    The chance of at least one event when their number is Poisson with log rate eta: the link for
    grouped survival times and for counts known only as none or some. It is not symmetric.
    """

    name: ClassVar[str] = "cloglog"

    def log_probability(self, eta: Array) -> Array:
        """Returns log(1 - exp(-exp(eta))); see `SMALLEST_LOG_HAZARD` for its lower tail."""
        xp = namespace(eta)
        low = xp.minimum(eta, SMALLEST_LOG_HAZARD)
        high = xp.maximum(eta, SMALLEST_LOG_HAZARD)
        return xp.where(
            eta < SMALLEST_LOG_HAZARD, low - 0.5 * xp.exp(low), log1mexp(-capped_exp(high))
        )

    def log_complement(self, eta: Array) -> Array:
        """Returns -exp(eta)."""
        return -capped_exp(eta)

    def forward(self, mean: Array) -> Array:
        """Returns log(-log(1 - p))."""
        xp = namespace(mean)
        return xp.log(-xp.log1p(-mean))

    def derivative(self, eta: Array) -> Array:
        """Returns exp(eta - exp(eta))."""
        return namespace(eta).exp(eta - capped_exp(eta))

    def second_derivative(self, eta: Array) -> Array:
        """Returns exp(eta - exp(eta)) (1 - exp(eta))."""
        xp = namespace(eta)
        # From an exponent of 50 on the first factor is 0.
        return self.derivative(eta) * (1.0 - xp.exp(xp.minimum(eta, 50.0)))

    def log_probability_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Returns s = h / (exp(h) - 1) and s (1 - h - s), with the hazard h = exp(eta).

        Both fade to zero above. Below `SMALLEST_HAZARD`, 1 - h - s would cancel.
        """
        xp = namespace(eta)
        h = xp.exp(xp.clip(eta, LOWEST_LOG_HAZARD, LARGEST_LOG_HAZARD))
        slope = h / xp.expm1(h)
        square = h * h
        series = -0.5 * h - square * (1 / 12 - square * (1 / 720 - square / 30240))
        return slope, slope * xp.where(h < SMALLEST_HAZARD, series, 1.0 - h - slope)

    def log_complement_slopes(self, eta: Array) -> tuple[Array, Array]:
        """Returns -exp(eta) twice, the second 0 where `capped_exp` goes on as a straight line."""
        log_link = Log()
        return -log_link.derivative(eta), -log_link.second_derivative(eta)


LINKS: tuple[type[Link], ...] = (Identity, Log, Logit, Probit, CLogLog)


def named_link(name: str) -> Link:
    """Finds a link by its name.

    Raises:
        ModelError: No link has the name; the error suggests the nearest.

    Example:
        >>> named_link("probit")
        Probit()
    """
    known = {link.name: link for link in LINKS}
    if name not in known:
        raise ModelError(
            f"There is no link named {name!r}.{suggest(name, known)}",
            code="unknown-link",
            hint=f"The links are {', '.join(known)}.",
        )
    return known[name]()
