"""Folders on disk: written whole or not at all, read without following links."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from bayesinf.errors import ArtefactError

READ_ONLY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Links are not followed, and a pipe in a file's place is not waited for; Windows has neither."""


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
            there), `not-a-file`, `damaged-file`, each naming the file.
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
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise ArtefactError(f"'{path}' is not a plain file.", code="not-a-file")
    with os.fdopen(handle, "rb") as file:
        if facts.st_size > size or (sha256 is not None and facts.st_size != size):
            raise _damaged(path, f"it has {facts.st_size} bytes, not {size}")
        data = file.read(size + 1)
    if sha256 is not None and (len(data) != size or digest(data) != sha256):
        raise _damaged(path, "its SHA-256 differs from the manifest's")
    return data


def read_names(folder: Path, allowed: Collection[str]) -> None:
    """Refuses a folder that holds anything else than the files allowed; hidden files may be there.

    Raises:
        ArtefactError: `unlisted-file`.
    """
    for entry in sorted(os.listdir(folder)):
        if entry not in allowed and not entry.startswith("."):
            raise ArtefactError(
                f"'{folder}' holds '{entry}', which its manifest does not list. Nothing was "
                "loaded.",
                code="unlisted-file",
                hint=f"Move '{entry}' elsewhere.",
            )


def check_free(target: Path, own: Collection[str], is_ours: Callable[[Path], bool]) -> None:
    """Refuses a place where something stands that must not be overwritten.

    Args:
        target: The folder to be written.
        own: Names of the files that a saved fit consists of.
        is_ours: Tells whether a folder is a saved fit.

    Raises:
        ArtefactError: `occupied`.
    """
    if not os.path.lexists(target):
        _refuse_file_above(target)
        return
    what = f"'{target}' exists and is not a saved fit, so it is not overwritten"
    if target.is_symlink() or not target.is_dir():
        raise _occupied(what)
    if target.samefile(Path.cwd()):
        raise _occupied(f"'{target}' is the current folder, which a saved fit cannot replace")
    present = set(os.listdir(target))
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
        if above.is_dir():
            return
        if os.path.lexists(above):
            raise _occupied(f"'{target}' cannot be made, because '{above}' is not a folder")


def replace_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Writes files to a folder that takes the target's place when all of them are on the disk.

    A reader sees the old folder or the new one. Between two renames there is a moment without
    either, in which the old one stands beside its place under the name `.NAME.XXXX.old`.

    Args:
        target: A free place, an empty folder, or a folder that consists of files of these names.
        files: Bytes by name, written in this order.

    Raises:
        ArtefactError: `not-saved`, when the disk refuses; the old folder is then untouched.
    """
    token = secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.{token}.new")
    old = target.with_name(f".{target.name}.{token}.old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            _write(fresh / name, data)
        _flush_folder(fresh)
        _swap(target, fresh, old)
        _flush_folder(target.parent)
    except OSError as error:
        before = f"stands at '{old}'" if old.exists() else "is unchanged"
        raise ArtefactError(
            f"The fit could not be saved to '{target}': {error.strerror or error}. "
            f"What stood there before {before}.",
            code="not-saved",
            hint="Make room, or choose a folder that you may write to.",
        ) from error
    finally:
        _remove(fresh, files)
    _remove(old, files)


def _swap(target: Path, fresh: Path, old: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


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
    """Removes files of these names and their folder, so far as they are there."""
    if not folder.is_dir():
        return
    for name in names:
        (folder / name).unlink(missing_ok=True)
    folder.rmdir()


def _missing(folder: Path, name: str, listed: bool) -> ArtefactError:
    what = "There is no folder" if not folder.exists() else f"There is no {name} in"
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
