"""Double precision on request, and the sizes that compiled programs are padded to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import jax

from bayesinf.numerics.devices import home

if TYPE_CHECKING:
    # To type checkers, jax.Device is a variable.
    from jaxlib._jax import Device


def double(device: Device | None = None) -> AbstractContextManager[object]:
    """Makes JAX compute in double precision inside a `with` block, and only there.

    The global flag of the user is left as it was, and so are other threads. Programs compiled
    inside and outside the block are kept apart by JAX.

    Args:
        device: Where to compute. None is the CPU, also where JAX would turn to an accelerator by
            itself, or the device of the block around this one.

    Returns:
        A context manager.

    Example:
        >>> with double():
        ...     str(jax.numpy.zeros(1).dtype)
        'float64'
    """
    if device is None and jax.config.jax_default_device is None:
        device = home()
    return jax.enable_x64(True) if device is None else _double_on(device)


@contextmanager
def _double_on(device: Device) -> Iterator[None]:
    with jax.enable_x64(True), jax.default_device(device):
        yield


def bucket(n: int) -> int:
    """Rounds a size up to the next of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64 and so on.

    Arrays padded to such sizes share compiled programs: two sizes per doubling waste at most half
    (a quarter on average) and need at most 40 programs up to a million rows.

    Args:
        n: A size, at least 0; 0 is treated as 1.

    Returns:
        The smallest 2^k or 3 * 2^k that is not below `n`.

    Example:
        >>> [bucket(n) for n in (1, 3, 5, 9, 33)]
        [1, 3, 6, 12, 48]
    """
    power = 1 << max(n - 1, 0).bit_length()
    three_quarters = 3 * power // 4
    return three_quarters if power >= 4 and n <= three_quarters else power
