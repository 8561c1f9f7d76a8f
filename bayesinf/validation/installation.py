"""What is installed here: versions, hashes, precision; and whether saved fits are kept whole."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from bayesinf.api import fit as fit_model, load
from bayesinf.data.examples import sleepstudy
from bayesinf.errors import ArtefactError
from bayesinf.numerics.precision import double
from bayesinf.validation.check import Check

PACKAGES = (
    "bayesinf",
    "jax",
    "jaxlib",
    "numpyro",
    "numpy",
    "scipy",
    "pandas",
    "arviz",
    "formulaic",
    "narwhals",
    "safetensors",
)

SOURCE = Path(__file__).resolve().parent.parent
"""The folder of the package itself."""


def installation() -> Iterator[Check]:
    """The library's own files, double precision, and a saved fit."""
    if recorded_hashes():
        yield unchanged()
    yield precise()
    yield kept()
    yield sealed()


def machine() -> dict[str, str]:
    """Versions, system, processor and devices: what the checks ran on."""
    return {
        **{name: _version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "devices": ", ".join(str(device) for device in jax.devices()),
        "source": hash_of_source(),
        "files": (
            "compared with the hashes of the installation"
            if recorded_hashes()
            else "not compared: installed from a folder of sources, which records no hashes"
        ),
    }


def hash_of_source() -> str:
    """SHA-256 over the names and bytes of the package's Python files, in the order of names."""
    whole = hashlib.sha256()
    for path in sorted(SOURCE.rglob("*.py")):
        whole.update(path.relative_to(SOURCE).as_posix().encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def unchanged() -> Check:
    """Whether the package's files are those that were installed."""
    recorded = recorded_hashes()
    changed = [name for name, sha256 in recorded.items() if _differs(name, sha256)]
    if changed:
        found = f"{len(changed)} of {len(recorded)} files differ, {changed[0]} among them"
    else:
        found = f"all {len(recorded)} files are as installed"
    return Check(
        "Installation",
        "files",
        "the package's files have the hashes of the installation",
        found,
        not changed,
        "RECORD of the installed wheel",
        {"files": float(len(recorded)), "changed": float(len(changed))},
    )


def recorded_hashes() -> Mapping[str, str]:
    """SHA-256 of each Python file by its name, as the installer noted it; none for sources."""
    found: Distribution = distribution("bayesinf")
    return {
        str(entry): entry.hash.value
        for entry in found.files or ()
        if entry.suffix == ".py" and entry.hash is not None and entry.hash.mode == "sha256"
    }


def _differs(name: str, sha256: str) -> bool:
    path = Path(str(distribution("bayesinf").locate_file(name)))
    if not path.is_file():
        return True
    raw = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != sha256


def precise() -> Check:
    """Whether compiled programs compute in double precision."""
    with double():
        step = float(jax.jit(lambda x: (x + 2.0**-50) - x)(jnp.float64(1.0)))
    return Check(
        "Installation",
        "double precision",
        "compiled programs tell 1 + 2^-50 from 1",
        f"the difference is {step:.3g}",
        step == 2.0**-50,
        "IEEE 754",
        {"step": step},
    )


def kept() -> Check:
    """Whether a fit predicts after saving and loading as it did before."""
    frame = sleepstudy()
    fitted = fit_model("Reaction ~ Days", frame, seed=1, draws=400)
    with tempfile.TemporaryDirectory() as place:
        again = load(fitted.save(Path(place) / "fit"))
        before, after = fitted.predict(frame[:20]), again.predict(frame[:20])
    same = bool(np.array_equal(before.to_numpy(), after.to_numpy()))
    return Check(
        "Installation",
        "saved fits",
        "a loaded fit predicts what the saved one did, to the last bit",
        "identical" if same else "different",
        same,
        "the fit itself",
    )


def sealed() -> Check:
    """Whether a saved fit of which one bit has changed is refused."""
    fitted = fit_model("Reaction ~ Days", sleepstudy(), seed=1, draws=400)
    with tempfile.TemporaryDirectory() as place:
        folder = fitted.save(Path(place) / "fit")
        file = max((entry for entry in folder.iterdir() if entry.is_file()), key=_size)
        changed = bytearray(file.read_bytes())
        changed[len(changed) // 2] ^= 1
        file.write_bytes(bytes(changed))
        try:
            load(folder)
            found = "loaded without a word"
        except ArtefactError as error:
            found = f"refused: {error.code}"
    return Check(
        "Installation",
        "damaged fits",
        "a saved fit of which one bit was turned is refused",
        found,
        found.startswith("refused"),
        "SHA-256",
    )


def _size(path: Path) -> int:
    return path.stat().st_size


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def processor() -> str:
    """The processor's name, as well as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
