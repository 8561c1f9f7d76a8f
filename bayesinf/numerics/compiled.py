"""Densities compiled by JAX: values of many points at once, gradients and Hessians.

Programs are kept per density function, so that a second model of the same structure and size bucket
compiles nothing. Arrays go in and come out as NumPy in double precision.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from bayesinf.numerics.mode import Derivatives, Value
from bayesinf.numerics.precision import double
from bayesinf.types import Array

Density = Callable[[Array, Any], Array]
"""From flat vectors (..., d) and data to log densities (...,)."""


@lru_cache(maxsize=128)
def single(density: Density) -> Density:
    """The density of one flat vector (d,), the same function object every time it is asked for."""

    def at_one_point(flat: Array, data: Any) -> Array:
        return density(flat[None], data)[0]

    return at_one_point


@lru_cache(maxsize=128)
def _values_program(density: Density) -> Callable[..., Array]:
    return jax.jit(density)


@lru_cache(maxsize=128)
def _derivatives_program(density: Density) -> Callable[..., tuple[Array, Array]]:
    one = single(density)
    return jax.jit(lambda flat, data: (jax.grad(one)(flat, data), jax.hessian(one)(flat, data)))


def compiled_value(density: Density, data: Any) -> Value:
    """The density as a compiled function of points (n, d), its data fixed."""
    program = _values_program(density)
    placed = _place(data)

    def value(points: np.ndarray) -> np.ndarray:
        with double():
            return np.asarray(program(points, placed))

    return value


def compiled_derivatives(density: Density, data: Any) -> Derivatives:
    """Gradient and Hessian of the density at a point, compiled, its data fixed."""
    program = _derivatives_program(density)
    placed = _place(data)

    def derivatives(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with double():
            gradient, hessian = program(np.asarray(point, dtype=float), placed)
            return np.asarray(gradient), np.asarray(hessian)

    return derivatives


def _place(data: Any) -> Any:
    """Moves the data to the device once."""
    with double():
        return jax.device_put(data)
