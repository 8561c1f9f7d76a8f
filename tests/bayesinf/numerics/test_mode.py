"""Modes and derivatives against closed forms, automatic differentiation and SciPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from bayesinf.errors import SamplingError
from bayesinf.numerics.mode import find_mode, find_modes, numerical_derivatives
from bayesinf.numerics.precision import double

RNG = np.random.default_rng(0)
X = np.column_stack([np.ones(200), RNG.normal(size=200), 1e4 * RNG.normal(size=200)])
Y = (RNG.random(200) < 1.0 / (1.0 + np.exp(-X @ np.array([0.5, 1.0, 1e-4])))).astype(float)
PRIOR_SD = np.array([2.5, 2.5, 2.5e-4])


def logistic(points):
    """Log posterior of a logistic regression whose last coefficient is in units of 1e-4."""
    xp = jnp if isinstance(points, jax.Array) else np
    eta = points @ X.T
    prior = -0.5 * xp.sum((points / PRIOR_SD) ** 2, axis=-1)
    return xp.sum(Y * eta - xp.logaddexp(0.0, eta), axis=-1) + prior


def automatic(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with double():
        at = jnp.asarray(point)
        return np.asarray(jax.grad(logistic)(at)), np.asarray(jax.hessian(logistic)(at))


@pytest.mark.parametrize("place", [np.zeros(3), np.array([2.0, -1.0, 3e-4])])
def test_numerical_derivatives_equal_automatic_ones(place):
    gradient, hessian = numerical_derivatives(logistic)(place)
    exact_gradient, exact_hessian = automatic(place)
    unit = 1.0 / np.sqrt(-np.diagonal(exact_hessian))
    np.testing.assert_allclose(unit * gradient, unit * exact_gradient, atol=1e-6)
    outer = np.outer(unit, unit)
    np.testing.assert_allclose(outer * hessian, outer * exact_hessian, atol=1e-4)


def test_numerical_derivatives_survive_a_large_constant():
    # A million rows: the log density is 1e6 and its rounding 1e-10.
    shifted = numerical_derivatives(lambda points: logistic(points) - 1e6)
    gradient, hessian = shifted(np.zeros(3))
    exact_gradient, exact_hessian = automatic(np.zeros(3))
    unit = 1.0 / np.sqrt(-np.diagonal(exact_hessian))
    np.testing.assert_allclose(unit * gradient, unit * exact_gradient, atol=1e-4)
    outer = np.outer(unit, unit)
    np.testing.assert_allclose(outer * hessian, outer * exact_hessian, atol=1e-2)


def test_each_derivative_takes_two_batches():
    sizes = []

    def counting(points: np.ndarray) -> np.ndarray:
        sizes.append(len(points))
        return logistic(points)

    numerical_derivatives(counting)(np.zeros(3))
    assert len(sizes) == 2
    assert sizes[1] == 1 + 4 * 3 + 3 * 2


@pytest.mark.parametrize("derivatives", [automatic, numerical_derivatives(logistic)])
def test_mode_equals_scipy(derivatives):
    mode = find_mode(logistic, derivatives, np.zeros(3))
    assert mode.converged
    assert mode.iterations < 15
    scaled = minimize(
        lambda z: -logistic((z * PRIOR_SD)[np.newaxis])[0],
        np.zeros(3),
        jac=lambda z: -PRIOR_SD * automatic(z * PRIOR_SD)[0],
        method="BFGS",
        options={"gtol": 1e-9},
    )
    sd = 1.0 / np.sqrt(-np.diagonal(mode.hessian))
    np.testing.assert_allclose(mode.point / sd, scaled.x * PRIOR_SD / sd, atol=1e-3)


def test_laplace_evidence_of_a_normal_density_is_exact():
    precision = np.array([[2.0, 0.5], [0.5, 1.0]])

    def normal(points: np.ndarray) -> np.ndarray:
        return 3.0 - 0.5 * np.einsum("ni,ij,nj->n", points - 5.0, precision, points - 5.0)

    mode = find_mode(normal, numerical_derivatives(normal), np.zeros(2))
    exact = 3.0 + np.log(2.0 * np.pi) - 0.5 * np.log(np.linalg.det(precision))
    assert mode.converged
    assert mode.log_evidence() == pytest.approx(exact, rel=1e-6)


def test_indefinite_curvature_and_holes_do_not_stop_the_climb():
    # log sd with exponential lower tail, zero density beyond 6, started where it is convex.
    def value(points: np.ndarray) -> np.ndarray:
        u = points[:, 0]
        height = u - 4.0 * np.log1p(np.exp(2.0 * u))
        return np.where(u < 6.0, height, -np.inf)

    for start in (-30.0, 5.999, 0.0):
        mode = find_mode(value, numerical_derivatives(value), np.array([start]))
        assert mode.converged
        # 1 = 8 e^(2u) / (1 + e^(2u))
        assert mode.point[0] == pytest.approx(0.5 * np.log(1.0 / 7.0), abs=1e-4)


def test_a_density_without_a_mode_is_not_called_converged():
    def ramp(points: np.ndarray) -> np.ndarray:
        return points[:, 0] - np.exp(-points[:, 0])

    mode = find_mode(ramp, numerical_derivatives(ramp), np.zeros(1), steps=20)
    assert not mode.converged


def test_a_flat_direction_is_not_called_converged():
    def ridge(points: np.ndarray) -> np.ndarray:
        return -0.5 * (points[:, 0] + points[:, 1] - 1.0) ** 2

    assert not find_mode(ridge, numerical_derivatives(ridge), np.zeros(2)).converged


def test_a_mode_at_the_edge_of_the_support_is_not_called_converged():
    def edge(points: np.ndarray) -> np.ndarray:
        return np.where(points[:, 0] > 0.0, -points[:, 0], -np.inf)

    assert not find_mode(edge, numerical_derivatives(edge), np.ones(1)).converged


def two_hills(offset: float):
    def value(points: np.ndarray) -> np.ndarray:
        distances = np.stack([points + 5.0, points - 5.0])
        heights = -0.5 * np.sum(distances**2, axis=-1) - np.array([[0.0], [offset]])
        return np.logaddexp.reduce(heights, axis=0)

    return value


STARTS = np.array([[-4.0, -4.0], [4.0, 4.0], [0.5, 0.4], [-6.0, -3.0]])


def test_two_near_modes_disagree_and_the_gap_is_their_evidence_ratio():
    value = two_hills(3.0)
    modes = find_modes(value, numerical_derivatives(value), STARTS)
    assert len(modes.all) == 2
    np.testing.assert_allclose(modes.best.point, [-5.0, -5.0], atol=1e-4)
    assert modes.gap == pytest.approx(3.0, abs=1e-4)
    assert not modes.agree


def test_a_negligible_second_mode_is_no_disagreement():
    value = two_hills(15.0)
    modes = find_modes(value, numerical_derivatives(value), STARTS)
    assert len(modes.all) == 2
    assert modes.gap == pytest.approx(15.0, abs=1e-4)
    assert modes.agree


def test_one_mode_found_from_every_start():
    starts = PRIOR_SD * np.random.default_rng(1).normal(size=(6, 3))
    modes = find_modes(logistic, automatic, starts)
    assert len(modes.all) == 1
    assert modes.agree
    assert modes.gap == np.inf


def test_no_mode_at_all_is_said_so():
    def ramp(points: np.ndarray) -> np.ndarray:
        return points[:, 0] - np.exp(-points[:, 0])

    modes = find_modes(ramp, numerical_derivatives(ramp), np.zeros((2, 1)))
    assert not modes.agree
    assert modes.all == ()
    assert not modes.best.converged


def test_starts_outside_the_support_are_left_out_or_reported():
    def value(points: np.ndarray) -> np.ndarray:
        return np.log(points[:, 0]) - points[:, 0]

    derivatives = numerical_derivatives(value)
    modes = find_modes(value, derivatives, np.array([[-1.0], [2.0]]))
    assert modes.agree
    assert modes.best.point[0] == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(SamplingError, match="not a finite number") as caught:
        find_modes(value, derivatives, np.array([[-1.0]]))
    assert caught.value.code == "bad-start"
