"""Folders appear whole or not at all, and nothing foreign is overwritten or followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bayesinf.errors import ArtefactError
from bayesinf.storage.disk import check_free, digest, read_file, read_names, replace_folder

OLD, NEW = {"a": b"old", "b": b"old too"}, {"a": b"new", "b": b"new too"}
NAMES = tuple(OLD)


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def test_a_folder_is_written_and_replaced(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "fit"
    replace_folder(target, OLD)
    assert contents(target) == OLD
    replace_folder(target, NEW)
    assert contents(target) == NEW
    assert os.listdir(target.parent) == ["fit"], "nothing may be left beside it"


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    target = tmp_path / "fit"
    target.mkdir()
    replace_folder(target, NEW)
    assert contents(target) == NEW


@pytest.mark.parametrize("step", range(4))
def test_a_disk_that_fails_leaves_the_old_folder(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails at the first file, the second, the folder, and the rename."""
    target = tmp_path / "fit"
    replace_folder(target, OLD)
    calls = 0

    def fail(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls > step or step == 3:
            raise OSError(28, "No space left on device")

    if step < 3:
        monkeypatch.setattr(os, "fsync", fail)
    else:
        rename = Path.rename
        monkeypatch.setattr(
            Path,
            "rename",
            lambda self, to: fail() if self.name.endswith(".new") else rename(self, to),
        )
    with pytest.raises(ArtefactError, match="No space left on device") as caught:
        replace_folder(target, NEW)
    assert "is unchanged" in str(caught.value)
    monkeypatch.undo()
    assert contents(target) == OLD
    assert os.listdir(tmp_path) == ["fit"]


def test_a_parent_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtefactError, match="could not be saved"):
        replace_folder(tmp_path / "file" / "fit", NEW)


def test_free_places_are_free(tmp_path: Path) -> None:
    check_free(tmp_path / "fit", NAMES, lambda _: False)
    check_free(tmp_path, NAMES, lambda _: False)
    replace_folder(tmp_path / "fit", OLD)
    check_free(tmp_path / "fit", NAMES, lambda _: True)


def test_nothing_foreign_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    folder = tmp_path / "folder"
    replace_folder(folder, OLD)
    for place in (file, link, folder):
        with pytest.raises(ArtefactError, match="not overwritten") as caught:
            check_free(place, NAMES, lambda _: False)
        assert caught.value.code == "occupied"
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ArtefactError, match=r"holds 'notes\.txt' beside a saved fit"):
        check_free(folder, NAMES, lambda _: True)


def test_reading_checks_size_and_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"data")
    assert read_file(tmp_path, "a", 10) == b"data"
    assert read_file(tmp_path, "a", 4, digest(b"data")) == b"data"
    for size, sha256, words in (
        (3, None, "has 4 bytes, not 3"),
        (5, digest(b"data"), "has 4 bytes, not 5"),
        (4, digest(b"date"), "SHA-256 differs"),
    ):
        with pytest.raises(ArtefactError, match=words) as caught:
            read_file(tmp_path, "a", size, sha256)
        assert caught.value.code == "damaged-file"
        assert "'a'" in str(caught.value)


def test_links_and_folders_are_not_files(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"data")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(ArtefactError, match=name) as caught:
            read_file(tmp_path, name, 10)
        assert caught.value.code == "not-a-file"


def test_what_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="There is no folder"):
        read_file(tmp_path / "fit", "a", 10)
    with pytest.raises(ArtefactError, match="There is no a in"):
        read_file(tmp_path, "a", 10)


def test_unlisted_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / ".DS_Store").write_text("x")
    read_names(tmp_path, ("a",))
    (tmp_path / "payload.pkl").write_text("x")
    with pytest.raises(ArtefactError, match=r"payload\.pkl"):
        read_names(tmp_path, ("a",))
