"""Climbs against known modes and SciPy; their direction against a dense quasi-Newton matrix."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from scipy import optimize

from bayesinf.errors import SamplingError
from bayesinf.numerics.lbfgs import ascent, climb
from bayesinf.numerics.nuts import Progress
from tests.bayesinf.numerics.targets import Normal, banana, half_line, look, starts


@pytest.mark.parametrize("size", [1, 4, 30])
def test_a_normal_is_climbed_to_its_mean(size: int) -> None:
    normal = Normal.of(size)
    for way in climb(normal.landscape.slopes, starts(size)):
        assert way.converged
        gap = way.points[-1] - normal.mean
        assert gap @ normal.precision @ gap < 1e-6
        assert (np.diff(way.values) > 0).all()
        assert way.points.shape == way.gradients.shape == (len(way.values), size)


def test_a_curved_valley_is_climbed_like_scipy_does() -> None:
    data = {"sd": np.array(3.0)}
    land = look(banana, data, 2)
    ways = climb(land.slopes, np.array([[-3.0, 5.0], [4.0, -2.0]]))

    def downhill(point: np.ndarray) -> tuple[float, np.ndarray]:
        values, gradients = land.slopes(point[np.newaxis])
        return -float(values[0]), -gradients[0]

    found = optimize.minimize(downhill, np.array([-3.0, 5.0]), jac=True, method="L-BFGS-B")
    for way in ways:
        assert way.converged
        np.testing.assert_allclose(way.points[-1], [0.0, 0.0], atol=1e-4)
        assert way.values[-1] >= -found.fun - 1e-8


def test_the_direction_is_the_dense_inverse_hessian_times_the_gradient() -> None:
    """Two loops against the BFGS update written as matrices (Nocedal and Wright, 6.17)."""
    rng = np.random.default_rng(0)
    curvature = Normal.of(5).precision
    history: deque[tuple[np.ndarray, np.ndarray]] = deque()
    for step in rng.normal(size=(4, 5)):
        history.append((step, curvature @ step))
    step, bend = history[-1]
    dense = np.eye(5) * (step @ bend) / (bend @ bend)
    for step, bend in history:
        turn = np.eye(5) - np.outer(step, bend) / (step @ bend)
        dense = turn @ dense @ turn.T + np.outer(step, step) / (step @ bend)
    gradient = rng.normal(size=5)
    np.testing.assert_allclose(ascent(gradient, history), dense @ gradient, rtol=1e-10)


def test_steps_out_of_the_support_are_shortened() -> None:
    land = look(half_line, {"rate": np.array(50.0)}, 1)
    ways = climb(land.slopes, np.array([[5.0], [-1.0], [1e-3]]))
    assert len(ways) == 2, "the start outside is left out"
    for way in ways:
        assert way.points[-1, 0] == pytest.approx(0.04, rel=1e-4)


def test_no_start_inside_is_an_error() -> None:
    with pytest.raises(SamplingError, match="any of the 2 starts") as caught:
        climb(look(half_line, {"rate": np.array(1.0)}, 1).slopes, np.array([[-5.0], [-1.0]]))
    assert caught.value.code == "bad-start"


def test_an_interrupt_keeps_the_way_so_far() -> None:
    normal = Normal.of(20)

    def stop(progress: Progress) -> None:
        if progress.done == 5:
            raise KeyboardInterrupt

    whole = climb(normal.landscape.slopes, starts(20))
    part = climb(normal.landscape.slopes, starts(20), report=stop)
    for one, other in zip(part, whole, strict=True):
        assert one.interrupted and not one.converged
        np.testing.assert_array_equal(one.points, other.points[: len(one.points)])
        assert len(one.points) == 6


def test_an_unbounded_density_is_not_said_to_have_a_mode() -> None:
    def slope(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return points.sum(axis=1), np.ones_like(points)

    (way,) = climb(slope, np.zeros((1, 2)), steps=20)
    assert not way.converged
