"""Special functions: both libraries against arbitrary-precision references and each other."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special as reference

from bayesinf.numerics import special
from bayesinf.numerics.precision import double

POSITIVE = np.array([1e-3, 0.1, 0.5, 1.0, 2.5, 30.0, 1e4, 1e8])
REAL = np.array([-700.0, -38.0, -20.5, -5.0, -0.3, 0.0, 1e-9, 0.7, 5.0, 36.0, 700.0])
NEGATIVE = np.array([-700.0, -40.0, -3.0, -0.7, -0.69, -0.1, -1e-6, -1e-15])

CASES = {
    "log_gamma": (special.log_gamma, reference.gammaln, POSITIVE),
    "softplus": (special.softplus, lambda x: np.logaddexp(0.0, x), REAL),
    "log_sigmoid": (special.log_sigmoid, lambda x: -np.logaddexp(0.0, -x), REAL),
    "log1mexp": (special.log1mexp, lambda x: np.log(-np.expm1(x)), NEGATIVE[2:]),
    "log_ndtr": (special.log_ndtr, reference.log_ndtr, REAL),
}


@pytest.mark.parametrize("name", CASES)
def test_numpy_in_numpy_out_and_right(name):
    ours, theirs, x = CASES[name]
    value = ours(x)
    assert isinstance(value, np.ndarray)
    np.testing.assert_allclose(value, theirs(x), rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_jax_agrees_with_numpy_and_compiles(name):
    ours, _, x = CASES[name]
    with double():
        value = jax.jit(ours)(jnp.asarray(x))
        assert isinstance(value, jax.Array)
        # JAX's log_ndtr rounds 1 - ndtr(x) between 5 and 8.
        np.testing.assert_allclose(value, ours(x), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_finite_and_right(name):
    ours, theirs, x = CASES[name]
    with double():
        derivative = jax.vmap(jax.grad(ours))(jnp.asarray(x))
    assert np.isfinite(derivative).all()
    ordinary = (np.abs(x) < 50.0) & (np.abs(x) > 1e-5)
    x = x[ordinary]
    step = 1e-5 * np.abs(x)
    difference = (theirs(x + step) - theirs(x - step)) / (2.0 * step)
    np.testing.assert_allclose(derivative[ordinary], difference, rtol=1e-5, atol=1e-9)


def test_log1mexp_at_both_ends():
    # log(1 - exp(-700)) is -exp(-700); log(1 - exp(-1e-15)) is log(1e-15) to first order.
    ends = special.log1mexp(np.array([-700.0, -1e-15]))
    np.testing.assert_allclose(ends, [-np.exp(-700.0), np.log(1e-15)], rtol=1e-12)


def test_softplus_halves_its_slope_at_zero():
    with double():
        assert jax.grad(special.softplus)(0.0) == 0.5
        assert jax.grad(jax.grad(special.softplus))(0.0) == 0.25


def test_log_binomial_and_log_beta():
    n = np.array([1.0, 5.0, 40.0, 1000.0])
    k = np.array([0.0, 2.0, 40.0, 17.0])
    exact = np.log(reference.binom(n, k))
    np.testing.assert_allclose(special.log_binomial(n, k), exact, atol=1e-11)
    np.testing.assert_allclose(special.log_beta(n, n), reference.betaln(n, n), rtol=1e-14)
    with double():
        np.testing.assert_allclose(
            special.log_binomial(jnp.asarray(n), jnp.asarray(k)), exact, atol=1e-10
        )


def test_log_binomial_of_large_counts_does_not_cancel():
    # log(10^12 choose 1) is log(10^12).
    value = special.log_binomial(np.array(1e12), np.array(1.0))
    assert value == pytest.approx(np.log(1e12), rel=1e-12)


@pytest.mark.parametrize("n", [10, 10_000, 1_000_000, 1_000_000_000])
def test_binomial_coefficients_keep_their_digits(n: int) -> None:
    """Against whole numbers of any length; SciPy's own betaln keeps ten digits here."""
    counts = [0, 1, 3, n - 1, n]
    exact = [math.log(math.comb(n, k)) for k in counts]
    with double():
        found = special.log_binomial(jnp.asarray(float(n)), jnp.asarray(counts, dtype=float))
    here = special.log_binomial(np.array(float(n)), np.array(counts, dtype=float))
    np.testing.assert_allclose(here, exact, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(found, exact, rtol=1e-13, atol=1e-12)


def test_the_far_tail_of_the_normal_keeps_its_digits_in_jax() -> None:
    x = np.array([-40.0, -20.0, -8.0, -1.0, 2.0])
    with double():
        found = special.log_ndtr(jnp.asarray(x))
    np.testing.assert_allclose(found, special.log_ndtr(x), rtol=1e-11)


def test_inverse_mills_against_the_scaled_complementary_error_function():
    x = np.array([-800.0, -60.0, -10.5, -9.99, -3.0, 0.0, 2.0, 30.0])
    ratio, surplus = special.inverse_mills(x)
    with np.errstate(over="ignore"):
        expected = np.sqrt(2.0 / np.pi) / reference.erfcx(-x / np.sqrt(2.0))
    np.testing.assert_allclose(ratio, expected, rtol=1e-12)
    np.testing.assert_allclose(surplus, expected + x, rtol=1e-10, atol=1e-12)
    with double():
        for here, there in zip(
            (ratio, surplus), special.inverse_mills(jnp.asarray(x)), strict=True
        ):
            np.testing.assert_allclose(here, there, rtol=1e-10)


def test_inverse_mills_surplus_keeps_its_digits_far_left():
    # The first terms of its asymptotic series, 1/x - 2/x^3 + 10/x^5.
    x = np.array([1e3, 1e6])
    surplus = special.inverse_mills(-x)[1]
    np.testing.assert_allclose(surplus, 1 / x - 2 / x**3 + 10 / x**5, rtol=1e-15)


def test_digamma_ratio_is_exact_for_whole_steps():
    # psi(x + 3) - psi(x) = 1/x + 1/(x + 1) + 1/(x + 2).
    expected = 1.0 / POSITIVE + 1.0 / (POSITIVE + 1.0) + 1.0 / (POSITIVE + 2.0)
    np.testing.assert_allclose(special.digamma_ratio(POSITIVE, 3.0), expected, rtol=1e-12)
    with double():
        by_jax = jax.vmap(jax.grad(lambda x: special.log_gamma_ratio(x, 3.0)))(
            jnp.asarray(POSITIVE)
        )
        there = special.digamma_ratio(jnp.asarray(POSITIVE), 3.0)
    np.testing.assert_allclose(there, expected, rtol=1e-12)
    np.testing.assert_allclose(by_jax, expected, rtol=1e-7)
