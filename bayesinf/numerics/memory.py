"""Large arrays are refused before they are made; what NumPy and JAX say otherwise has a name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path

import jax

from bayesinf.errors import SamplingError

LARGE = 8_000_000
"""Numbers (64 MB) below which nobody asks how much memory is free."""


def refuse_beyond_memory(what: str, numbers: float, hint: str) -> None:
    """Refuses arrays for which there is no room, before they are made.

    Args:
        what: What is being made, as the subject of a sentence: `"The draws of 9 rows"`.
        numbers: How many numbers in double precision there would be at one time.
        hint: What to do instead.

    Raises:
        SamplingError: `no-memory`, with both sizes.
    """
    if numbers <= LARGE:
        return
    free = free_memory()
    if 8.0 * numbers > free:
        raise SamplingError(
            f"{what} would take about {8e-9 * numbers:.1f} GB of memory at one time, and "
            f"{1e-9 * free:.1f} GB are free.",
            code="no-memory",
            hint=hint,
        )


def free_memory() -> float:
    """Bytes that this process may still take; infinity where the system does not say."""
    return max(min(_of_machine(), _of_container(), _of_process()), 0.0)


def _of_machine() -> float:
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024.0 * float(line.split()[1])
    return inf


def _of_container(folder: Path = Path("/sys/fs/cgroup")) -> float:
    """What the limit of a container leaves, files that are only cached not counted."""
    with suppress(OSError, ValueError, IndexError):
        limit = float((folder / "memory.max").read_text())
        taken = float((folder / "memory.current").read_text())
        for line in (folder / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                taken -= float(line.split()[1])
        return limit - taken
    return inf


def _of_process() -> float:
    """What a limit on the addresses of a process (`ulimit -v`) leaves."""
    try:
        import resource
    except ImportError:  # Windows
        return inf
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return inf
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return float(limit - pages * resource.getpagesize())
    return inf


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
