"""What is computed of a NumPyro model, as functions that JAX compiles.

Each is a frozen dataclass of a call and a layout: equal ones share compiled programs, so that other
data of the same shapes compile nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.model.handlers import alone
from bayesinf.model.program import Call, Layout, Program
from bayesinf.model.sites import base_of, is_factor, run_model, unconstrain
from bayesinf.numerics.precision import double
from bayesinf.types import Array

type Data = Mapping[str, Array]

CHEAP = "unsafe_rbg"
"""The kind of random numbers for starts: their program compiles in two thirds of the time that
JAX's own kind takes (0.6 s against 1.0 s on eight schools), and only the starts rest on them."""

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

    @alone()
    def __call__(self, flat: Array, data: Data) -> Array:
        """Log densities (...,) at flat vectors (..., size), Jacobians of the transforms included.

        Source: `numpyro.infer.util.potential_energy`, whose negative this is.
        """
        from numpyro.infer.util import potential_energy

        arguments = self.call.arguments(data)

        def one(vector: Array) -> Array:
            unbounded = self.layout.unravel(vector)
            energy = potential_energy(self.call.function, (), arguments, unbounded)
            return -jnp.asarray(energy)

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

    @alone()
    def __call__(self, flat: Array, data: Data) -> dict[str, Array]:
        """Values by site at a flat vector (size,)."""
        from numpyro.infer.util import constrain_fn

        unbounded = self.layout.unravel(flat)
        arguments = self.call.arguments(data)
        return constrain_fn(self.call.function, (), arguments, unbounded, return_deterministic=True)


def messages_at(call: Call, layout: Layout, flat: Array, data: Data) -> Any:
    """What NumPyro's trace says of every site, with the latent ones at a flat vector."""
    from numpyro import handlers

    latent = Constrain(call, layout)(flat, data)
    known = handlers.substitute(call.function, latent)  # type: ignore[arg-type]
    return handlers.trace(known).get_trace(**call.arguments(data))


@dataclass(frozen=True)
class Scales:
    """The scales of sites with a location and a scale.

    Attributes:
        call: The function with its settings.
        layout: Where the latent sites sit.
        names: Of the sites.
    """

    call: Call
    layout: Layout
    names: tuple[str, ...]

    @alone()
    def __call__(self, flat: Array, data: Data) -> dict[str, Array]:
        """Scales by site at a flat vector (size,)."""
        messages = messages_at(self.call, self.layout, flat, data)
        return {name: base_of(messages[name]["fn"]).scale for name in self.names}


@dataclass(frozen=True)
class SiteDensities:
    """The log density of each site, observed ones and factors included, without Jacobians.

    Attributes:
        call: The function with its settings.
        layout: Where the latent sites sit.
    """

    call: Call
    layout: Layout

    @alone()
    def __call__(self, flat: Array, data: Data) -> dict[str, Array]:
        """Sums of log densities by site at a flat vector (size,)."""
        messages = messages_at(self.call, self.layout, flat, data)
        return {
            name: jnp.sum(message["fn"].log_prob(message["value"]))
            for name, message in messages.items()
            if message["type"] == "sample"
        }


