from __future__ import annotations

import numpy as np
import pytest

from bayesinf.criticism.uniformity import (
    band,
    counts_below,
    narrowest,
    p_values_of,
    spread,
    uniformity,
)


@pytest.mark.parametrize("test", [uniformity, spread])
def test_p_values_of_uniform_ranks_are_uniform(test) -> None:
    rng = np.random.default_rng(1)
    p_values = test(rng.integers(0, 32, (200, 2000)), 31)
    for level in (0.01, 0.05, 0.25, 0.5):
        error = np.sqrt(level * (1 - level) / 2000)
        assert abs((p_values <= level).mean() - level) < 4 * error


def test_two_tests_together_reject_no_more_than_they_say() -> None:
    rng = np.random.default_rng(4)
    p_values = p_values_of(rng.integers(0, 32, (200, 2000)), 31)
    for level in (0.01, 0.05, 0.25):
        assert (p_values <= level).mean() < level + 4 * np.sqrt(level * (1 - level) / 2000)


@pytest.mark.parametrize("width", [0.8, 1.25])
def test_posteriors_of_the_wrong_width_are_found_by_their_spread(width: float) -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(5)
    ranks = np.floor(64 * norm.cdf(rng.normal(0, width, (300, 1)))).astype(int)
    assert spread(ranks, 63)[0] < 0.001
    assert p_values_of(ranks, 63)[0] < 0.002


def test_the_band_holds_whole_functions_with_its_probability() -> None:
    rng = np.random.default_rng(2)
    lower, upper = band(100, 20, 0.9)
    ranks = rng.integers(0, 21, (3000, 100))
    shares = np.stack([(ranks <= point).mean(axis=1) for point in range(21)], axis=1)
    inside = ((shares >= lower - 1e-9) & (shares <= upper + 1e-9)).all(axis=1).mean()
    # The binomial bounds are whole counts, so that the band is a little wide.
    assert 0.9 - 4 * np.sqrt(0.09 / 3000) < inside < 0.96


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_biased_ranks_are_found(power: float) -> None:
    rng = np.random.default_rng(3)
    ranks = np.floor(64 * rng.random((200, 1)) ** power).astype(int)
    assert uniformity(ranks, 63)[0] < 0.001


def test_the_level_is_the_smallest_binomial_p_value() -> None:
    from scipy.stats import binomtest

    ranks = np.array([0, 0, 1, 3, 3, 3, 3, 2])[:, None]
    counts = counts_below(ranks, 3)
    assert counts.tolist() == [[2, 3, 4]]
    expected = min(
        min(
            2 * binomtest(int(count), 8, (point + 1) / 4, alternative=side).pvalue
            for side in ("less", "greater")
        )
        for point, count in enumerate(counts[0])
    )
    assert narrowest(counts, 8)[0] == pytest.approx(expected)
