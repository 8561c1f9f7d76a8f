"""What every prior promises. `check_prior` runs every check on one prior, in or out of the
catalogue; each check gives the answer a second, independent way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace

import jax
import numpy as np
import pytest
from scipy import stats

from bayesinf.errors import ModelError
from bayesinf.numerics.precision import double
from bayesinf.prior import Prior

SEED = 20240611


def correlation_factor(r: np.ndarray) -> np.ndarray:
    """The Cholesky factors of 2 x 2 correlation matrices, shape (n, 2, 2)."""
    factor = np.zeros((len(r), 2, 2))
    factor[:, 0, 0] = 1.0
    factor[:, 1, 0] = r
    factor[:, 1, 1] = np.sqrt(1.0 - r**2)
    return factor


def integration_grid(prior: Prior) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places as numbers, the same as arguments of the density, and weights that integrate it.

    The trapezoid rule in a variable in which the density dies off exponentially.
    """
    t = np.linspace(-80.0, 100.0, 60_001)
    step = t[1] - t[0]
    if prior.support == "real":
        t = np.linspace(-45.0, 45.0, 60_001)
        return np.sinh(t), np.sinh(t), np.cosh(t) * (t[1] - t[0])
    if prior.support == "positive":
        return np.exp(t), np.exp(t), np.exp(t) * step
    t = np.linspace(-15.0, 15.0, 60_001)
    r = np.tanh(t)
    return r, correlation_factor(r), (1.0 - r**2) * (t[1] - t[0])


def typical_places(prior: Prior) -> np.ndarray:
    """A few arguments of the density, inside the support."""
    if prior.support == "correlation":
        return correlation_factor(np.array([-0.9, -0.2, 0.0, 0.5]))
    positive = np.array([1e-3, 0.2, 1.0, 3.7, 40.0])
    return positive if prior.support == "positive" else np.concatenate([-positive, positive])


def check_is_a_value(prior: Prior) -> None:
    assert replace(prior) == prior
    assert hash(replace(prior)) == hash(prior)
    assert prior.describe().startswith(f"{type(prior).__name__}(")
    assert rf"\operatorname{{{type(prior).__name__}}}" in prior.latex()
    for field in fields(prior):
        assert isinstance(getattr(prior, field.name), float)
        with pytest.raises(FrozenInstanceError):
            setattr(prior, field.name, 1.0)


def check_numbers(prior: Prior) -> None:
    """A number out of range is refused by name."""
    assert set(prior.above_zero) <= {field.name for field in fields(prior)}
    for field in fields(prior):
        wrong = [np.nan, np.inf, "1"] + ([0.0, -1.0] if field.name in prior.above_zero else [])
        for value in wrong:
            with pytest.raises(ModelError, match=f"{field.name} of the prior"):
                replace(prior, **{field.name: value})


def check_json(prior: Prior) -> None:
    record = json.loads(json.dumps(prior.to_json()))
    assert record.pop("prior") == type(prior).__name__
    assert type(prior)(**record) == prior


def check_integrates_to_one(prior: Prior) -> None:
    if prior.proper:
        _, places, weights = integration_grid(prior)
        total = np.sum(np.exp(prior.log_density(places)) * weights)
        assert total == pytest.approx(1.0, abs=1e-8)
    else:
        places = typical_places(prior)
        step = prior.log_density(3.0 * places) - prior.log_density(places)
        flat = np.all(prior.log_density(places) == 0.0)
        assert flat or np.allclose(step, -np.log(3.0), rtol=0, atol=1e-14), "which is it?"


def check_draws(prior: Prior) -> None:
    """Draws follow the density: Kolmogorov-Smirnov against its numeric integral."""
    rng = np.random.default_rng(SEED)
    if not prior.proper:
        with pytest.raises(ModelError, match="improper"):
            prior.sample(rng, 3)
        return
    numbers, places, weights = integration_grid(prior)
    mass = np.exp(prior.log_density(places)) * weights
    cumulated = np.cumsum(mass) - 0.5 * mass
    draws = prior.sample(rng, (4, 1000))
    assert draws.dtype == np.float64
    assert draws.shape[:2] == (4, 1000)
    assert prior.sample(rng, 7).shape[0] == 7
    if prior.support == "correlation":
        draws = draws[..., 1, 0]
    test = stats.kstest(draws.ravel(), lambda x: np.interp(x, numbers, cumulated))
    assert test.pvalue > 1e-3


