"""Special functions that take NumPy or JAX arrays alike, stable far into the tails."""

from __future__ import annotations

from math import log, pi
from types import ModuleType

import jax
import numpy as np

from bayesinf.types import Array, namespace

HALF_LOG_TWO_PI = 0.5 * log(2.0 * pi)

LARGEST_MILLS = -10.0
"""Below it, twelve terms of the continued fraction in `inverse_mills` are exact to 1e-16."""

SMALLEST_STIRLING = 10.0
"""From here on the series in `stirling_remainder` is exact to 1e-16."""


def library(*arrays: object) -> ModuleType:
    """Tells which library of special functions serves the given arrays.

    Returns:
        `jax.scipy.special` when one of them is a JAX array or tracer, else `scipy.special`.
    """
    if namespace(*arrays) is jax.numpy:
        import jax.scipy.special as special
    else:
        from scipy import special
    return special


def log_gamma(x: Array) -> Array:
    """Takes the logarithm of the gamma function.

    Args:
        x: Positive numbers, any shape.

    Returns:
        log Gamma(x), of the same shape.
    """
    return library(x).gammaln(x)


@jax.custom_jvp
def ramp(x: jax.Array) -> jax.Array:
    """Computes log(1 + exp(x)) in JAX, with the logistic function as its derivative.

    A third cheaper than `logaddexp`; its derivative would be wrong at 0 without the rule below.
    """
    return jax.numpy.maximum(x, 0.0) + jax.numpy.log1p(jax.numpy.exp(-jax.numpy.abs(x)))


