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
from bayesinf.numerics.special import log1mexp, log_ndtr, log_sigmoid
from bayesinf.types import Array, namespace

SMALLEST_LOG_HAZARD = -30.0
"""Below it, log(1 - exp(-exp(eta))) is eta - exp(eta) / 2 up to exp(2 eta) / 24 < 1e-27."""


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


@dataclass(frozen=True)
class ProbabilityLink(Link, ABC):
    """A link whose mean is a probability."""

    @abstractmethod
    def log_probability(self, eta: Array) -> Array:
        """Gives the logarithm of the probability, exact far into both tails."""

    @abstractmethod
    def log_complement(self, eta: Array) -> Array:
        """Gives the logarithm of one minus the probability, exact far into both tails."""

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


@dataclass(frozen=True)
class Logit(ProbabilityLink):
    """The log odds are linear, so effects multiply the odds."""

    name: ClassVar[str] = "logit"

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


@dataclass(frozen=True)
class Probit(ProbabilityLink):
    """The probability is that of a standard normal variable below the linear predictor."""

    name: ClassVar[str] = "probit"

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
