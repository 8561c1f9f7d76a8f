"""Saves that fail, stop or are killed at every step, saves at once, and readers meanwhile."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from bayesinf.errors import ArtefactError
from bayesinf.posterior.program import AnyPosterior
from bayesinf.storage import replacement
from bayesinf.storage.disk import OLD, beside
from bayesinf.storage.folder import load, save
from benchmarks.faults.artefacts import bytes_of, identical
from benchmarks.faults.outcome import Outcome

CALLS = ("open", "write", "fsync", "close", "mkdir", "rename", "unlink", "rmdir", "listdir")
"""Of `os`: all that a save asks of the disk, besides the exchange of two folders."""

NUMBERS = (errno.ENOSPC, errno.EIO, errno.EROFS)
"""Full, broken, read-only."""

STEP = 512
"""Bytes between the places at which a disk is full."""

SAVER = """
import os, sys, time, warnings
from bayesinf.storage.folder import load, save
warnings.simplefilter("ignore")  # JAX warns of forks; what is forked here only saves
first, second = (load(place) for place in sys.argv[1:3])
for _ in sys.stdin:
    child = os.fork()
    if child == 0:
        end = time.monotonic() + 600.0
        while time.monotonic() < end:
            save(first, sys.argv[3])
            save(second, sys.argv[3])
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""For each line that it reads, starts a process that overwrites one folder with two posteriors in
turn, until that is killed; the library is imported once for all of them."""


class Disk:
    """Counts what is asked of the disk, and fails at one call, or from one call on.

    A disk that refuses everything from one call on leaves the files as a kill at that call would.
    """

    def __init__(self, fails_at: int | None, for_good: bool, number: int) -> None:
        self.calls = 0
        self.fails_at = fails_at
        self.for_good = for_good
        self.number = number

    def guard(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, with its place in the count."""

        def guarded(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            last = self.fails_at
            failing = last is not None and (
                self.calls == last or (self.for_good and self.calls > last)
            )
            if failing and name != "close":
                raise OSError(self.number, os.strerror(self.number))
            answer = function(*arguments, **named)
            if failing:
                raise OSError(self.number, os.strerror(self.number))
            return answer

        return guarded


@contextmanager
def disk(
    fails_at: int | None,
    for_good: bool = False,
    number: int = errno.ENOSPC,
    can_exchange: bool = True,
) -> Iterator[Disk]:
    """Puts a disk that fails in the place of the real one."""
    made = Disk(fails_at, for_good, number)
    step = replacement.exchange if can_exchange else lambda *_: False
    patches = [mock.patch.object(os, name, made.guard(getattr(os, name), name)) for name in CALLS]
    patches.append(mock.patch.object(replacement, "exchange", made.guard(step, "exchange")))
    for patch in patches:
        patch.start()
    try:
        yield made
    finally:
        for patch in patches:
            patch.stop()


def fail_everywhere(
    first: AnyPosterior,
    second: AnyPosterior,
    place: Path,
    can_exchange: bool = True,
    numbers: tuple[int, ...] = NUMBERS,
) -> Outcome:
    """Overwrites one posterior by another on disks that fail at each call, once or for good."""
    how = "in one step" if can_exchange else "by two renames"
    outcome = Outcome(f"the disk failed or stopped at a call (replacing {how})")
    for for_good in (False, True):
        for number in numbers:
            at = 0
            while True:
                at += 1
                target = place / f"{number}-{for_good}-{at}" / "fit"
                old = bytes_of(save(first, target))
                new = bytes_of(save(second, target.with_name("new")))
                shutil.rmtree(target.with_name("new"))
                error = None
                with disk(at, for_good, number, can_exchange) as failing:
                    try:
                        save(second, target)
                    except Exception as raised:  # noqa: BLE001 - what has no name is looked for
                        error = raised
                if failing.calls < at:
                    break
                where = f"call {at}, {errno.errorcode[number]}, for good: {for_good}"
                _judge(target, old, new, error, where, outcome)
                _must_save_again(second, target, new, where, outcome)
                shutil.rmtree(target.parent)
    return outcome


def _judge(
    target: Path,
    old: dict[str, bytes],
    new: dict[str, bytes],
    error: Exception | None,
    where: str,
    outcome: Outcome,
) -> None:
    """One of the two stands in its place, whole, and an error says the truth about it."""
    if error is not None and not isinstance(error, ArtefactError):
        outcome.bad.append(f"{where}: {type(error).__name__}: {error}")
        return
    found = _find(target)
    which = "old" if found == old else "new" if found == new else "neither"
    aside = any(bytes_of(folder) == old for folder in beside(target, OLD))
    if which == "neither" and not target.exists() and aside:
        which = "set aside"
    said = str(error)
    truthful = (
        (error is None and which == "new")
        or ("stands at" in said and aside)
        or ("is replaced" in said and which == "new")
        or ("stands at" not in said and "is replaced" not in said and which == "old")
    )
    if which == "neither" or not truthful:
        outcome.bad.append(f"{where}: {which} one stands there, and the save said: {error}")
    else:
        outcome.good["saved" if error is None else f"refused, the {which} one whole"] += 1


def _must_save_again(
    second: AnyPosterior, target: Path, new: dict[str, bytes], where: str, outcome: Outcome
) -> None:
    try:
        save(second, target)
    except ArtefactError as error:
        outcome.bad.append(f"{where}: the next save failed: {error}")
        return
    if _find(target) != new:
        outcome.bad.append(f"{where}: the next save left something else")


def _find(folder: Path) -> dict[str, bytes] | None:
    """The files of a folder that loads as what they hold; None where it does not load."""
    try:
        posterior = load(folder)
    except ArtefactError:
        return None
    files = bytes_of(folder)
    return files if identical(posterior, files) else None


def limit_size(first: AnyPosterior, second: AnyPosterior, place: Path) -> Outcome:
    """Lets no file grow beyond each multiple of a few bytes, as a full disk would."""
    outcome = Outcome(f"no room beyond a multiple of {STEP} bytes")
    target = place / "fit"
    new = bytes_of(save(second, target))
    largest = max(map(len, new.values()))
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in range(0, largest + STEP, STEP):
        old = bytes_of(save(first, target))
        error = None
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
        try:
            save(second, target)
        except Exception as raised:  # noqa: BLE001 - what has no name is looked for
            error = raised
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
        _judge(target, old, new, error, f"files up to {size} bytes", outcome)
        _must_save_again(second, target, new, f"files up to {size} bytes", outcome)
    return outcome


class Savers:
    """Processes that overwrite the target again and again, one at a time."""

    def __init__(self, first: Path, second: Path, target: Path) -> None:
        command = [sys.executable, "-c", SAVER, *map(str, (first, second, target))]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def start(self) -> int:
        """Starts one, and gives its number."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("start\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def kill(self, number: int) -> None:
        """Kills it, and waits until it is dead."""
        assert self.process.stdout is not None
        with suppress(ProcessLookupError):  # it ends by itself after a while
            os.kill(number, signal.SIGKILL)
        assert self.process.stdout.readline() == "ended\n"

    def __enter__(self) -> Savers:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()  # no more lines: it ends


def kill(first: Path, second: Path, place: Path, kills: int, seed: int = 3) -> Outcome:
    """Kills a process that saves without end, at random moments; each time one of two stands."""
    outcome, rng = Outcome("a process that saves was killed (SIGKILL)"), np.random.default_rng(seed)
    target = place / "fit"
    wholes = {"old": bytes_of(first), "new": bytes_of(second)}
    save(load(first), target)
    again = load(first)
    began = time.perf_counter()
    save(again, target)
    longest = 6.0 * max(time.perf_counter() - began, 0.02)  # some saves, on this machine now
    with Savers(first, second, target) as savers:
        for number in range(kills):
            process = savers.start()
            time.sleep(rng.uniform(0.0, longest))
            savers.kill(process)
            found = _find(target)
            which = next((name for name, files in wholes.items() if files == found), None)
            if which is None:
                outcome.bad.append(f"kill {number}: neither of the two stands there")
            else:
                outcome.good[f"the {which} one, whole"] += 1
            _must_save_again(again, target, wholes["old"], f"kill {number}", outcome)
    return outcome


def write_at_once(first: Path, second: Path, place: Path, loads: int, writers: int = 2) -> Outcome:
    """Several processes overwrite one folder, while this one reads it; the last one wins whole."""
    outcome = Outcome(f"read while {writers} processes overwrote it")
    target = place / "fit"
    wholes = (bytes_of(first), bytes_of(second))
    save(load(first), target)
    with ExitStack() as stack:
        for _ in range(writers):
            savers = stack.enter_context(Savers(first, second, target))
            stack.callback(savers.kill, savers.start())
        for number in range(loads):
            try:
                posterior = load(target)
            except Exception as error:  # noqa: BLE001 - what has no name is looked for
                outcome.refuse(error, f"load {number}", ("lost-file", "missing-file"))
                continue
            if any(identical(posterior, files) for files in wholes):
                outcome.good["one of the two, whole"] += 1
            else:
                outcome.bad.append(f"load {number}: a mixture")
    if _find(target) not in wholes:
        outcome.bad.append("in the end neither of the two stands there")
    return outcome
