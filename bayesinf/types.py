"""The words that every module shares: arrays, and the namespace that they belong to."""

from __future__ import annotations

from types import ModuleType

import jax
import numpy as np

type Array = np.ndarray | jax.Array
"""A NumPy or a JAX array; densities accept both (see `namespace`)."""


def namespace(*arrays: object) -> ModuleType:
    """Tells which library the given arrays belong to, so that one formula serves both.

    A density written as `xp = namespace(x); xp.exp(x)` runs un-compiled in NumPy for small work and
    under `jax.jit`, `jax.grad` and `jax.vmap` for large work.

    Args:
        *arrays: Arrays or plain numbers. One JAX array or tracer among them makes the answer JAX.

    Returns:
        The module `jax.numpy` or `numpy`.

    Example:
        >>> namespace(np.zeros(3), 2.0).__name__
        'numpy'
    """
    if any(isinstance(array, jax.Array) for array in arrays):
        return jax.numpy
    return np
