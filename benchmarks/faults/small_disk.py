"""Saves on a real file system that is full, of bytes or of names; run by root in its own mounts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bayesinf.errors import ArtefactError
from bayesinf.storage.folder import load, save
from benchmarks.faults.artefacts import bytes_of, two_saved
from benchmarks.faults.outcome import Outcome

PAGE = 4096
PAGES, NAMES = 64, 32
"""Of the small disk."""


def fill_disk() -> Outcome | None:
    """Runs `main` of this module under mounts of its own; None where that may not be done."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return None
    with tempfile.TemporaryDirectory() as folder:
        two_saved(Path(folder))
        disk = Path(folder) / "disk"
        disk.mkdir()
        command = (
            f"mount -t tmpfs -o size={PAGES * PAGE},nr_inodes={NAMES} tmpfs {disk} && "
            f"exec {sys.executable} -m benchmarks.faults.small_disk {folder}"
        )
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", command], capture_output=True, text=True, check=False
        )
    if done.returncode == 32:  # the mount was not allowed
        return None
    outcome = Outcome("a small disk was full, of bytes or of names")
    for line in done.stdout.splitlines():
        kind, _, rest = line.partition(": ")
        if kind == "bad":
            outcome.bad.append(rest)
        else:
            outcome.good[kind] += int(rest)
    if done.returncode:
        outcome.bad.append(done.stderr[-300:])
    return outcome


def main() -> int:
    """Overwrites one posterior by another with 0, 1, 2, ... free pages, then free names."""
    folder = Path(sys.argv[1])
    first, second = load(folder / "first"), load(folder / "second")
    wholes = {"old": bytes_of(folder / "first"), "new": bytes_of(folder / "second")}
    target = folder / "disk" / "fit"
    good: Counter[str] = Counter()
    for what, largest in (("page", PAGES), ("name", NAMES)):
        for free in range(largest):
            _clear(folder / "disk")
            save(first, target)
            if not _leave(folder / "disk", what, free):
                break
            error = None
            try:
                save(second, target)
            except ArtefactError as raised:
                error = raised
            expected = "new" if error is None else "old"
            if bytes_of(target) != wholes[expected] or load(target) is None:
                print(f"bad: {free} free {what}s: not the {expected} one; {str(error)!r}")
            good["saved" if error is None else "refused, the old one whole"] += 1
    for kind, count in good.items():
        print(f"{kind}: {count}")
    return 0


def _clear(disk: Path) -> None:
    for path in disk.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _leave(disk: Path, what: str, free: int) -> bool:
    """Fills the disk but for so many free pages or names; False when it has fewer left."""
    facts = os.statvfs(disk)
    if what == "page":
        rest = facts.f_bavail - free
        if rest > 0:
            (disk / "ballast").write_bytes(bytes(rest * PAGE))
        return rest > 0
    rest = facts.f_favail - free
    for number in range(rest):
        (disk / f"name-{number}").touch()
    return rest > 0


if __name__ == "__main__":
    sys.exit(main())
