"""An audit hook that sees what Python does while hostile input is read.

Python cannot take an audit hook out again, so there is one, and `watched` switches it on for the
calling thread.
"""

from __future__ import annotations

import ast
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

FORBIDDEN = (
    "compile",
    "exec",
    "import",
    "code.__new__",
    "function.__new__",
    "marshal.",
    "pickle.",
    "os.",
    "open",
    "shutil.",
    "glob.",
    "pathlib.",
    "tempfile.",
    "mmap.",
    "fcntl.",
    "subprocess.",
    "socket.",
    "ctypes.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "webbrowser",
    "builtins.input",
    "sqlite3.",
    "sys.settrace",
    "sys.setprofile",
    "signal.",
    "syslog.",
)
"""The beginnings of the names of the events that are findings."""

READING = ("open", "os.listdir", "os.scandir")
"""Events whose first argument is a path, which may lie inside of the folder that is loaded."""

PARSER = ast.__file__


WARM = (
    "y ~ x + log(z) + bs(n, df=4) + C(g) * x + (x | g) + offset(z)",
    "log(y) | weights(x) ~ z",
    "y ~ foo(x)",
    "y ~ unknown",
    "y ~ x[0]",
    "y ~ bs(x, df=100):bs(z, df=100):bs(n, df=100)",
    "y ~ x x",
    "y ~ C(g, contr.nothing)",
    "y ~ x / x",
)
"""Formulas after which everything has been imported that is imported late."""


def warm_up() -> None:
    """Lets the library import what it imports late, so that no import is seen afterwards."""
    import bayesinf as bi
    from tests.evil.corpus import SMALL

    for text in WARM:
        with suppress(bi.BayesinfError):
            bi.model(text, SMALL)


@dataclass
class Watch:
    """What is seen, and where reading is allowed.

    Attributes:
        thread: The one that is watched; None while nothing is.
        inside: Below this folder files may be opened for reading.
        events: What was seen that must not happen, as words.
    """

    thread: int | None = None
    inside: Path | None = None
    events: list[str] = field(default_factory=list)


WATCH = Watch()


@contextmanager
def watched(inside: Path | None = None) -> Iterator[list[str]]:
    """Collects the events of this thread that hostile input must not cause.

    Args:
        inside: A folder whose files may be read.

    Yields:
        The events, as they come.
    """
    if not INSTALLED:
        sys.addaudithook(_seen)
        INSTALLED.append(True)
    WATCH.events = []
    WATCH.inside = None if inside is None else Path(os.path.abspath(inside))
    WATCH.thread = threading.get_ident()
    try:
        yield WATCH.events
    finally:
        WATCH.thread = None


INSTALLED: list[bool] = []


def _seen(event: str, arguments: tuple[object, ...]) -> None:
    if WATCH.thread != threading.get_ident() or not event.startswith(FORBIDDEN):
        return
    if event == "compile" and _is_parsing(sys._getframe(1)):
        return
    if event in READING and _is_allowed(event, arguments):
        return
    WATCH.events.append(f"{event}{arguments!a:.200}")


def _is_parsing(frame: FrameType) -> bool:
    """Whether a text is made a syntax tree by `ast.parse`, which runs nothing of it."""
    return frame.f_code.co_name == "parse" and frame.f_code.co_filename == PARSER


def _is_allowed(event: str, arguments: tuple[object, ...]) -> bool:
    path, inside = arguments[0], WATCH.inside
    if inside is None or (event == "open" and _writes(arguments)):
        return False
    if isinstance(path, int):  # a file that is open already, which was seen when it was opened
        return True
    if not isinstance(path, str | os.PathLike):
        return False
    place = os.path.abspath(os.fspath(path))
    return place == str(inside) or place.startswith(f"{inside}{os.sep}")


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    written = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    return isinstance(flags, int) and bool(flags & written)
