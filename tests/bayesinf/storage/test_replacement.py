"""A folder appears whole or not at all, also where two cannot change places in one step."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bayesinf.errors import ArtefactError
from bayesinf.storage import exchange as system, replacement
from bayesinf.storage.exchange import exchange
from bayesinf.storage.replacement import replace_folder

OLD, NEW = {"a": b"old", "b": b"old too"}, {"a": b"new", "b": b"new too"}


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@pytest.fixture(params=["exchange", "two renames"])
def steps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How two folders change places; the second is for systems without the first."""
    if request.param == "two renames":
        monkeypatch.setattr(replacement, "exchange", lambda *_: False)
    return request.param


@pytest.mark.usefixtures("steps")
def test_a_folder_is_written_and_replaced(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "fit"
    replace_folder(target, OLD)
    assert contents(target) == OLD
    replace_folder(target, NEW)
    assert contents(target) == NEW
    assert os.listdir(target.parent) == ["fit"], "nothing may be left beside it"


@pytest.mark.usefixtures("steps")
def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    target = tmp_path / "fit"
    target.mkdir()
    replace_folder(target, NEW)
    assert contents(target) == NEW
    assert os.listdir(tmp_path) == ["fit"]


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def spoil_flush(after: int) -> Callable[[pytest.MonkeyPatch], None]:
    """Fails at the flush of the first file, the second, the folder, or the folder above."""
    real = os.fsync

    def spoil(patch: pytest.MonkeyPatch) -> None:
        calls = iter(range(99))
        patch.setattr(os, "fsync", lambda h: refuse() if next(calls) == after else real(h))

    return spoil


def spoil_swap(patch: pytest.MonkeyPatch) -> None:
    """Fails where the folders change places."""
    rename = os.rename
    if replacement.exchange is exchange:
        patch.setattr(replacement, "exchange", refuse)
    patch.setattr(
        os, "rename", lambda one, to: refuse() if str(one).endswith(".new") else rename(one, to)
    )


def spoil_write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "write", refuse)


@pytest.mark.parametrize(
    "spoil", [*(spoil_flush(after) for after in range(4)), spoil_write, spoil_swap]
)
@pytest.mark.usefixtures("steps")
def test_a_disk_that_fails_leaves_the_old_folder(
    spoil: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "fit"
    replace_folder(target, OLD)
    with monkeypatch.context() as patch:
        spoil(patch)
        with pytest.raises(ArtefactError, match="No space left on device") as caught:
            replace_folder(target, NEW)
    assert caught.value.code == "not-saved"
    assert "is unchanged" in str(caught.value)
    assert contents(target) == OLD
    assert os.listdir(tmp_path) == ["fit"]


def test_a_disk_that_writes_little_by_little_is_written_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:2]))
    replace_folder(tmp_path / "fit", NEW)
    assert contents(tmp_path / "fit") == NEW


def test_a_parent_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtefactError, match="could not be saved"):
        replace_folder(tmp_path / "file" / "fit", NEW)


def test_what_a_killed_save_left_is_removed_an_hour_later(tmp_path: Path) -> None:
    old, young = tmp_path / ".fit.0123abcd.new", tmp_path / ".fit.4567abcd.new"
    others = tmp_path / ".fit2.0123abcd.new", tmp_path / ".fit.0123abcd.saved"
    for folder in (old, young, *others):
        folder.mkdir()
        (folder / "a").write_bytes(b"half")
    for folder in (old, *others):
        os.utime(folder, (0, 0))
    replace_folder(tmp_path / "fit", NEW)
    assert contents(tmp_path / "fit") == NEW
    assert not old.exists()
    assert young.exists() and all(other.exists() for other in others)


def test_leftovers_that_cannot_be_removed_do_no_harm(tmp_path: Path) -> None:
    left = tmp_path / ".fit.0123abcd.old"
    (left / "deeper").mkdir(parents=True)
    os.utime(left, (0, 0))
    replace_folder(tmp_path / "fit", NEW)
    assert contents(tmp_path / "fit") == NEW


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EACCES])
def test_a_system_that_forbids_the_exchange_gets_two_renames(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> int:
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(system, "_system_call", lambda: forbidden)
    replace_folder(tmp_path / "fit", OLD)
    assert not exchange(tmp_path / "fit", tmp_path)
    replace_folder(tmp_path / "fit", NEW)
    assert contents(tmp_path / "fit") == NEW and os.listdir(tmp_path) == ["fit"]


def test_folders_change_places(tmp_path: Path) -> None:
    replace_folder(tmp_path / "one", OLD)
    replace_folder(tmp_path / "other", NEW)
    done = exchange(tmp_path / "one", tmp_path / "other")
    assert contents(tmp_path / "one") == (NEW if done else OLD)
    assert contents(tmp_path / "other") == (OLD if done else NEW)
    if done:
        with pytest.raises(FileNotFoundError):
            exchange(tmp_path / "one", tmp_path / "nowhere")