def evaluate_sites(
    densities: SiteDensities, flat: np.ndarray, data: Data
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Log densities by site at one flat vector (size,), and the gradient (size,) of each."""
    with double():
        values = densities(jnp.asarray(flat), data)
        slopes = jax.jacrev(densities)(jnp.asarray(flat), data)
    return (
        {name: np.asarray(array) for name, array in values.items()},
        {name: np.asarray(array) for name, array in slopes.items()},
    )


@dataclass(frozen=True)
class Likelihood:
    """The log likelihood of every observed value.

    Attributes:
        call: The function with its settings.
        observed: Names of the observed sites.
    """

    call: Call
    observed: tuple[str, ...]

    @alone()
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

        messages = run_model(self.call, data, jnp.asarray(key), init_to_uniform)
        return {name: messages[name]["value"] for name in self.names}


def without_outcomes(function: Callable[..., object]) -> Callable[..., object]:
    """The model with every observed site sampled anew, in as many values as were observed.

    NumPyro's own `uncondition` samples one value where the distribution is one number wide and the
    observed array is longer, as in `sample("y", Normal(mu, sigma), obs=y)` outside of a plate.
    """
    import numpyro
    from numpyro.primitives import Messenger

    class WithoutOutcomes(Messenger):
        """Turns observed sites into sampled ones of the same shape."""

        def process_message(self, msg: Any) -> None:
            if msg["type"] != "sample" or not msg["is_observed"] or is_factor(msg):
                return
            fn, event = msg["fn"], len(msg["fn"].event_shape)
            seen = jnp.shape(msg["value"])
            wide = jnp.broadcast_shapes(fn.batch_shape, seen[: len(seen) - event])
            msg.update(fn=fn.expand(wide), is_observed=False, value=None)
            if msg["kwargs"]["rng_key"] is None:
                msg["kwargs"]["rng_key"] = numpyro.prng_key()

    return WithoutOutcomes(function)


@dataclass(frozen=True)
class Simulate:
    """Outcomes to come of the observed sites.

    Attributes:
        call: The function with its settings.
        names: Of the observed sites.
    """

    call: Call
    names: tuple[str, ...]

    @alone()
    def __call__(self, draw: Any, data: Data) -> dict[str, Array]:
        """Outcomes by site, given a random key and values of the latent sites.

        Observations are ignored, where the arguments bring any.

        Source: `numpyro.infer.Predictive`.
        """
        from numpyro.infer import Predictive

        model = without_outcomes(self.call.function)
        predictive = Predictive(model, draw["latent"], return_sites=self.names, batch_ndims=0)
        key = jax.random.wrap_key_data(draw["key"])
        return predictive(key, **self.call.arguments(data))


@dataclass(frozen=True)
class Expect:
    """Expected outcomes of the observed sites; arguments and results as of `Simulate`."""

    call: Call
    names: tuple[str, ...]

    @alone()
    def __call__(self, draw: Any, data: Data) -> dict[str, Array]:
        """Means of the sites' distributions, given values of the latent sites."""
        from numpyro import handlers

        key = jax.random.wrap_key_data(draw["key"])
        latent = handlers.substitute(without_outcomes(self.call.function), draw["latent"])
        messages = handlers.trace(handlers.seed(latent, key)).get_trace(**self.call.arguments(data))
        return {name: messages[name]["fn"].mean for name in self.names}


@dataclass(frozen=True)
class PriorDraw:
    """A draw of the prior, as a flat vector.

    Attributes:
        call: The function with its settings.
        layout: Where the latent sites sit.
    """

    call: Call
    layout: Layout

    def __call__(self, key: Array, data: Data) -> dict[str, Array]:
        """The flat vector (size,), under the name `flat`.

        Where a prior cannot be sampled, as an improper one, a point within 2 of zero stands in.
        """
        from numpyro.infer import init_to_uniform

        def choose(site: Any) -> Array | None:
            if site["type"] != "sample" or site["is_observed"]:
                return None
            try:
                return site["fn"](**site["kwargs"])
            except NotImplementedError:
                return init_to_uniform(site)  # type: ignore[return-value]

        typed = jax.random.wrap_key_data(jnp.asarray(key), impl=CHEAP)
        messages = run_model(self.call, data, typed, choose)
        parts = [
            jnp.ravel(unconstrain(name, messages[name]["fn"].support, messages[name]["value"]))
            for name, _ in self.layout.places
        ]
        return {"flat": jnp.concatenate(parts)}


@lru_cache(maxsize=128)
def _compiled(function: Any) -> Any:
    return jax.jit(function)


@lru_cache(maxsize=128)
def _compiled_over_draws(function: Any) -> Any:
    return jax.jit(jax.vmap(function, in_axes=(0, None)))


def prior_draws(call: Call, layout: Layout, data: Data, seed: int, count: int) -> np.ndarray:
    """Draws of the prior as flat vectors (count, size)."""
    generator = np.random.default_rng(seed)
    keys = generator.integers(2**32, size=(count, 4), dtype=np.uint32)
    return over_draws(PriorDraw(call, layout), keys, data)["flat"]


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
            found = program(jax.tree.map(partial(np.take, indices=places, axis=0), draws), placed)
            kept = min(BLOCK, count - start)
            blocks.append({name: np.asarray(values)[:kept] for name, values in found.items()})
    return {
        name: np.concatenate([np.asarray(block[name], dtype=np.float64) for block in blocks])
        for name in blocks[0]
    }
