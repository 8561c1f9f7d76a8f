"""Random streams that are derived by name, so that adding a step does not move the others."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

import jax
import numpy as np

from bayesinf.errors import ModelError


@dataclass(frozen=True)
class Streams:
    """A seed, and any number of independent streams drawn from it by name.

    Attributes:
        seed: The recorded seed; the same seed and name give the same stream on every machine.
    """

    seed: int

    def generator(self, *names: str) -> np.random.Generator:
        """The NumPy generator of that name.

        Example:
            >>> a = Streams(1).generator("effects").normal()
            >>> b = Streams(1).generator("effects").normal()
            >>> a == b
            True
        """
        return np.random.Generator(np.random.Philox(key=self._key(names)))

    def integer(self, *names: str) -> int:
        """An integer seed of that name, below 2**31, for other libraries."""
        return int(self._key(names) % np.uint64(2**31))

    def _key(self, names: tuple[str, ...]) -> np.uint64:
        text = "\x1f".join((str(self.seed), *names)).encode()
        return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def streams_of(seed: object) -> Streams:
    """Reads a seed in any of its usual forms.

    Args:
        seed: An int, a JAX key, a NumPy Generator (one number is drawn from it), or None, which
            draws fresh entropy and records it.

    Returns:
        The streams of that seed.

    Raises:
        ModelError: For anything else.
    """
    if seed is None:
        return Streams(secrets.randbits(63))
    if isinstance(seed, Streams):
        return seed
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool):
        return Streams(int(seed))
    if isinstance(seed, np.random.Generator):
        return Streams(int(seed.integers(2**63)))
    if isinstance(seed, jax.Array):
        typed = jax.numpy.issubdtype(seed.dtype, jax.dtypes.prng_key)
        data = jax.random.key_data(seed) if typed else seed
        return Streams(int.from_bytes(np.asarray(data).tobytes(), "little"))
    raise ModelError(
        f"seed={seed!r:.60} is not an int, a JAX key, a NumPy Generator or None.",
        code="seed",
        hint="Give a whole number, such as seed=1.",
    )
