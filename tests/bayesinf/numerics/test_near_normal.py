"""The distance from the normal distribution against closed forms, and its bound on means."""

import numpy as np
import pytest

from bayesinf.numerics.mode import Mode
from bayesinf.numerics.near_normal import distance_from_normal, sample_normal


def standard(d: int) -> Mode:
    return Mode(np.zeros(d), 0.0, -np.eye(d), True, 1)


def generator() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_normal_density_is_at_no_distance():
    found = distance_from_normal(
        lambda x: 7.0 - 0.5 * (x * x).sum(axis=1), standard(4), generator()
    )
    assert found.bound < 1e-7
    assert found.is_below(0.03)


@pytest.mark.parametrize("shift", [0.02, 0.1])
def test_a_shifted_normal_is_at_the_distance_of_the_closed_form(shift):
    def value(x: np.ndarray) -> np.ndarray:
        return -0.5 * ((x[:, 0] - shift) ** 2 + x[:, 1] ** 2)

    found = distance_from_normal(value, standard(2), generator())
    exact = np.sqrt(np.expm1(shift**2))
    assert exact < found.bound < 2.0 * exact
    # The mean is off by the shift: no further than the bound says.
    assert shift <= found.bound


def test_skewness_of_many_rows_is_seen():
    # The log of a gamma variable of shape k: its skewness is about k^-1/2.
    for shape in (30.0, 3000.0):
        root = np.sqrt(shape)
        found = distance_from_normal(
            lambda x, k=shape, r=root: (k * (x / r - np.exp(x / r))).sum(axis=1),
            standard(1),
            generator(),
        )
        assert found.is_below(0.05) == (shape == 3000.0)
        assert 0.2 / root < found.bound < 1.0 / root


def test_tails_heavier_than_the_proposals_are_not_let_pass():
    found = distance_from_normal(
        lambda x: -1.5 * np.log1p((x * x).sum(axis=1)), standard(3), generator()
    )
    assert not found.is_below(0.03)


def test_draws_have_the_modes_place_and_curvature():
    hessian = -np.array([[4.0, 1.0], [1.0, 2.0]])
    mode = Mode(np.array([3.0, -1.0]), 0.0, hessian, True, 1)
    draws = sample_normal(mode, generator(), 40_000)
    covariance = np.linalg.inv(-hessian)
    error = np.sqrt(np.diagonal(covariance) / len(draws))
    assert (np.abs(draws.mean(axis=0) - mode.point) < 4 * error).all()
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.01)
