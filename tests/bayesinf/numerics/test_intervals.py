"""Intervals against ArviZ and against distributions whose intervals are known."""

from __future__ import annotations

import numpy as np
import pytest
from arviz_stats.base import array_stats

from bayesinf.errors import ModelError
from bayesinf.numerics.intervals import interval


@pytest.mark.parametrize("kind", ["eti", "hdi"])
@pytest.mark.parametrize("prob", [0.5, 0.89, 0.95, 0.999])
@pytest.mark.parametrize("size", [1, 2, 37, 4000])
def test_equal_to_arviz(kind, prob, size):
    draws = np.random.default_rng(size).gamma(2.0, size=(size, 3, 2))
    expected = getattr(array_stats, kind)(draws, prob=prob, axis=0)
    lower, upper = interval(draws, kind, prob)
    assert lower.shape == upper.shape == (3, 2)
    np.testing.assert_allclose(lower, expected[..., 0], rtol=1e-12)
    np.testing.assert_allclose(upper, expected[..., 1], rtol=1e-12)


def test_shortest_interval_of_exponential_draws_starts_at_zero():
    size, prob = 200_001, 0.9
    draws = -np.log1p(-(np.arange(size) + 0.5) / size)
    lower, upper = interval(draws, "hdi", prob)
    assert lower == pytest.approx(0.0, abs=1e-4)
    assert upper == pytest.approx(-np.log(1.0 - prob), abs=1e-3)
    lower, upper = interval(draws, "eti", prob)
    assert (lower, upper) == pytest.approx((-np.log(0.95), -np.log(0.05)), abs=1e-3)


def test_nan_spoils_its_own_column_only():
    draws = np.random.default_rng(0).normal(size=(100, 2))
    draws[3, 1] = np.nan
    for kind in ("eti", "hdi"):
        lower, upper = interval(draws, kind, 0.9)
        np.testing.assert_array_equal(np.isnan(lower), [False, True])
        np.testing.assert_array_equal(np.isnan(upper), [False, True])


@pytest.mark.parametrize("prob", [0.0, 1.0, 95.0, np.nan])
def test_impossible_probabilities_are_refused(prob):
    with pytest.raises(ModelError, match="between 0 and 1") as caught:
        interval(np.zeros(10), "eti", prob)
    assert caught.value.code == "interval-probability"


def test_unknown_kinds_are_refused():
    with pytest.raises(ModelError, match="'qi'") as caught:
        interval(np.zeros(10), "qi", 0.9)  # type: ignore[arg-type]
    assert caught.value.code == "interval-kind"
