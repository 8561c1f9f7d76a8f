"""All faults, many times: `python -m benchmarks.faults [PART ...] [--write]`.

Each part keeps what came of it in `out/faults`, so that parts can be run one by one; `--write` puts
all that is kept there into `docs/trust.md`. The command ends with 1 if anything must not have been.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from bayesinf.storage.folder import load
from benchmarks.faults.artefacts import saved, two_saved
from benchmarks.faults.damage import cut, flip, flip_and_seal
from benchmarks.faults.interrupts import interrupt, interrupt_whole
from benchmarks.faults.memory import starve
from benchmarks.faults.outcome import Outcome
from benchmarks.faults.saving import fail_everywhere, kill, limit_size, write_at_once
from benchmarks.faults.small_disk import fill_disk
from benchmarks.faults.threads import after_fork, in_processes, in_threads, under_hash_seeds
from benchmarks.machine import machine
from benchmarks.page import TRUST, table, write_section

KEPT = TRUST.parent.parent / "out" / "faults"


def damage(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Files that were cut or changed."""
    folders = saved(place)
    yield cut(folders, given.cuts)
    yield flip(folders, given.flips)
    yield flip_and_seal(folders, given.sealed)


def disks(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Disks that fail or are full."""
    del given
    first, second = (load(folder) for folder in two_saved(place))
    yield fail_everywhere(first, second, place / "one", can_exchange=True)
    yield fail_everywhere(first, second, place / "two", can_exchange=False)
    yield limit_size(first, second, place / "limit")
    if (full := fill_disk()) is not None:
        yield full


def kills(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Processes that are killed while they save."""
    yield kill(*two_saved(place), place / "kill", given.kills)


def writers(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Processes that save to one place at once."""
    yield write_at_once(*two_saved(place), place / "many", given.loads)


def interrupts(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Fits that are interrupted."""
    yield interrupt(place, given.interrupts)
    yield interrupt_whole(place / "whole", given.interrupts // 5)


def threads(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Fits in threads and in other processes."""
    del place
    yield in_threads(given.rounds)
    yield in_processes()
    yield under_hash_seeds((0, 1, 12345))
    yield after_fork()


def memory(place: Path, given: argparse.Namespace) -> Iterator[Outcome]:
    """Fits without enough memory."""
    del place, given
    yield starve()


PARTS: dict[str, Callable[[Path, argparse.Namespace], Iterator[Outcome]]] = {
    part.__name__: part for part in (damage, disks, kills, writers, interrupts, threads, memory)
}

NOTE = """A hash proves that nothing was damaged, not who wrote it: under a seal that was made
again, a flipped draw is a draw. Such folders are refused, or what is loaded is, to the last bit,
what the folder says. Nothing in a saved fit is compressed, so that there is no decompression bomb;
sizes are compared with the manifest's before anything is read."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the parts asked for, keeps what came of them, and writes the page."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    made.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all when none is named")
    counts = {"cuts": 100, "flips": 10_000, "sealed": 2_000, "kills": 200, "loads": 1_000}
    for name, count in {**counts, "interrupts": 50, "rounds": 5}.items():
        made.add_argument(f"--{name}", type=int, default=count)
    made.add_argument("--write", action="store_true", help="write docs/trust.md")
    made.add_argument("--kept", action="store_true", help="run nothing; read what was kept")
    given = made.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        made.error(f"there is no part {min(unknown)!r}; the parts are {', '.join(PARTS)}")
    # Every process of the faults imports the library that this one has imported.
    os.environ["PYTHONPATH"] = str(TRUST.parent.parent)
    for name in () if given.kept else given.parts or PARTS:
        _run(name, given)
    kept = [json.loads(path.read_text()) for path in map(_place, PARTS) if path.is_file()]
    if given.write:
        write_section("faults", _section(kept), TRUST)
    return int(any(outcome["bad"] for part in kept for outcome in part["outcomes"]))


def _run(name: str, given: argparse.Namespace) -> None:
    """Runs one part, prints and keeps what came of it."""
    began, outcomes = time.perf_counter(), []
    place = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        for outcome in PARTS[name](place, given):
            print(f"{outcome.what}: {outcome.tried} times, {dict(outcome.good)}", flush=True)
            print("".join(f"  MUST NOT BE: {sentence}\n" for sentence in outcome.bad), end="")
            outcomes.append(outcome)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    kept = {
        "part": name,
        "date": date.today().isoformat(),
        "seconds": round(time.perf_counter() - began),
        "outcomes": [
            {"what": each.what, "good": dict(each.good), "bad": each.bad} for each in outcomes
        ],
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    _place(name).write_text(json.dumps(kept, indent=1))


def _place(name: str) -> Path:
    return KEPT / f"{name}.json"


def _section(kept: list[dict]) -> str:
    here = machine()
    rows = []
    for part in kept:
        for outcome in part["outcomes"]:
            good = Counter(outcome["good"])
            ends = "; ".join(f"{kind}: {count:,}" for kind, count in good.most_common())
            tried = sum(good.values()) + len(outcome["bad"])
            rows.append([outcome["what"], f"{tried:,}", ends, str(len(outcome["bad"]))])
    bad = [sentence for part in kept for outcome in part["outcomes"] for sentence in outcome["bad"]]
    parts = [
        f"`python -m benchmarks.faults --write`, {here['date']}, on {here['processor']}, "
        f"{here['cores']} cores, {here['memory']}; the parts took "
        f"{sum(part['seconds'] for part in kept) / 60:.0f} minutes. The last column counts what "
        "must not be: a damaged fit that loads, a good one that is lost, an error without a name, "
        "other numbers, a process that ends by itself.",
        table(["fault", "times", "how it ended", "must not be"], rows),
        NOTE,
    ]
    if bad:
        parts.append("What must not be:\n\n" + "\n".join(f"- {sentence[:300]}" for sentence in bad))
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
