"""Folders on disk, read without following links, and what may not be overwritten."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path

from bayesinf.errors import ArtefactError

READ_ONLY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Links are not followed, and a pipe in a file's place is not waited for; Windows has neither."""

FRESH, OLD = ".new", ".old"
"""Endings of the hidden folders that stand beside a place while it is being saved to."""


def place_of(folder: str | Path) -> Path:
    """The path of a folder, with a name of its own: `.` and `..` are resolved.

    Raises:
        ArtefactError: `bad-path`, when no folder can have that name.
    """
    try:
        path, encoded = Path(folder), os.fsencode(folder)
    except (TypeError, ValueError) as error:
        raise _bad_path(folder, "is not one") from error
    if not encoded or b"\0" in encoded:
        raise _bad_path(folder, "holds a zero byte" if encoded else "is empty")
    return path if path.name not in ("", "..") else path.resolve()


def digest(data: bytes) -> str:
    """SHA-256 as text."""
    return hashlib.sha256(data).hexdigest()


def read_file(folder: Path, name: str, size: int, sha256: str | None = None) -> bytes:
    """Reads one file of a folder, and checks it.

    Args:
        folder: Where it lies.
        name: A plain name from a closed list.
        size: Its exact size where a hash is given, else the largest allowed.
        sha256: Of its bytes.

    Raises:
        ArtefactError: `missing-file` (`lost-file` where a hash is given, so that it must have been
            there), `not-a-file`, `unreadable`, `no-memory`, `damaged-file`, each naming the file.
    """
    path = folder / name
    try:
        handle = os.open(path, READ_ONLY)
    except FileNotFoundError as error:
        raise _missing(folder, name, listed=sha256 is not None) from error
    except OSError as error:
        raise ArtefactError(
            f"'{path}' cannot be opened as a plain file: {error.strerror}.", code="not-a-file"
        ) from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise ArtefactError(f"'{path}' is not a plain file.", code="not-a-file")
        if facts.st_size > size or (sha256 is not None and facts.st_size != size):
            raise _damaged(path, f"it has {facts.st_size} bytes, not {size}")
        data = _read_all(handle, path, facts.st_size)
    finally:
        with suppress(OSError):  # all that was asked for has been read, or has failed already
            os.close(handle)
    if sha256 is not None and (len(data) != size or digest(data) != sha256):
        raise _damaged(path, "its SHA-256 differs from the manifest's")
    return data


def _read_all(handle: int, path: Path, size: int) -> bytes:
    """The bytes of an open file, and one more where it has grown meanwhile."""
    try:
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(size + 1)
    except MemoryError as error:
        raise ArtefactError(
            f"'{path}' has {size:,} bytes, for which there is no memory. Nothing was loaded.",
            code="no-memory",
            hint="Load it on a machine with more memory.",
        ) from error
    except OSError as error:
        raise ArtefactError(
            f"'{path}' cannot be read: {error.strerror}. Nothing was loaded.",
            code="unreadable",
            hint="Restore the folder from a copy, or save the fit again.",
        ) from error


def read_names(folder: Path, allowed: Collection[str]) -> None:
    """Refuses a folder that holds anything else than the files allowed; hidden files may be there.

    Raises:
        ArtefactError: `unlisted-file`, `unreadable`.
    """
    for entry in _entries(folder):
        if entry not in allowed and not entry.startswith("."):
            raise ArtefactError(
                f"'{folder}' holds '{entry}', which its manifest does not list. Nothing was "
                "loaded.",
                code="unlisted-file",
                hint=f"Move '{entry}' elsewhere.",
            )


def _entries(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise ArtefactError(
            f"The folder '{folder}' cannot be listed: {error.strerror}.",
            code="unreadable",
            hint="Give a folder that you may read.",
        ) from error


def check_free(target: Path, own: Collection[str], is_ours: Callable[[Path], bool]) -> None:
    """Refuses a place where something stands that must not be overwritten.

    Args:
        target: The folder to be written.
        own: Names of the files that a saved fit consists of.
        is_ours: Tells whether a folder is a saved fit.

    Raises:
        ArtefactError: `occupied`, `unreadable`.
    """
    if not os.path.lexists(target):
        _refuse_file_above(target)
        return
    what = f"'{target}' exists and is not a saved fit, so it is not overwritten"
    if os.path.islink(target) or not os.path.isdir(target):
        raise _occupied(what)
    if target.resolve() == Path.cwd():
        raise _occupied(f"'{target}' is the current folder, which a saved fit cannot replace")
    present = set(_entries(target))
    if not present:
        return
    if not is_ours(target):
        raise _occupied(what)
    if foreign := sorted(present - set(own)):
        raise _occupied(
            f"'{target}' holds '{foreign[0]}' beside a saved fit, and would be replaced as a whole"
        )


def _refuse_file_above(target: Path) -> None:
    """Refuses a place below something that is not a folder."""
    for above in target.parents:
        if os.path.isdir(above):
            return
        if os.path.lexists(above):
            raise _occupied(f"'{target}' cannot be made, because '{above}' is not a folder")


def beside(target: Path, *endings: str) -> list[Path]:
    """Folders that saves to this place have made beside it, and not removed."""
    with suppress(OSError):
        entries = sorted(os.listdir(target.parent))
        return [
            target.with_name(entry)
            for entry in entries
            if entry.startswith(f".{target.name}.") and entry.endswith(endings)
        ]
    return []


def _missing(folder: Path, name: str, listed: bool) -> ArtefactError:
    what = "There is no folder" if not os.path.exists(folder) else f"There is no {name} in"
    if not os.path.exists(folder) and (aside := beside(folder, OLD)):
        return ArtefactError(
            f"There is no folder '{folder}', but a save to it was cut off, and what stood there "
            f"before is '{aside[-1]}'.",
            code="missing-file",
            hint=f"Rename '{aside[-1].name}' to '{folder.name}'.",
        )
    return ArtefactError(
        f"{what} '{folder}'.",
        code="lost-file" if listed else "missing-file",
        hint="Give the folder that fit.save(folder) wrote.",
    )


def _bad_path(folder: object, why: str) -> ArtefactError:
    return ArtefactError(
        f"{folder!r} cannot be the path of a folder: it {why}.",
        code="bad-path",
        hint="Give a name, such as 'fitted'.",
    )


def _damaged(path: Path, why: str) -> ArtefactError:
    return ArtefactError(
        f"'{path.name}' in '{path.parent}' is damaged: {why}. Nothing was loaded.",
        code="damaged-file",
        hint="Restore the file from a copy, or save the fit again.",
    )


def _occupied(what: str) -> ArtefactError:
    return ArtefactError(f"{what}.", code="occupied", hint="Choose another name.")