def check_outside_support(prior: Prior) -> None:
    if prior.support == "positive":
        outside = np.array([-3.0, -1e-9, 0.0])
        assert np.all(prior.log_density(outside) == -np.inf)
        with double():
            slope = jax.grad(lambda x: prior.log_density(x).sum())(jax.numpy.asarray(outside))
            assert np.all(np.asarray(slope) == 0.0)
    if prior.support != "correlation":
        assert np.isfinite(prior.log_density(typical_places(prior))).all()


def check_numpy_equals_jax(prior: Prior) -> None:
    x = typical_places(prior)
    here = prior.log_density(x)
    assert isinstance(here, np.ndarray)
    with double():
        there = prior.log_density(jax.numpy.asarray(x))
        assert isinstance(there, jax.Array)
        np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12)


def check_gradient(prior: Prior) -> None:
    if prior.support == "correlation":
        return
    x = typical_places(prior)
    step = 1e-6 * np.abs(x)
    slope = (prior.log_density(x + step) - prior.log_density(x - step)) / (2.0 * step)
    with double():
        by_jax = np.asarray(jax.grad(lambda x: prior.log_density(x).sum())(jax.numpy.asarray(x)))
    np.testing.assert_allclose(by_jax, slope, rtol=1e-5, atol=1e-5)


def check_other_numbers_compile_nothing(prior: Prior) -> None:
    """A compiled density takes the prior as an argument, so another scale compiles nothing."""
    traces: list[Prior] = []

    @jax.jit
    def compiled(prior, x):
        traces.append(prior)
        return prior.log_density(x)

    values = {field.name: 1.5 * getattr(prior, field.name) + 0.5 for field in fields(prior)}
    other, x = replace(prior, **values), typical_places(prior)
    with double():
        for one in (prior, other):
            np.testing.assert_allclose(compiled(one, x), one.log_density(x), rtol=1e-12, atol=1e-12)
    assert len(traces) == 1


def check_log_concave(prior: Prior) -> None:
    """By the definition: nowhere does the log density at a midpoint lie below the chord."""
    spread = np.geomspace(1e-2, 1e4, 60)
    where = {
        "real": np.concatenate([-spread, spread]),
        "positive": spread,
        "correlation": np.linspace(-0.99, 0.99, 60),
    }[prior.support]
    one, other = (places.ravel() for places in np.meshgrid(where, where))

    def height(places: np.ndarray) -> np.ndarray:
        argument = correlation_factor(places) if prior.support == "correlation" else places
        return np.asarray(prior.log_density(argument))

    chord = 0.5 * (height(one) + height(other))
    below = height(0.5 * (one + other)) - chord < -1e-9 * (1.0 + np.abs(chord))
    assert prior.log_concave is not bool(below.any())


def check_tail(prior: Prior) -> None:
    """Far out the density falls as 1 / x^(1 + tail), or faster and faster."""
    if prior.support == "correlation":
        return
    with np.errstate(over="ignore"):
        far, farther, farthest = prior.log_density(np.array([1e40, 1e80, 1e120]))
    falls = (far - farther) / np.log(1e40)
    if np.isfinite(prior.tail):
        assert falls == pytest.approx(1.0 + prior.tail, abs=1e-6)
    else:
        assert farther - farthest > far - farther + 1.0
    assert prior.proper is (prior.tail > 0.0)


CHECKS: tuple[Callable[[Prior], None], ...] = (
    check_is_a_value,
    check_numbers,
    check_json,
    check_integrates_to_one,
    check_draws,
    check_outside_support,
    check_numpy_equals_jax,
    check_gradient,
    check_other_numbers_compile_nothing,
    check_log_concave,
    check_tail,
)


def check_prior(prior: Prior) -> None:
    """Runs every check on one prior, in the catalogue or not."""
    for check in CHECKS:
        check(prior)
