"""Laws of updating: rows in batches, in any order, are all rows at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

import bayesinf as bi
from tests.laws.fits import exact_fit
from tests.laws.law import law
from tests.laws.strategies import Question, gaussian_questions, seeds, take


def halves(asked: Question, seed: int) -> tuple[dict, dict]:
    """The rows in two parts; the first holds each level and value that any row has."""
    rng = np.random.default_rng(seed)
    late = np.zeros(asked.rows, dtype=bool)
    late[rng.permutation(asked.rows)[: asked.rows // 3]] = True
    return asked.frame, take(asked.frame, late)


@law(12, asked=gaussian_questions, seed=seeds)
def test_batches(asked: Question, seed: int):
    """Rows that arrive in two batches leave the posterior of all rows, draw by draw."""
    early, late = halves(asked, seed)
    first = exact_fit(asked, seed)
    whole = {name: np.concatenate([early[name], late[name]]) for name in early}
    together = bi.fit(first.model, whole, seed=seed, draws=400)
    updated = first.update(late)
    state, truth = updated.posterior.state, together.posterior.state
    # The outcomes' level, which is subtracted for accuracy, differs between the two ways.
    np.testing.assert_allclose(state.gram, truth.gram, rtol=1e-9, atol=1e-9)
    assert (state.rows, state.weight) == (truth.rows, truth.weight)
    one, two = updated.summary(), together.summary()
    error = np.hypot(one["mcse"], two["mcse"])
    assert (np.abs(one["mean"] - two["mean"]) <= 4.5 * error).all()


@law(8, asked=gaussian_questions, seed=seeds)
def test_order_of_batches(asked: Question, seed: int):
    """Batches in another order, or cut otherwise, leave the same posterior."""
    first = exact_fit(asked, seed, draws=40)
    order = np.random.default_rng(seed).permutation(asked.rows)
    parts = [take(asked.frame, rows) for rows in np.array_split(order, 3)]
    forth, back, at_once = first, first, first.update(take(asked.frame, order))
    for one, other in zip(parts, reversed(parts), strict=True):
        forth, back = forth.update(one), back.update(other)
    for found in (forth, back):
        state, truth = found.posterior.state, at_once.posterior.state
        size = np.abs(truth.gram).max()
        np.testing.assert_allclose(state.gram, truth.gram, rtol=1e-9, atol=1e-12 * size)
        np.testing.assert_allclose(state.moment, truth.moment, atol=1e-9 * np.sqrt(size) * 100)
        np.testing.assert_allclose(state.square, truth.square, rtol=1e-9)
        assert (state.rows, state.level) == (truth.rows, truth.level)


@law(10, asked=gaussian_questions, seed=seeds)
def test_weightless_rows(asked: Question, seed: int):
    """Rows of weight 0 teach nothing."""
    asked = replace(asked, left="y | weights(w)")
    first = exact_fit(asked, seed, draws=40)
    extra = take(asked.frame, np.arange(4))
    strange = {**extra, "y": extra["y"] + 1000.0, "w": np.array([0.0, 0.0, 0.0, 1.0])}
    one = first.update(strange)
    two = first.update({name: values[3:] for name, values in strange.items()})
    for name, values in one.posterior.values.arrays().items():
        np.testing.assert_array_equal(values, two.posterior.values.arrays()[name])


counts = st.lists(st.integers(0, 50), min_size=1, max_size=6).map(np.array)
positive = st.floats(0.1, 20)


@law(30, k=counts, more=counts, a=positive, b=positive, seed=seeds)
def test_beta_binomial(k: np.ndarray, more: np.ndarray, a: float, b: float, seed: int):
    """Successes in two batches are all at once, evidence included, but for how they arrived."""
    rng = np.random.default_rng(seed)
    size = min(len(k), len(more))
    k, more = k[:size], more[:size]
    n, n_more = k + rng.integers(0, 9, size), more + rng.integers(0, 9, size)
    one = bi.beta_binomial(k, n, a, b).update(more, n_more)
    other = bi.beta_binomial(more, n_more, a, b).update(k, n)
    whole = bi.beta_binomial(k + more, n + n_more, a, b)
    for found in (one, other):
        np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-12)
        np.testing.assert_allclose(found.sd, whole.sd, rtol=1e-12)
        np.testing.assert_allclose(found.log_evidence, one.log_evidence, rtol=1e-9, atol=1e-9)
    failures = bi.beta_binomial(n - k, n, b, a)
    np.testing.assert_allclose(failures.mean, 1 - bi.beta_binomial(k, n, a, b).mean, rtol=1e-9)


@law(30, k=counts, shape=positive, rate=positive, factor=st.floats(0.01, 100), seed=seeds)
def test_gamma_poisson(k: np.ndarray, shape: float, rate: float, factor: float, seed: int):
    """Counts in two batches are all at once; a rate follows the unit of its exposure."""
    rng = np.random.default_rng(seed)
    more, time, later = rng.integers(0, 30, len(k)), *rng.gamma(2.0, size=(2, len(k)))
    one = bi.gamma_poisson(k, time, shape, rate).update(more, later)
    other = bi.gamma_poisson(more, later, shape, rate).update(k, time)
    whole = bi.gamma_poisson(k + more, time + later, shape, rate)
    for found in (one, other):
        np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-12)
        np.testing.assert_allclose(found.log_evidence, one.log_evidence, rtol=1e-9, atol=1e-9)
    scaled = bi.gamma_poisson(k, factor * time, shape, factor * rate)
    truth = bi.gamma_poisson(k, time, shape, rate)
    np.testing.assert_allclose(scaled.mean * factor, truth.mean, rtol=1e-9)


@law(30, estimate=st.floats(-50, 50), seed=seeds, factor=st.floats(0.01, 100))
def test_normal_normal(estimate: float, seed: int, factor: float):
    """Estimates in any order, and in any unit, leave the same normal posterior."""
    rng = np.random.default_rng(seed)
    centre, sd, error, later, error_later = rng.normal(), *rng.gamma(2.0, size=4)
    one = bi.normal_normal(estimate, error, centre, sd=sd).update(later, error_later)
    other = bi.normal_normal(later, error_later, centre, sd=sd).update(estimate, error)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(one.log_evidence, other.log_evidence, rtol=1e-9, atol=1e-9)
    scaled = bi.normal_normal(factor * estimate, factor * error, factor * centre, sd=factor * sd)
    truth = bi.normal_normal(estimate, error, centre, sd=sd)
    np.testing.assert_allclose(scaled.mean, factor * truth.mean, rtol=1e-9, atol=1e-12 * factor)
    np.testing.assert_allclose(scaled.sd, factor * truth.sd, rtol=1e-9)
