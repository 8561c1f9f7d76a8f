"""A model written by hand in NumPyro: a function, what it is called with, and its sites.

Nothing is computed here: the function is run once with abstract numbers, to learn the names, shapes
and supports of its sites, and which of its arguments a compiled program can take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import jax
import numpy as np

from bayesinf.errors import BayesinfError, ModelError
from bayesinf.model.arguments import Arguments, check_names, read_arguments
from bayesinf.model.instructions import instructions
from bayesinf.model.sites import Sites, read_sites
from bayesinf.numerics.precision import double
from bayesinf.types import Array


@dataclass(frozen=True, eq=False)
class Fixed:
    """Arrays that a function needs as they are, because its code branches or sizes by them.

    Two of them are equal only when they are the same object: each has programs of its own.
    """

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


NOTHING_FIXED = Fixed()


@dataclass(frozen=True)
class Call:
    """A function with everything but the arrays of its compiled programs; equal ones share them.

    Attributes:
        function: The NumPyro model.
        settings: Names and values of the arguments that are compiled in.
        fixed: Arrays that are compiled in as well.
    """

    function: Callable[..., object]
    settings: tuple[tuple[str, Any], ...] = ()
    fixed: Fixed = NOTHING_FIXED

    def arguments(self, data: Mapping[str, Array]) -> dict[str, Any]:
        """All arguments of the function, given the arrays that are not compiled in."""
        return {**dict(self.settings), **self.fixed.arrays, **data}


@dataclass(frozen=True)
class Layout:
    """Where the unknowns of each latent site sit in one flat vector without bounds.

    Attributes:
        places: Name and unbounded shape of each latent site, in the order of the model.
    """

    places: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def size(self) -> int:
        """Length of the flat vector."""
        return sum(prod(shape) for _, shape in self.places)

    def unravel(self, flat: Array) -> dict[str, Array]:
        """The values of each site from a flat vector (size,)."""
        found, start = {}, 0
        for name, shape in self.places:
            end = start + prod(shape)
            found[name] = flat[start:end].reshape(shape)
            start = end
        return found


@dataclass(frozen=True, eq=False)
class Program:
    """A model written by hand in NumPyro, with its data.

    Attributes:
        label: The function's name.
        sites: What the function samples, derives and observes.
        call: The function with its settings; None for a program that was loaded without its code.
        data: The arrays of its compiled programs; None for one that was loaded.
        fingerprint: SHA-256 of its arguments.
        settings: The arguments that are compiled in, in words.
        instructions: A hash of what the function does; empty where it is not known.
    """

    label: str
    sites: Sites
    call: Call | None
    data: Mapping[str, np.ndarray] | None
    fingerprint: str
    settings: Mapping[str, str] = field(default_factory=dict)
    instructions: str = ""

    @property
    def layout(self) -> Layout:
        """Where each latent site sits in one flat vector."""
        return Layout(tuple((site.name, site.unbounded) for site in self.sites.latent))

    @property
    def rows(self) -> int:
        """How many observed values have a density of their own; a joint one counts as one."""
        return sum(prod(site.shape[: len(site.shape) - site.event]) for site in self.sites.observed)

    @property
    def arguments(self) -> dict[str, Any]:
        """All arguments of the function, as they were given.

        Raises:
            ModelError: `no-data`, when the program was loaded from disk, where they are not kept.
        """
        if self.data is None:
            raise ModelError(
                f"The data of the model '{self.label}' are not at hand: it was loaded from disk, "
                "where they are not kept.",
                code="no-data",
                hint="Fit the model again, or give the data: fit.predict({...}).",
            )
        return self.code.arguments(self.data)

    @property
    def code(self) -> Call:
        """The function with its settings.

        Raises:
            ModelError: `no-code`, when the program was loaded without its function.
        """
        if self.call is None:
            raise ModelError(
                f"The code of the model '{self.label}' is not at hand: it is never stored.",
                code="no-code",
                hint=f"Hand it over when loading: bi.load(folder, model={self.label}).",
            )
        return self.call

    def __repr__(self) -> str:
        lines = [f"NumPyro model '{self.label}' with {self.layout.size} unknowns"]
        lines += [f"  {site.name:<12} unknown    {site.describe()}" for site in self.sites.latent]
        lines += [f"  {site.name:<12} derived    {site.describe()}" for site in self.sites.derived]
        lines += [f"  {site.name:<12} observed   {site.describe()}" for site in self.sites.observed]
        return "\n".join(lines)


def read_program(function: Callable[..., object], data: object) -> Program:
    """Learns what a NumPyro model samples, derives and observes.

    Args:
        function: The model: a function that calls `numpyro.sample`.
        data: A mapping from the names of its arguments to arrays, numbers, flags, text or None.

    Returns:
        The program; nothing is fitted yet.

    Raises:
        DataError: Where an argument is no number, is missing, or is a random key.
        ModelError: Where the model does not take the arguments, raises an error of its own, or
            holds sites that no sampler of continuous unknowns can serve.

    Example:
        >>> import numpyro, numpyro.distributions as dist
        >>> def coin(heads, tosses):
        ...     bias = numpyro.sample("bias", dist.Beta(1, 1))
        ...     numpyro.sample("heads", dist.Binomial(tosses, bias), obs=heads)
        >>> print(read_program(coin, {"heads": 7, "tosses": 10}))
        NumPyro model 'coin' with 1 unknowns
          bias         unknown    a number between 0 and 1
          heads        observed   a number
    """
    label = label_of(function)
    arguments = read_arguments(data)
    check_names(function, label, arguments.names)
    call, arrays, sites = tell_arrays(function, label, arguments, partial(read_sites, label=label))
    return Program(
        label,
        sites,
        call,
        arrays,
        arguments.fingerprint(),
        arguments.told(),
        instructions(function),
    )


def label_of(function: Callable[..., object]) -> str:
    """The name of a model in sentences and tables."""
    inner = getattr(function, "func", None) or getattr(function, "fn", None) or function
    return getattr(inner, "__name__", type(inner).__name__)


@contextmanager
def blaming(label: str) -> Iterator[None]:
    """Says of an error that it came out of the model's own code, and shows it.

    Raises:
        ModelError: `model-raises`, from the model's error.
    """
    try:
        yield
    except (BayesinfError, *_UNTRACEABLE):
        raise
    except Exception as error:
        raise ModelError(
            f"The model '{label}' raised {type(error).__name__}: {error}",
            code="model-raises",
            hint="The error came out of the model's own code; call it yourself under "
            "numpyro.handlers.seed to look closer.",
        ) from error


_UNTRACEABLE = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)
"""What JAX raises when code needs the value of a number that it is being compiled for."""


def tell_arrays[T](
    function: Callable[..., object],
    label: str,
    arguments: Arguments,
    look: Callable[[Call, Mapping[str, np.ndarray]], T],
) -> tuple[Call, Mapping[str, np.ndarray], T]:
    """Finds out which arrays can be arguments of compiled programs.

    Args:
        function: The model.
        label: Its name, for the sentences.
        arguments: What it is called with.
        look: Runs the model with abstract numbers in the place of the arrays that it is given.

    Returns:
        The call with as few arrays compiled in as the function's code allows, the other arrays, and
        what `look` found.

    Raises:
        ModelError: `model-raises`, `branches-on-unknown`.
    """
    arrays = arguments.arrays
    settings = tuple(arguments.settings.items())
    whole = {name for name, values in arrays.items() if values.dtype.kind in "biu"}
    for names in (set(), whole, set(arrays)):
        fixed = {name: values for name, values in arrays.items() if name in names}
        free = {name: values for name, values in arrays.items() if name not in names}
        call = Call(function, settings, Fixed(fixed) if fixed else NOTHING_FIXED)
        try:
            with double(), blaming(label):
                return call, free, look(call, free)
        except _UNTRACEABLE as error:
            if free:
                continue
            raise ModelError(
                f"The code of the model '{label}' needs the value of an unknown, which has none "
                f"while it is compiled: {str(error).splitlines()[0]}",
                code="branches-on-unknown",
                hint="Replace Python's if and for by jnp.where, jax.lax.cond or jax.lax.scan.",
            ) from error
    raise AssertionError("the last attempt returns or raises")
