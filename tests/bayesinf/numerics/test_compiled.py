"""Compiled evaluations against NumPy and central differences, at points good and bad."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import bayesinf as bi
from bayesinf.numerics.compiled import (
    compiled_derivatives,
    compiled_gradient,
    compiled_value,
    compiled_value_and_gradient,
)
from bayesinf.numerics.mode import numerical_derivatives
from bayesinf.posterior.target import Target, target_of


@pytest.fixture(scope="module")
def target() -> Target:
    rng = np.random.default_rng(0)
    frame = {
        "x": rng.normal(size=50),
        "g": rng.integers(0, 5, 50).astype(str),
        "k": rng.poisson(2.0, 50),
    }
    return target_of(bi.model("k ~ x + (x | g)", frame, "poisson"))


@pytest.fixture(scope="module")
def points(target: Target) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.3, (4, target.size))


def test_values_are_those_of_numpy(target: Target, points: np.ndarray) -> None:
    values = compiled_value(target.density, target.data)(points)
    np.testing.assert_allclose(values, target.density(points, target.data), rtol=1e-12)


def test_derivatives_are_those_of_central_differences(target: Target, points: np.ndarray) -> None:
    numerical = numerical_derivatives(lambda p: np.asarray(target.density(p, target.data)))
    expected = [numerical(point) for point in points]
    values, gradients = compiled_value_and_gradient(target.density, target.data)(points)
    alone = compiled_gradient(target.density, target.data)(points)
    np.testing.assert_allclose(values, target.density(points, target.data), rtol=1e-12)
    np.testing.assert_allclose(gradients, [g for g, _ in expected], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(alone, gradients, rtol=1e-12, atol=1e-12)
    gradient, hessian = compiled_derivatives(target.density, target.data)(points[0])
    np.testing.assert_allclose(gradient, gradients[0], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(hessian, expected[0][1], rtol=1e-3, atol=1e-2)
    assert values.dtype == gradients.dtype == alone.dtype == hessian.dtype == np.float64


def test_a_bad_point_leaves_its_neighbours_alone(target: Target, points: np.ndarray) -> None:
    slopes = compiled_value_and_gradient(target.density, target.data)
    values, gradients = slopes(points)
    bad = points.copy()
    bad[1], bad[2] = np.nan, 1e200
    worse_values, worse_gradients = slopes(bad)
    np.testing.assert_array_equal(worse_values[[0, 3]], values[[0, 3]])
    np.testing.assert_array_equal(worse_gradients[[0, 3]], gradients[[0, 3]])
    assert not np.isfinite(worse_values[[1, 2]]).any()


def cubic(points: jax.Array, data: jax.Array) -> jax.Array:
    return -(jnp.abs(points) ** 3 * data).sum(-1)


def test_other_data_of_the_same_shape_compile_nothing() -> None:
    compiled: list[str] = []

    def listen(event: str, _: float, **labels: object) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            compiled.append(str(labels))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        for data in (np.ones(3), np.full(3, 2.0)):
            before = len(compiled)
            values, gradients = compiled_value_and_gradient(cubic, data)(np.ones((2, 3)))
            np.testing.assert_array_equal(values, -3.0 * data[0])
            np.testing.assert_array_equal(gradients, -3.0 * data[0])
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert before == 1, "the counter counts"
    assert len(compiled) == 1
