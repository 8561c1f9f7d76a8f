"""Two folders change places in one step, on systems that can do so."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

HERE = -100
"""`AT_FDCWD` of Linux: paths are read from the current folder."""

EXCHANGE = 2
"""`RENAME_EXCHANGE` of Linux and `RENAME_SWAP` of macOS."""

UNABLE = (
    *(errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP),
    *(errno.EPERM, errno.EACCES),
)
"""What a system or a file system says that knows no such step, or a container that forbids it.
Where nothing may be written at all, two renames find that out themselves."""


def exchange(one: Path, other: Path) -> bool:
    """Lets two folders change places, so that no moment sees either place empty.

    Returns:
        Whether it was done; False where the system or its file system cannot.

    Raises:
        OSError: When it can, and fails.

    Source:
        renameat2(2) of Linux with RENAME_EXCHANGE; renamex_np(2) of macOS with RENAME_SWAP.
    """
    call = _system_call()
    if call is None:
        return False
    if call(os.fsencode(one), os.fsencode(other)) == 0:
        return True
    number = ctypes.get_errno()
    if number in UNABLE:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))


@cache
def _system_call() -> Callable[[bytes, bytes], int] | None:
    """The system's own function of two paths; None where there is none."""
    if sys.platform not in ("linux", "darwin"):
        return None
    name = "renameat2" if sys.platform == "linux" else "renamex_np"
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None)
    if function is None:
        return None
    if sys.platform == "darwin":
        function.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint)
        return lambda one, other: function(one, other, EXCHANGE)
    path, place = ctypes.c_char_p, ctypes.c_int
    function.argtypes = (place, path, place, path, ctypes.c_uint)
    return lambda one, other: function(HERE, one, HERE, other, EXCHANGE)
