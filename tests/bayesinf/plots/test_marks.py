from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.intervals import interval
from bayesinf.plots.marks import density, half_eye, interval_words, point_interval
from bayesinf.plots.style import panels


def test_a_density_integrates_to_one_and_follows_the_draws() -> None:
    from scipy.stats import norm

    grid, values = density(np.random.default_rng(1).normal(2, 3, 4000))
    assert np.trapezoid(values, grid) == pytest.approx(1.0, abs=0.01)
    assert np.abs(values - norm.pdf(grid, 2, 3)).max() < 0.012


def test_a_positive_density_does_not_fall_off_at_zero() -> None:
    draws = np.abs(np.random.default_rng(2).normal(0, 1, 4000))
    grid, values = density(draws)
    assert grid[0] == 0.0
    assert values[0] == pytest.approx(2 / np.sqrt(2 * np.pi), rel=0.1)


def test_equal_draws_have_no_density() -> None:
    grid, values = density(np.full(10, 3.0))
    assert (grid == 3.0).all() and (values == 0.0).all()


def test_intervals_are_drawn_where_they_are() -> None:
    draws = np.random.default_rng(3).normal(size=(2, 500))
    ax = panels(1, 1, 3, 2)[1][0, 0]
    point_interval(ax, draws, np.array([5.0, 7.0]), prob=0.9)
    outer, inner = ax.collections
    for collection, prob in ((outer, 0.9), (inner, 0.5)):
        lower, upper = interval(draws.T, "eti", prob)
        for row, path in enumerate(collection.get_paths()):
            assert path.vertices[:, 0].tolist() == [lower[row], upper[row]]
            assert path.vertices[:, 1].tolist() == [[5.0, 7.0][row]] * 2
    assert np.allclose(ax.lines[0].get_xdata(), draws.mean(axis=1))


def test_a_half_eye_has_the_height_asked_for() -> None:
    ax = panels(1, 1, 3, 2)[1][0, 0]
    half_eye(ax, np.random.default_rng(4).normal(size=(4, 200)), base=2.0, height=0.5)
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == 2.0 and heights.max() == pytest.approx(2.5)


def test_intervals_are_named() -> None:
    assert interval_words(0.95) == "95% credible interval (ETI)"
