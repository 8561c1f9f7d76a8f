"""Surrogates against the densities that they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.mode import find_mode, numerical_derivatives
from bayesinf.numerics.surrogate import (
    Record,
    begin,
    compare,
    distinct,
    first_places,
    fit,
    through_record,
)


def skewed(points):
    """Two log-gamma variables with 3 degrees, turned by an eighth of a circle."""
    turned = points @ np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    return (3.0 * (turned - np.exp(turned))).sum(axis=1)


@pytest.fixture(scope="module")
def described():
    record = Record(skewed)
    mode = find_mode(skewed, numerical_derivatives(skewed), np.zeros(2))
    warp = begin(record, mode, np.random.default_rng(1))
    return record, through_record(record, warp)


def test_it_passes_through_the_values_it_was_given(described):
    _, surrogate = described
    heights = skewed(surrogate.warp.points(surrogate.design))
    left_over = heights + 0.5 * (surrogate.design**2).sum(axis=1)
    error = np.abs(surrogate(surrogate.design) - heights).max()
    assert error < 1e-2 * left_over.std()


def test_between_them_it_is_the_density(described):
    _, surrogate = described
    places = np.random.default_rng(2).normal(size=(500, 2))
    assert np.abs(surrogate(places) - skewed(surrogate.warp.points(places))).std() < 0.03


def test_a_surrogate_that_is_right_agrees_and_one_that_is_tilted_does_not(described):
    """Tilting by t changes p / q by a factor whose coefficient of variation is t for small t."""
    _, surrogate = described
    rng = np.random.default_rng(3)
    places = rng.normal(size=(20_000, 2))
    normal = -0.5 * (places**2).sum(axis=1)

    def stretched(w):
        return surrogate(w) + surrogate.warp.log_stretch(w)

    for tilt, low, high in ((0.0, 0.0, 0.03), (0.1, 0.08, 0.12), (0.3, 0.24, 0.36)):

        def tilted(points, tilt=tilt):
            w = surrogate.warp.coordinates(points)
            return surrogate(w) + tilt * w[:, 0]

        agreement = compare(Record(tilted), surrogate, places, normal)
        assert low <= agreement.bound <= high, (tilt, agreement.bound)
        assert agreement.agrees == (tilt == 0.0)
    assert np.isfinite(stretched(places)).all()


def test_the_bound_holds_for_means(described):
    """|E_p g - E_q g| <= D sd(g), with a target shifted away from the surrogate."""
    _, surrogate = described
    rng = np.random.default_rng(4)
    places = rng.normal(size=(40_000, 2))
    normal = -0.5 * (places**2).sum(axis=1)
    own = surrogate.in_coordinates(places) - normal

    def shifted(points):
        return skewed(points) + 0.2 * np.tanh(points[:, 0])

    agreement = compare(Record(shifted), surrogate, places, normal)
    stretch = surrogate.warp.log_stretch(places)
    other = shifted(surrogate.warp.points(places)) + stretch - normal
    p, q = (np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum() for logs in (other, own))
    for g in (places[:, 0], places[:, 1], np.tanh(places[:, 0]), places[:, 0] > 0):
        middle = 0.5 * (p + q)
        sd = np.sqrt(middle @ (g - middle @ g) ** 2)
        assert abs(p @ g - q @ g) <= agreement.bound * sd * 1.02


def test_first_places_are_spread_evenly():
    for d in (1, 3, 8):
        places = first_places(d, np.random.default_rng(5))
        assert len(places) >= max(40, 10 * d)
        assert np.abs(places.mean(axis=0)).max() < 0.2
        assert np.abs(places.std(axis=0) - 1.5).max() < 0.25


def test_places_that_coincide_are_kept_once():
    places = np.array([[0.0, 0.0], [0.01, 0.0], [1.0, 0.0], [1.0, 0.001]])
    assert distinct(places).tolist() == [0, 2]


def test_values_far_below_the_mode_are_left_out():
    def steep(points):
        return -0.5 * (points**2).sum(axis=1) - np.exp(8 * points[:, 0])

    record = Record(steep)
    mode = find_mode(steep, numerical_derivatives(steep), -np.ones(2))
    warp = begin(record, mode, np.random.default_rng(6))
    record(np.array([[1.0, 0.0]]))
    surrogate = through_record(record, warp)
    far = warp.coordinates(np.array([[1.0, 0.0]]))
    assert (np.abs(surrogate.design - far).max(axis=1) > 0.1).all()
    assert np.isfinite(surrogate.weights).all()


def test_a_plane_is_described_by_two_values_each_way():
    record = Record(lambda points: -0.5 * (points**2).sum(axis=1))
    mode = find_mode(record, numerical_derivatives(record), np.ones(2))
    warp = begin(Record(record), mode, np.random.default_rng(7))
    design = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])
    surrogate = fit(warp, design, record(warp.points(design)))
    places = np.random.default_rng(8).normal(size=(100, 2))
    assert np.abs(surrogate(places) - record(warp.points(places))).max() < 1e-3
