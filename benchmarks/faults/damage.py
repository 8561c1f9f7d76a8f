"""Files that were cut, or in which a bit was flipped, with and without a seal that fits again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from bayesinf.errors import ArtefactError, BayesinfError
from bayesinf.fit import Fit
from bayesinf.storage.arrays import ARRAYS
from bayesinf.storage.folder import files_of, load
from bayesinf.storage.manifest import NAME, parse_strictly, read_manifest, write_manifest
from benchmarks.faults.artefacts import rows
from benchmarks.faults.outcome import Outcome


def cut(folders: dict[str, Path], cuts: int) -> Outcome:
    """Cuts each file of each folder at each of so many equal steps."""
    outcome = Outcome("a file was cut off")
    for kind, folder in folders.items():
        for name in (ARRAYS, NAME):
            whole = (folder / name).read_bytes()
            for length in np.linspace(0, len(whole), cuts, endpoint=False).astype(int):
                (folder / name).write_bytes(whole[:length])
                _must_refuse(folder, f"{kind}, {name} cut to {length} bytes", outcome)
            (folder / name).write_bytes(whole)
    return outcome


def flip(folders: dict[str, Path], flips: int, seed: int = 1) -> Outcome:
    """Flips one bit at a time, half of them in manifests and half in arrays."""
    outcome, rng = Outcome("a bit was flipped"), np.random.default_rng(seed)
    for kind, name, count in _shares(folders, flips):
        path = folders[kind] / name
        whole = path.read_bytes()
        for _ in range(count):
            place, flipped = _flipped(whole, rng)
            path.write_bytes(flipped)
            _must_refuse(folders[kind], f"{kind}, {name}, byte {place}", outcome)
        path.write_bytes(whole)
    return outcome


def flip_and_seal(folders: dict[str, Path], flips: int, seed: int = 2) -> Outcome:
    """Flips bits, and makes sizes, hashes and the seal fit again, as a forger would.

    A flipped draw with the right hash is a draw: a hash proves that nothing was damaged, not who
    wrote it. What can be asked is that such a folder is refused, or that what is loaded is what the
    folder says, in full, and that using it ends in an answer or a typed error.
    """
    outcome, rng = Outcome("a bit was flipped and sealed again"), np.random.default_rng(seed)
    for kind, name, count in _shares(folders, flips):
        folder = folders[kind]
        before = {file: (folder / file).read_bytes() for file in (ARRAYS, NAME)}
        for _ in range(count):
            place, flipped = _flipped(before[name], rng)
            changed = _sealed({**before, name: flipped}, name)
            for file, data in changed.items():
                (folder / file).write_bytes(data)
            _must_fit(folder, changed, f"{kind}, {name}, byte {place}", outcome)
        for file, data in before.items():
            (folder / file).write_bytes(data)
    return outcome


def _shares(folders: dict[str, Path], flips: int) -> list[tuple[str, str, int]]:
    places = [(kind, name) for kind in folders for name in (ARRAYS, NAME)]
    counts = np.diff(np.linspace(0, flips, len(places) + 1).astype(int))
    return [(*place, int(count)) for place, count in zip(places, counts, strict=True)]


def _flipped(whole: bytes, rng: np.random.Generator) -> tuple[int, bytes]:
    changed = bytearray(whole)
    place = int(rng.integers(len(whole)))
    changed[place] ^= 1 << int(rng.integers(8))
    return place, bytes(changed)


def _must_refuse(folder: Path, where: str, outcome: Outcome) -> None:
    try:
        load(folder)
    except Exception as error:  # noqa: BLE001 - an error without a name is what is looked for
        if isinstance(error, ArtefactError):
            outcome.refuse(error, where)
        else:
            outcome.bad.append(f"{where}: {type(error).__name__}: {error}")
    else:
        outcome.bad.append(f"{where}: loaded as if nothing had happened")


def _sealed(files: dict[str, bytes], changed: str) -> dict[str, bytes]:
    """The files with a manifest that fits them; one that is no JSON any more stays as it is."""
    try:
        content = parse_strictly(files[NAME], NAME)
    except ArtefactError:
        return files
    content.pop("seal", None)
    if changed == ARRAYS:
        sha256 = hashlib.sha256(files[ARRAYS]).hexdigest()
        content["files"][ARRAYS] = {"bytes": len(files[ARRAYS]), "sha256": sha256}
    return {**files, NAME: write_manifest(content)}


def _must_fit(folder: Path, files: dict[str, bytes], where: str, outcome: Outcome) -> None:
    try:
        posterior = load(folder)
    except Exception as error:  # noqa: BLE001 - an error without a name is what is looked for
        outcome.refuse(error, where)
        return
    again = files_of(posterior)
    if again[ARRAYS] != files[ARRAYS] or _said(again) != _said(files):
        outcome.bad.append(f"{where}: what was loaded is not what the folder says")
        return
    try:
        with np.errstate(all="ignore"):  # a draw of 1e300 overflows, and may
            fit = Fit(posterior)
            fit.summary()
            if "program" not in _said(files):
                fit.predict(rows()[:3])
    except BayesinfError:
        outcome.good["loaded as written, refused when used"] += 1
    except Exception as error:  # noqa: BLE001 - an error without a name is what is looked for
        outcome.bad.append(f"{where}: used, it raised {type(error).__name__}: {error}")
    else:
        outcome.good["loaded as written"] += 1


def _said(files: dict[str, bytes]) -> dict[str, object]:
    """What a manifest says, but for the version that wrote it."""
    content = read_manifest(files[NAME], NAME)
    return {name: value for name, value in content.items() if name != "bayesinf"}
