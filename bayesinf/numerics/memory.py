"""What NumPy and JAX say when there is no memory, as one error with a name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax

from bayesinf.errors import SamplingError


@contextmanager
def enough_memory(what: str) -> Iterator[None]:
    """Says of a computation that it found no memory; a decorator, or a block's `with`.

    Raises:
        SamplingError: `no-memory`.
    """
    try:
        yield
    except MemoryError as error:
        raise _no_memory(what, error) from error
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        raise _no_memory(what, error) from error


def _no_memory(what: str, error: Exception) -> SamplingError:
    said = str(error).removeprefix("RESOURCE_EXHAUSTED: ").rstrip(".")
    return SamplingError(
        f"{what} needs more memory than there is" + (f": {said}." if said else "."),
        code="no-memory",
        hint="Ask for fewer draws, fit fewer rows or columns, or use a machine with more memory.",
    )
