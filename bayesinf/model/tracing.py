"""What is computed of a NumPyro model, as functions that JAX compiles.

Each is a frozen dataclass of a call and a layout: equal ones share compiled programs, so that other
data of the same shapes compile nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.model.program import Call, Layout, Program
from bayesinf.model.sites import run_model, unconstrain
from bayesinf.numerics.precision import double
from bayesinf.types import Array

type Data = Mapping[str, Array]

BLOCK = 256
"""Draws that a compiled program takes at once: one size serves any number of draws."""


@dataclass(frozen=True)
class ProgramDensity:
    """The log density of a model's latent sites in one flat vector without bounds.

    Attributes:
        call: The function with its settings.
        layout: Where the latent sites sit.
    """

    call: Call
    layout: Layout

    def __call__(self, flat: Array, data: Data) -> Array:
        """Log densities (...,) at flat vectors (..., size), Jacobians of the transforms included.

        Source: `numpyro.infer.util.potential_energy`, whose negative this is.
        """
        from numpyro.infer.util import potential_energy

        arguments = self.call.arguments(data)

        def one(vector: Array) -> Array:
            unbounded = self.layout.unravel(vector)
            return -potential_energy(self.call.function, (), arguments, unbounded)

        values = jax.vmap(one)(jnp.reshape(flat, (-1, self.layout.size)))
        return jnp.reshape(values, jnp.shape(flat)[:-1])


@dataclass(frozen=True)
class Constrain:
    """The values of latent and derived sites at a flat vector.

    Attributes:
        call: The function with its settings.
        layout: Where the latent sites sit.
    """

    call: Call
    layout: Layout

    def __call__(self, flat: Array, data: Data) -> dict[str, Array]:
        """Values by site at a flat vector (size,)."""
        from numpyro.infer.util import constrain_fn

        unbounded = self.layout.unravel(flat)
        arguments = self.call.arguments(data)
        return constrain_fn(self.call.function, (), arguments, unbounded, return_deterministic=True)


@dataclass(frozen=True)
class Likelihood:
    """The log likelihood of every observed value.

    Attributes:
        call: The function with its settings.
        observed: Names of the observed sites.
    """

    call: Call
    observed: tuple[str, ...]

    def __call__(self, latent: Mapping[str, Array], data: Data) -> dict[str, Array]:
        """Log likelihoods by observed site, given values of the latent ones."""
        from numpyro.infer.util import log_likelihood

        found = log_likelihood(
            self.call.function, dict(latent), batch_ndims=0, **self.call.arguments(data)
        )
        return {name: found[name] for name in self.observed}


@dataclass(frozen=True)
class Observed:
    """The observed values of a model.

    Attributes:
        call: The function with its settings.
        names: Of the observed sites.
    """

    call: Call
    names: tuple[str, ...]

    def __call__(self, key: Array, data: Data) -> dict[str, Array]:
        """Values by observed site."""
        from numpyro.infer import init_to_uniform

        messages = run_model(self.call, data, key, init_to_uniform)
        return {name: messages[name]["value"] for name in self.names}


@dataclass(frozen=True)
class Candidates:
    """Places where a search may begin.

    Attributes:
        call: The function with its settings.
        layout: Where the latent sites sit.
        draws: How many draws of the prior, and as many points around zero.
    """

    call: Call
    layout: Layout
    draws: int

    def __call__(self, key: Array, data: Data) -> Array:
        """Flat vectors (1 + 2 draws, size): prior medians, prior draws, points within 2 of zero.

        Where a prior cannot be sampled, as an improper one, a point within 2 of zero stands in.

        Source: `numpyro.infer.initialization`.
        """
        from numpyro.infer import init_to_median, init_to_sample, init_to_uniform

        def place(choose: Any, key: Array) -> Array:
            messages = run_model(self.call, data, key, choose)
            parts = []
            for name, _ in self.layout.places:
                message = messages[name]
                parts.append(jnp.ravel(unconstrain(name, message["fn"].support, message["value"])))
            return jnp.concatenate(parts)

        keys = jax.random.split(key, 2 * self.draws + 1)
        medians = place(init_to_median(num_samples=51), keys[0])
        sampled = jax.vmap(partial(place, init_to_sample))(keys[1 : self.draws + 1])
        around = jax.vmap(partial(place, init_to_uniform))(keys[self.draws + 1 :])
        return jnp.vstack([medians, sampled, around])


@lru_cache(maxsize=128)
def _compiled(function: Any) -> Any:
    return jax.jit(function)


@lru_cache(maxsize=128)
def _compiled_over_draws(function: Any) -> Any:
    return jax.jit(jax.vmap(function, in_axes=(0, None)))


def candidates(call: Call, layout: Layout, data: Data, seed: int, draws: int) -> np.ndarray:
    """Places (1 + 2 draws, size) where a search may begin; see `Candidates`."""
    with double():
        program = _compiled(Candidates(call, layout, draws))
        return np.asarray(program(jax.random.key(seed), dict(data)))


def observed_values(program: Program) -> dict[str, np.ndarray]:
    """The values of each observed site, in double precision."""
    names = tuple(site.name for site in program.sites.observed)
    with double():
        compiled = _compiled(Observed(program.code, names))
        found = compiled(jax.random.key(0), dict(program.data or {}))
    return {name: np.asarray(found[name], dtype=np.float64) for name in names}


def over_draws(function: Any, draws: Any, data: Data) -> dict[str, np.ndarray]:
    """Applies a function of one draw to many, in blocks of one compiled size.

    Args:
        function: From one draw and the data to arrays by name: `Constrain` or `Likelihood`.
        draws: Arrays, each with the draws along its first axis.
        data: The arrays of the model.

    Returns:
        The arrays with the draws along their first axis, in double precision.
    """
    count = len(jax.tree.leaves(draws)[0])
    blocks: list[dict[str, np.ndarray]] = []
    with double():
        program, placed = _compiled_over_draws(function), jax.device_put(dict(data))
        for start in range(0, count, BLOCK):
            # The last block is filled up with its first draw: one size, one program.
            places = np.arange(start, start + BLOCK)
            places = np.where(places < count, places, start)
            found = program(jax.tree.map(lambda values: values[places], draws), placed)
            kept = min(BLOCK, count - start)
            blocks.append({name: np.asarray(values)[:kept] for name, values in found.items()})
    return {
        name: np.concatenate([np.asarray(block[name], dtype=np.float64) for block in blocks])
        for name in blocks[0]
    }
