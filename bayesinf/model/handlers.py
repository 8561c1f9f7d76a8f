"""One thread at a time runs a model under NumPyro's effect handlers.

NumPyro keeps the handlers that are at work on one list for the whole process, so that two threads
would see each other's sites. The list is in use only while a model is traced, not while its
compiled program runs: fits in several threads wait for each other for fractions of a second.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TURN = threading.RLock()


@contextmanager
def alone() -> Iterator[None]:
    """Waits until no other thread runs a model; a decorator, or a block's `with`."""
    with _TURN:
        yield
