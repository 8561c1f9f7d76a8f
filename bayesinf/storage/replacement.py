"""A folder takes another one's place on the disk: whole, or not at all."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

from bayesinf.errors import ArtefactError
from bayesinf.storage.disk import FRESH, OLD, beside
from bayesinf.storage.exchange import exchange

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

ABANDONED = 3600.0
"""Seconds after which such a folder belongs to nobody: it takes a save seconds to write one."""


def replace_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Writes files to a folder that takes the target's place when all of them are on the disk.

    A reader sees the old folder or the new one, whole, also after a crash: the two change places in
    one step. Where the system cannot do that, there is a moment between two renames without either,
    in which the old one stands beside its place under the name `.NAME.XXXX.old`.

    Args:
        target: A free place, an empty folder, or a folder that consists of files of these names.
        files: Bytes by name, written in this order.

    Raises:
        ArtefactError: `not-saved`, when the disk refuses; the sentence says where the old folder
            is: untouched, unless the disk also refuses to take back what was done last.
    """
    token = secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.{token}{FRESH}")
    old = target.with_name(f".{target.name}.{token}{OLD}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            _write(fresh / name, data)
        _flush_folder(fresh)
        _swap(target, fresh, old)
    except OSError as error:
        raise ArtefactError(
            f"The fit could not be saved to '{target}': {error.strerror or error}. "
            f"What stood there before {_whereabouts(target, old, files)}.",
            code="not-saved",
            hint="Make room, or choose a folder that you may write to.",
        ) from error
    finally:
        _remove(fresh, files)
    _remove(old, files)
    _remove_leftovers(target, files)


def _whereabouts(target: Path, old: Path, files: Mapping[str, bytes]) -> str:
    """Where the old folder is after a save that failed: nearly always where it was."""
    if os.path.exists(old):
        return f"stands at '{old}'"
    with suppress(OSError):
        if all((target / name).read_bytes() == data for name, data in files.items()):
            return "is replaced, but a crash of the system may undo that"
    return "is unchanged"


def _swap(target: Path, fresh: Path, old: Path) -> None:
    """Puts the fresh folder into its place, and makes that durable; failing, changes nothing."""
    while not os.path.lexists(target):
        try:
            fresh.rename(target)
        except OSError:
            if os.path.lexists(target):
                continue  # another writer was faster; its folder is replaced
            raise
        _flush_or(target.parent, lambda: target.rename(fresh))
        return
    if exchange(fresh, target):
        _flush_or(target.parent, lambda: exchange(fresh, target))
        return
    target.rename(old)
    try:
        fresh.rename(target)
    except BaseException:
        old.rename(target)
        raise
    _flush_or(target.parent, lambda: (target.rename(fresh), old.rename(target)))


def _flush_or(folder: Path, undo: Callable[[], object]) -> None:
    """Makes a folder's names durable, or takes back what has changed them."""
    try:
        _flush_folder(folder)
    except OSError:
        undo()
        raise


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, NEW_FILE, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    """Makes the names of a folder's files durable, where the system has such a thing."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(folder: Path, names: Collection[str]) -> None:
    """Removes files of these names and their folder, so far as they are there and the disk lets."""
    try:
        _unlink(folder, names)
    except KeyboardInterrupt:
        _unlink(folder, names)  # half of it must not stay behind
        raise


def _unlink(folder: Path, names: Collection[str]) -> None:
    with suppress(OSError):
        for name in names:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _remove_leftovers(target: Path, names: Collection[str]) -> None:
    """Removes what earlier saves to this place left when they were killed, an hour ago or more.

    A younger one may be the work of another process that is still writing.
    """
    for path in beside(target, FRESH, OLD):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED:
                _remove(path, names)