@ramp.defjvp
def ramp_slope(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    """Gives the value and the derivative of `ramp` in a direction."""
    (x,), (direction,) = primals, tangents
    return ramp(x), jax.nn.sigmoid(x) * direction


def softplus(x: Array) -> Array:
    """Computes log(1 + exp(x)) without overflow.

    Args:
        x: Any numbers, any shape.

    Returns:
        Positive numbers of the same shape; close to `x` where `x` is large.
    """
    if namespace(x) is jax.numpy:
        return ramp(jax.numpy.asarray(x))
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def softplus_both(x: Array) -> tuple[Array, Array]:
    """Computes log(1 + exp(x)) and log(1 + exp(-x)), in NumPy at the price of one of them."""
    if namespace(x) is jax.numpy:
        return softplus(x), softplus(-x)
    shared = np.log1p(np.exp(-np.abs(x)))
    return np.maximum(x, 0.0) + shared, shared - np.minimum(x, 0.0)


def log_sigmoid(x: Array) -> Array:
    """Computes the logarithm of 1 / (1 + exp(-x)) without underflow.

    Args:
        x: Log odds, any shape.

    Returns:
        Log probabilities of the same shape.
    """
    return -softplus(-x)


def log1mexp(x: Array) -> Array:
    """Computes log(1 - exp(x)) for negative x: the log of a complement from a log probability.

    Args:
        x: Negative numbers (log probabilities below 0), any shape.

    Returns:
        Negative numbers of the same shape, accurate for `x` near 0 and for very negative `x`.

    Source:
        Maechler (2012), Accurately computing log(1 - exp(-|a|)), equation 7.
    """
    xp = namespace(x)
    near = x > -log(2.0)
    # The unused branch is fed a harmless value, or its derivative would be 0 * inf.
    small = xp.where(near, x, -1.0)
    large = xp.where(near, -1.0, x)
    return xp.where(near, xp.log(-xp.expm1(small)), xp.log1p(-xp.exp(large)))


def log_ndtr(x: Array) -> Array:
    """Takes the logarithm of the standard normal distribution function.

    Args:
        x: Any numbers, any shape.

    Returns:
        Log probabilities of the same shape; finite far into the left tail.
    """
    if namespace(x) is jax.numpy:
        # The default series of order 3 is off by 4e-9 at -20.
        return jax.scipy.special.log_ndtr(x, 10)
    return library(x).log_ndtr(x)


def inverse_mills(x: Array) -> tuple[Array, Array]:
    """Computes phi(x) / Phi(x) of the standard normal distribution, and the same plus x.

    Args:
        x: Any numbers, any shape.

    Returns:
        Two arrays of positive numbers: the ratio m, and m + x without cancellation at very
        negative `x`, where it is close to -1 / x.

    Source: Abramowitz & Stegun (1964), 26.2.14, below `LARGEST_MILLS`.
    """
    xp = namespace(x)
    ratio = xp.exp(-0.5 * x * x - HALF_LOG_TWO_PI - log_ndtr(x))
    tail = -xp.minimum(x, LARGEST_MILLS)
    surplus = 12.0 / tail
    for term in range(11, 0, -1):
        surplus = term / (tail + surplus)
    is_tail = x < LARGEST_MILLS
    return xp.where(is_tail, tail + surplus, ratio), xp.where(is_tail, surplus, ratio + x)


def stirling_remainder(x: Array) -> Array:
    """Gives what Stirling's formula for log gamma leaves out, for `x` of at least 10.

    Source: Abramowitz & Stegun (1964), 6.1.41; the first term left out is below 3e-17.
    """
    coefficients = (1 / 156, -691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)
    square = 1.0 / (x * x)
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * square + coefficient
    return total / x


def log_gamma_ratio(x: Array, step: Array | float) -> Array:
    """Computes log Gamma(x + step) - log Gamma(x) without cancellation at large `x`.

    Two log gammas of 1e10 are each 2e11, so their difference would keep five decimals. From 10 on
    the two Stirling formulas are subtracted term by term instead.

    Args:
        x: Positive numbers, any shape.
        step: Numbers of at least 0 that broadcast with `x`.
    """
    xp = namespace(x, step)
    is_large = x >= SMALLEST_STIRLING
    if xp is np and not np.any(is_large):
        return log_gamma(x + step) - log_gamma(x)
    # Each branch is fed a harmless value where the other is taken: its derivative must be finite.
    large = xp.where(is_large, x, SMALLEST_STIRLING)
    leading = (large - 0.5) * xp.log1p(step / large) + step * (xp.log(large + step) - 1.0)
    remainder = stirling_remainder(large + step) - stirling_remainder(large)
    if xp is np and np.all(is_large):
        return leading + remainder
    small = xp.where(is_large, 1.0, x)
    return xp.where(is_large, leading + remainder, log_gamma(small + step) - log_gamma(small))


def digamma_ratio(x: Array, step: Array | float) -> Array:
    """Computes psi(x + step) - psi(x), the derivative of `log_gamma_ratio` in `x`.

    From 10 on two asymptotic series are subtracted term by term, so that large `x` loses no digits.

    Args:
        x: Positive numbers, any shape.
        step: Numbers of at least 0 that broadcast with `x`.
    """
    xp, psi = namespace(x, step), library(x, step).digamma
    is_large = x >= SMALLEST_STIRLING
    large = xp.where(is_large, x, SMALLEST_STIRLING)
    small = xp.where(is_large, 1.0, x)
    remainder = digamma_remainder(large + step) - digamma_remainder(large)
    direct = psi(small + step) - psi(small)
    return xp.where(is_large, xp.log1p(step / large) + remainder, direct)


def digamma_remainder(x: Array) -> Array:
    """Gives psi(x) - log(x) for `x` of at least 10.

    Source: Abramowitz & Stegun (1964), 6.3.18; the first term left out is below 5e-17.
    """
    coefficients = (-1 / 12, 691 / 32760, -1 / 132, 1 / 240, -1 / 252, 1 / 120, -1 / 12)
    square = 1.0 / (x * x)
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * square + coefficient
    return total * square - 0.5 / x


def log_beta(a: Array, b: Array) -> Array:
    """Takes the logarithm of the beta function.

    Args:
        a: Positive numbers.
        b: Positive numbers that broadcast with `a`.

    Returns:
        log B(a, b), of the broadcast shape.
    """
    if namespace(a, b) is jax.numpy:
        # JAX's own betaln is off by 2e-9 for small arguments, three log gammas for large ones.
        xp = jax.numpy
        larger, smaller = xp.maximum(a, b), xp.minimum(a, b)
        return log_gamma(smaller) - log_gamma_ratio(larger, smaller)
    return library(a, b).betaln(a, b)


def log_binomial(n: Array, k: Array) -> Array:
    """Takes the logarithm of the binomial coefficient "n choose k".

    Args:
        n: Counts of trials.
        k: Counts of successes, 0 <= k <= n, that broadcast with `n`.

    Returns:
        log n! / (k! (n - k)!), of the broadcast shape.
    """
    # Three log gammas would cancel for large n, and so does SciPy's betaln in the tenth digit.
    fewer = namespace(n, k).minimum(k, n - k)
    return log_gamma_ratio(n - fewer + 1.0, fewer) - log_gamma(fewer + 1.0)


def beta_distribution(
    a: np.ndarray, b: np.ndarray, x: np.ndarray, complement: np.ndarray
) -> np.ndarray:
    """Takes the regularised incomplete beta function I_x(a, b); NumPy only.

    Args:
        a: Positive numbers.
        b: Positive numbers that broadcast with `a`.
        x: Numbers from 0 to 1.
        complement: 1 - x, without cancellation.

    Returns:
        Probabilities of the broadcast shape. Where x rounds to 1 the tail function of the
        complement is used; everywhere else the direct one, which is ten times as fast.
    """
    from scipy.special import betainc, betaincc

    a, b, x, complement = np.broadcast_arrays(a, b, x, complement)
    found = np.asarray(betainc(a, b, x))
    close = complement < 1e-4
    if close.any():
        found[close] = betaincc(b[close], a[close], complement[close])
    return found
