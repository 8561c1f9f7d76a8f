"""A saved fit is never loaded wrong, and never lost, whatever befalls the disk or the process.

`python -m benchmarks.faults` does the same many more times.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import bayesinf
from bayesinf.errors import ArtefactError
from bayesinf.storage import folder as storage_folder, replacement
from bayesinf.storage.arrays import ARRAYS
from bayesinf.storage.disk import read_file
from bayesinf.storage.folder import load, save
from benchmarks.faults.artefacts import bytes_of, identical, saved, two_saved
from benchmarks.faults.damage import cut, flip, flip_and_seal
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.saving import fail_everywhere, kill, limit_size, write_at_once


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return saved(tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return two_saved(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def folders(made: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    """Copies, which may be damaged."""
    return {kind: Path(shutil.copytree(path, tmp_path / path.name)) for kind, path in made.items()}


def none_bad(outcome: Outcome, least: int) -> None:
    assert outcome.bad == []
    assert outcome.tried >= least


def test_every_kind_comes_back_to_the_last_bit(made: dict[str, Path]) -> None:
    for folder in made.values():
        assert identical(load(folder), bytes_of(folder))


def test_every_cut_is_refused(folders: dict[str, Path]) -> None:
    none_bad(cut(folders, 12), 96)


def test_every_flipped_bit_is_refused(folders: dict[str, Path]) -> None:
    outcome = flip(folders, 200)
    none_bad(outcome, 200)
    assert outcome.good["refused"] == 200


def test_a_flip_under_a_fitting_seal_is_refused_or_loaded_as_it_is_written(
    folders: dict[str, Path],
) -> None:
    outcome = flip_and_seal(folders, 200)
    none_bad(outcome, 200)
    assert outcome.good["refused"] > 20
    assert outcome.good["loaded as written"] > 20


@pytest.mark.parametrize("can_exchange", [True, False], ids=["in one step", "two renames"])
def test_a_disk_that_fails_at_any_call_loses_nothing(
    can_exchange: bool, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    """Also one that refuses everything from some call on, as if the process had been killed."""
    first, second = map(load, pair)
    none_bad(fail_everywhere(first, second, tmp_path, can_exchange, (errno.ENOSPC,)), 40)


def test_a_disk_that_is_full_at_any_place_loses_nothing(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    outcome = limit_size(load(pair[0]), load(pair[1]), tmp_path)
    none_bad(outcome, 10)
    assert outcome.good["saved"] == 1
    assert os.listdir(tmp_path) == ["fit"]


def test_a_killed_save_leaves_one_of_two(pair: tuple[Path, Path], tmp_path: Path) -> None:
    none_bad(kill(*pair, tmp_path, kills=3), 3)


def test_readers_see_one_of_two_while_processes_write(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    none_bad(write_at_once(*pair, tmp_path, loads=40), 40)


def test_a_reader_between_writers_who_take_turns_reads_again(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first fit, the second, and the first again: its manifest looks as if nothing happened."""
    target = tmp_path / "fit"
    first, second = (load(own) for own in pair)
    save(first, target)
    turns = []

    def read(source: Path, name: str, size: int, sha256: str | None = None) -> bytes:
        if name != ARRAYS or turns:
            return read_file(source, name, size, sha256)
        turns.append(name)
        save(second, target)
        try:
            return read_file(source, name, size, sha256)
        finally:
            save(first, target)

    monkeypatch.setattr(storage_folder, "read_file", read)
    assert identical(load(target), bytes_of(pair[0])) and turns


@pytest.mark.parametrize("can_exchange", [True, False], ids=["in one step", "two renames"])
def test_of_two_threads_that_write_the_last_wins_whole(
    can_exchange: bool,
    pair: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By two renames a writer may find that another was faster, and says so."""
    if not can_exchange:
        monkeypatch.setattr(replacement, "exchange", lambda *_: False)
    errors: list[Exception] = []

    def write(folder: Path) -> None:
        posterior = load(folder)
        for _ in range(15):
            try:
                save(posterior, tmp_path / "fit")
            except ArtefactError as error:
                errors.append(error)

    threads = [threading.Thread(target=write, args=(folder,)) for folder in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    save(load(pair[0]), tmp_path / "fit")
    assert bytes_of(tmp_path / "fit") == bytes_of(pair[0])
    assert identical(load(tmp_path / "fit"), bytes_of(pair[0]))
    assert {error.code for error in errors} <= (
        set() if can_exchange else {"not-saved", "occupied"}
    )


READ_ONLY = """
import os
from bayesinf.errors import ArtefactError
from bayesinf.storage.folder import load, save
posterior = load(save(load("other"), "warm"))
if os.geteuid() == 0:  # nothing is forbidden to root
    os.seteuid(65534)
for mode in ("closed", "hidden"):
    try:
        save(posterior, mode + "/fit")
    except ArtefactError as error:
        print(error.code)
"""


def test_a_folder_that_may_not_be_written_or_seen_is_a_typed_error(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(pair[1], tmp_path / "other")
    tmp_path.chmod(0o755)
    for name in ("closed", "hidden"):
        save(load(pair[0]), tmp_path / name / "fit")
    (tmp_path / "closed").chmod(0o555)
    (tmp_path / "hidden").chmod(0o000)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(bayesinf.__file__).parents[1])},
    )
    assert (done.returncode, done.stdout.split()) == (0, ["not-saved"] * 2), done.stderr
    for name in ("closed", "hidden"):
        (tmp_path / name).chmod(0o755)
        assert bytes_of(tmp_path / name / "fit") == bytes_of(pair[0])
        assert os.listdir(tmp_path / name) == ["fit"]
