"""Nothing foreign is overwritten or followed, and what is read is checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bayesinf.errors import ArtefactError
from bayesinf.storage.disk import check_free, digest, read_file, read_names
from bayesinf.storage.replacement import replace_folder

OLD = {"a": b"old", "b": b"old too"}
NAMES = tuple(OLD)


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


def test_an_interrupted_exchange_is_told(tmp_path: Path) -> None:
    """Where folders cannot change places in one step, a crash may leave the old one aside."""
    replace_folder(tmp_path / ".fit.0123abcd.old", OLD)
    with pytest.raises(ArtefactError, match=r"Rename '\.fit\.0123abcd\.old' to 'fit'") as caught:
        read_file(tmp_path / "fit", "a", 10)
    assert caught.value.code == "missing-file"


def test_more_bytes_than_memory_are_a_sentence(tmp_path: Path) -> None:
    """A hole in a file has any size, and takes no place on the disk."""
    size = 2**42
    with (tmp_path / "a").open("wb") as file:
        file.truncate(size)
    with pytest.raises(ArtefactError, match="4,398,046,511,104 bytes") as caught:
        read_file(tmp_path, "a", size, digest(b""))
    assert caught.value.code == "no-memory"


def test_a_disk_that_cannot_read_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"data")

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    for name, read in (
        ("fdopen", lambda: read_file(tmp_path, "a", 10)),
        ("listdir", lambda: read_names(tmp_path, ("a",))),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(ArtefactError, match="Input/output error") as caught:
                read()
            assert caught.value.code == "unreadable"
