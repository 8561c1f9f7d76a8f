"""Packages that are imported when they are first needed, by one thread at a time."""

from __future__ import annotations

import importlib
import threading
from functools import cache

_TURN = threading.RLock()


@cache
def import_whole(name: str) -> None:
    """Imports a package before any part of it is.

    Threads that import different parts of a package at once, each for the first time, can find it
    half imported: Python breaks the deadlock of their locks by an ImportError.

    Args:
        name: Such as `"formulaic"`.
    """
    with _TURN:
        importlib.import_module(name)
