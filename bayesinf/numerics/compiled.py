"""Densities compiled by JAX: values of many points at once, gradients and Hessians.

Programs are kept per density function, so that a second model of the same structure and size bucket
compiles nothing. Arrays go in and come out as NumPy in double precision. Where the work is worth
several devices (see `devices.py`), points are dealt out to them, or rows where points are few.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.numerics.devices import (
    DEALT,
    WHOLE,
    Cut,
    Devices,
    deal,
    deal_rows,
    devices_for,
    in_shares,
    place,
    work_of,
)
from bayesinf.numerics.mode import Derivatives, Value
from bayesinf.numerics.precision import double
from bayesinf.types import Array

Density = Callable[[Array, Any], Array]
"""From flat vectors (..., d) and data to log densities (...,)."""

type Evaluation = Callable[[Any, Any], Any]
"""From points (n, d), or one point (d,), and data to arrays of the same leading length."""

type Slopes = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From points (n, d) to log densities (n,) and their gradients (n, d)."""


@lru_cache(maxsize=128)
def single(density: Density) -> Density:
    """The density of one flat vector (d,), the same function object every time it is asked for."""

    def at_one_point(flat: Array, data: Any) -> Array:
        return density(flat[None], data)[0]

    return at_one_point


def value_of(density: Density) -> Evaluation:
    """The density itself, to be compiled."""
    return density


def value_and_gradient_of(density: Density) -> Evaluation:
    """Log densities (n,) and gradients (n, d) of points (n, d) in one pass, to be compiled.

    The batch goes through the density as a whole, which is up to a third faster than `jax.vmap` of
    one point: its matrix products stay matrix products.
    """

    def evaluate(points: Array, data: Any) -> tuple[Array, Array]:
        values, pull = jax.vjp(lambda points: density(points, data), points)
        return values, pull(jnp.ones_like(values))[0]

    return evaluate


def gradient_of(density: Density) -> Evaluation:
    """Gradients (n, d) of points (n, d), to be compiled: what only the value needs is left out."""
    both = value_and_gradient_of(density)
    return lambda points, data: both(points, data)[1]


def gradient_and_hessian_of(density: Density) -> Evaluation:
    """Gradient (d,) and Hessian (d, d) at one point (d,), to be compiled."""
    one = single(density)
    return lambda flat, data: (jax.grad(one)(flat, data), jax.hessian(one)(flat, data))


def compiled_value(
    density: Density, data: Any, points: int = 1, devices: Devices | None = None
) -> Value:
    """The density as a compiled function of points (n, d), its data fixed.

    Args:
        density: Log density of flat vectors.
        data: Its second argument, which is moved to the devices once.
        points: About how many points a call will have, by which the devices are chosen.
        devices: Insists on these devices.

    Returns:
        A function of NumPy points to NumPy values.
    """
    return compiled(value_of, density, data, points, devices)


def compiled_value_and_gradient(
    density: Density, data: Any, points: int = 1, devices: Devices | None = None
) -> Slopes:
    """Log densities (n,) and gradients (n, d) of points (n, d), compiled, the data fixed.

    Arguments as in `compiled_value`.
    """
    return compiled(value_and_gradient_of, density, data, points, devices)


def compiled_gradient(
    density: Density, data: Any, points: int = 1, devices: Devices | None = None
) -> Callable[[np.ndarray], np.ndarray]:
    """Gradients (n, d) of points (n, d) without the values, which trajectories need only at ends.

    Arguments as in `compiled_value`.
    """
    return compiled(gradient_of, density, data, points, devices)


def compiled_derivatives(
    density: Density, data: Any, devices: Devices | None = None
) -> Derivatives:
    """Gradient (d,) and Hessian (d, d) at a point (d,), compiled, the data fixed."""
    return compiled(gradient_and_hessian_of, density, data, 1, devices)


def compiled(
    kind: Callable[[Density], Evaluation],
    density: Density,
    data: Any,
    points: int,
    devices: Devices | None,
) -> Callable[[np.ndarray], Any]:
    """Compiles one of the evaluations above, places its data, and speaks NumPy.

    Args:
        kind: One of the functions `..._of` above.
        density: As in `compiled_value`, as all that follow.
        data: Its second argument.
        points: About how many points a call will have.
        devices: Insists on these devices.

    Returns:
        From points to the evaluation's arrays.
    """
    chosen = devices_for(work_of(data, points)) if devices is None else devices
    several = len(chosen) > 1
    with double(*chosen[:1]):
        if several and points < len(chosen):
            placed, cut = deal_rows(data, chosen)
            program, put = _program_on_rows(kind, density, cut), place
        else:
            placed = place(data, chosen)
            program = _program(kind, density, chosen if several else ())
            put = deal if several else _as_given

    def evaluate(given: np.ndarray) -> Any:
        with double(*chosen[:1]):
            results = program(put(np.asarray(given, dtype=float), chosen), placed)
            return jax.tree.map(lambda array: np.asarray(array)[: len(given)], results)

    return evaluate


def _as_given(points: np.ndarray, devices: Devices) -> np.ndarray:
    del devices
    return points


@lru_cache(maxsize=512)
def _program(
    kind: Callable[[Density], Evaluation], density: Density, devices: Devices
) -> Evaluation:
    return jax.jit(in_shares(kind(density), devices, (DEALT, WHOLE), DEALT))


@lru_cache(maxsize=512)
def _program_on_rows(
    kind: Callable[[Density], Evaluation], density: Density, cut: Cut
) -> Evaluation:
    evaluation = kind(density)
    return jax.jit(lambda points, data: evaluation(points, cut(data)))
