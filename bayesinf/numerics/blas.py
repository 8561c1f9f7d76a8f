"""How many threads NumPy's matrix products use, so that they do not fight with threads of ours.

Matrix products from several threads, each of which wants all cores for itself, wait for each other
in busy loops: a pass over a million rows on two cores took ten times the processor time.

Source: the technique of threadpoolctl (https://github.com/joblib/threadpoolctl), for the OpenBLAS
that NumPy's wheels bring. Another BLAS is left as it is.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from threading import Lock

import numpy as np


class _Holders:
    """How many blocks of `single_threaded` are open, and the number of threads before the first."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0
        self.before = 1


_HOLDERS = _Holders()


@contextmanager
def single_threaded() -> Iterator[None]:
    """Keeps NumPy's matrix products to the thread that asks for them, inside a `with` block.

    Blocks may overlap in several threads; the first sets the number and the last restores it.
    """
    controls = _controls()
    if controls is None:
        yield
        return
    read, write = controls
    with _HOLDERS.lock:
        if _HOLDERS.count == 0:
            _HOLDERS.before = read()
            write(1)
        _HOLDERS.count += 1
    try:
        yield
    finally:
        with _HOLDERS.lock:
            _HOLDERS.count -= 1
            if _HOLDERS.count == 0:
                write(_HOLDERS.before)


@cache
def _controls() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The functions that read and set the number of threads; None where they are not found."""
    home = Path(np.__file__).parent
    for folder in (home.parent / "numpy.libs", home / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(path))  # loaded by NumPy already
            for prefix, suffix in product(("scipy_", ""), ("64_", "")):
                read = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
                write = getattr(library, f"{prefix}openblas_set_num_threads{suffix}", None)
                if read is not None and write is not None:
                    write.restype = None
                    return read, write
    return None
