"""Hostile folders: each takes a good saved fit and makes of it what somebody might send."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bayesinf.storage.manifest import write_manifest

MANIFEST, ARRAYS = "manifest.json", "draws.safetensors"

Content = dict[str, Any]
Attack = Callable[[Path], object]


class Payload:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("true",)


def content_of(folder: Path) -> Content:
    """The manifest's content, without its seal."""
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content.pop("seal")
    return content


def sealed(change: Callable[[Content], object]) -> Attack:
    """Changes the manifest and seals it again, as somebody can who knows the format."""

    def attack(folder: Path) -> None:
        content = content_of(folder)
        change(content)
        (folder / MANIFEST).write_bytes(write_manifest(content))

    return attack


def by_hand(change: Callable[[str], str]) -> Attack:
    """Changes the manifest's text, with a seal that fits where JSON can be written so."""

    def attack(folder: Path) -> None:
        text = json.dumps(content_of(folder), indent=1)
        changed = change(text)
        seal = hashlib.sha256((changed + "\n").encode("utf-8", "surrogatepass")).hexdigest()
        ended = changed.rstrip().removesuffix("}").rstrip() + f',\n "seal": "{seal}"\n}}\n'
        (folder / MANIFEST).write_bytes(ended.encode("utf-8", "surrogatepass"))

    return attack


def manifest_of(data: bytes) -> Attack:
    """Another file in the manifest's place."""
    return lambda folder: (folder / MANIFEST).write_bytes(data)


def arrays_of(make: Callable[[bytes], bytes]) -> Attack:
    """Another file of arrays, with its size and hash in the manifest."""

    def attack(folder: Path) -> None:
        data = make((folder / ARRAYS).read_bytes())
        (folder / ARRAYS).write_bytes(data)
        facts = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        sealed(lambda content: content["files"].update({ARRAYS: facts}))(folder)

    return attack


def header_of(change: Callable[[dict[str, Any]], object]) -> Attack:
    """Other offsets, types or shapes in the header of the arrays."""

    def make(data: bytes) -> bytes:
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        change(header)
        written = json.dumps(header).encode()
        return struct.pack("<Q", len(written)) + written + data[8 + size :]

    return arrays_of(make)


def _npy(value: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([value], dtype=object), allow_pickle=True)
    return file.getvalue()


def _npz() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("draws.npy", bytes(50_000_000))
    return file.getvalue()


def _first(header: dict[str, Any]) -> dict[str, Any]:
    return header[min(name for name in header if name.startswith("draws/"))]


def _put(path: str, value: object) -> Callable[[Content], None]:
    """Sets one value; the path's parts are keys and positions."""

    def change(content: Content) -> None:
        inner: Any = content
        *above, last = [int(p) if p.lstrip("-").isdigit() else p for p in path.split(".")]
        for part in above:
            inner = inner[part]
        inner[last] = value

    return change


def _written(formula: str) -> Attack:
    """A formula in all places of the manifest in which one stands."""

    def change(content: Content) -> None:
        model = content["model"]
        model["typed"], model["formula"] = f"y ~ {formula}", f"y ~ 1 + {formula}"
        model["states"][0]["rhs"] = f"1 + {formula}"

    return sealed(change)


def seeded(value: str) -> Attack:
    """Other text in the place of the seed."""
    return by_hand(lambda text: text.replace('"seed": 1', f'"seed": {value}', 1))


def _link(name: str) -> Attack:
    def attack(folder: Path) -> None:
        outside = folder.parent / "outside"
        (folder / name).rename(outside)
        (folder / name).symlink_to(outside)

    return attack


def _instead(name: str, make: Callable[[Path], object]) -> Attack:
    def attack(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return attack


def _beside(name: str, data: bytes = b"x") -> Attack:
    return lambda folder: (folder / name).write_bytes(data)


def _truncated(name: str, share: float) -> Attack:
    def attack(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])

    return attack


def _more_files(name: str) -> Callable[[Content], object]:
    return lambda content: content["files"].update({name: content["files"][ARRAYS]})


PICKLE = pickle.dumps(Payload())
CODE = "__import__('os').system('true')"

FILES: dict[str, Attack] = {
    "an empty manifest": manifest_of(b""),
    "half a manifest": _truncated(MANIFEST, 0.5),
    "a manifest without its last byte": lambda f: (f / MANIFEST).write_bytes(
        (f / MANIFEST).read_bytes()[:-1]
    ),
    "half of the arrays": _truncated(ARRAYS, 0.5),
    "empty arrays": _truncated(ARRAYS, 0),
    "a pickle as manifest": manifest_of(PICKLE),
    "a pickle as arrays": arrays_of(lambda _: PICKLE),
    "a pickle behind the arrays": arrays_of(lambda data: data + PICKLE),
    "a pickle before the arrays": arrays_of(lambda data: PICKLE + data),
    "a pickled npy as arrays": arrays_of(lambda _: _npy(Payload())),
    "a zip bomb as arrays": arrays_of(lambda _: _npz()),
    "a zip bomb as manifest": lambda f: (f / MANIFEST).write_bytes(_npz()),
    "a pickle beside": _beside("model.pkl", PICKLE),
    "a joblib beside": _beside("model.joblib", PICKLE),
    "a module beside": _beside("bayesinf.py", b"raise SystemExit"),
    "a conftest beside": _beside("conftest.py", b"raise SystemExit"),
    "a numpy module beside": _beside("numpy.py", b"raise SystemExit"),
    "a folder beside": lambda f: (f / "draws").mkdir(),
    "the manifest is a link": _link(MANIFEST),
    "the arrays are a link": _link(ARRAYS),
    "the manifest links to a device": _instead(MANIFEST, lambda p: p.symlink_to("/dev/zero")),
    "the arrays link to a device": _instead(ARRAYS, lambda p: p.symlink_to("/dev/urandom")),
    "the manifest is a pipe": _instead(MANIFEST, os.mkfifo),
    "the arrays are a pipe": _instead(ARRAYS, os.mkfifo),
    "the manifest is a folder": _instead(MANIFEST, os.mkdir),
    "the arrays are a folder": _instead(ARRAYS, os.mkdir),
    "no manifest": lambda f: (f / MANIFEST).unlink(),
    "no arrays": lambda f: (f / ARRAYS).unlink(),
}

SAFETENSORS: dict[str, Attack] = {
    "a header of 2**63 bytes": arrays_of(lambda data: struct.pack("<Q", 2**63) + data[8:]),
    "a header of 2**64 - 1 bytes": arrays_of(lambda data: b"\xff" * 8 + data[8:]),
    "a header longer than the file": arrays_of(lambda data: struct.pack("<Q", 10**6) + data[8:]),
    "a header of no bytes": arrays_of(lambda data: bytes(8) + data[8:]),
    "only a length": arrays_of(lambda data: data[:8]),
    "a header that is no JSON": arrays_of(lambda data: data[:9] + b"\x00" * 60 + data[69:]),
    "a header of brackets": arrays_of(lambda _: struct.pack("<Q", 10**5) + b"[" * 10**5),
    "offsets beyond the end": header_of(lambda h: _first(h).update(data_offsets=[0, 10**9])),
    "offsets beyond 2**63": header_of(lambda h: _first(h).update(data_offsets=[2**63, 2**64])),
    "negative offsets": header_of(lambda h: _first(h).update(data_offsets=[-8, 0])),
    "offsets in reverse": header_of(lambda h: _first(h).update(data_offsets=[800, 0])),
    "overlapping arrays": header_of(lambda h: h.update({"draws/more": dict(_first(h))})),
    "a shape of 2**62": header_of(lambda h: _first(h).update(shape=[2**62, 4])),
    "a shape that overflows": header_of(lambda h: _first(h).update(shape=[2**32, 2**32, 2])),
    "a negative shape": header_of(lambda h: _first(h).update(shape=[-1, -1, -1])),
    "a shape of nothing": header_of(lambda h: _first(h).update(shape=[0, 2**62])),
    "a shape of text": header_of(lambda h: _first(h).update(shape="4")),
    "a shape of thousands": header_of(lambda h: _first(h).update(shape=[1] * 5_000)),
    "objects": header_of(lambda h: _first(h).update(dtype="O")),
    "an unknown type": header_of(lambda h: _first(h).update(dtype="os.system")),
    "half precision": header_of(lambda h: _first(h).update(dtype="F16")),
    "a name that walks": header_of(lambda h: h.update({"../../x": h.pop(min(h))})),
    "metadata that is code": header_of(lambda h: h.update(__metadata__={"reduce": [CODE]})),
}

JSON: dict[str, Attack] = {
    "not JSON": manifest_of(b"<html></html>"),
    "Python": manifest_of(CODE.encode()),
    "YAML that makes objects": manifest_of(b"!!python/object/apply:os.system ['true']"),
    "another encoding": manifest_of('{"format": "é"}'.encode("utf-16")),
    "a byte order mark": by_hand(lambda text: "\ufeff" + text),
    "half a character": by_hand(lambda text: text.replace('"Intercept"', '"\ud800"', 1)),
    "NaN": by_hand(lambda text: text.replace('"seconds": ', '"seconds": NaN, "s": ', 1)),
    "infinity": seeded('Infinity'),
    "1e400": seeded('1e400'),
    "a number of 5,000 digits": seeded("9" * 5_000),
    "a number of 400 digits": seeded("9" * 400),
    "a key twice": seeded('1, "seed": 2'),
    "100,000 brackets": manifest_of(b'{"format": "bayesinf posterior", "a": ' + b"[" * 10**5),
    "100,000 mappings": manifest_of(b'{"a": ' * 10**5 + b"1" + b"}" * 10**5),
    "5,000 lists": seeded("[" * 5_000 + "]" * 5_000),
    "900 lists": seeded("[" * 900 + "]" * 900),
    "text behind": by_hand(lambda text: text + " {}"),
    "a comment": by_hand(lambda text: text.replace("{", "{ // comment\n", 1)),
    "a list": manifest_of(b"[]"),
    "a number": manifest_of(b"1"),
    "null": manifest_of(b"null"),
    "another format": sealed(_put("format", "sklearn")),
    "a later version": sealed(_put("format_version", 3)),
    "version 0": sealed(_put("format_version", 0)),
    "version -1": sealed(_put("format_version", -1)),
    "version true": sealed(_put("format_version", True)),
    "version 1.5": sealed(_put("format_version", 1.5)),
    "version as text": sealed(_put("format_version", CODE)),
    "no seal": lambda f: (f / MANIFEST).write_text(json.dumps(content_of(f), indent=1)),
    "a seal of something else": by_hand(lambda text: text + " "),
    "a number that is not one": sealed(_put("provenance.seconds", {"not finite": CODE})),
    "a list that is not finite": sealed(_put("provenance.seconds", {"not finite": [1]})),
}  # fmt: skip

CONTENT: dict[str, Attack] = {
    "a file elsewhere": sealed(_more_files("../../etc/passwd")),
    "an absolute file": sealed(lambda c: c.update(files={"/etc/passwd": c["files"][ARRAYS]})),
    "a file's name with a zero": sealed(lambda c: c.update(files={"a\0b": c["files"][ARRAYS]})),
    "no files": sealed(_put("files", {})),
    "files as a list": sealed(_put("files", [ARRAYS])),
    "a size of -1": sealed(lambda c: c["files"][ARRAYS].update(bytes=-1)),
    "a size of 2**62": sealed(lambda c: c["files"][ARRAYS].update(bytes=2**62)),
    "a size of true": sealed(lambda c: c["files"][ARRAYS].update(bytes=True)),
    "a wrong hash": sealed(lambda c: c["files"][ARRAYS].update(sha256="0" * 64)),
    "no hash": sealed(lambda c: c["files"][ARRAYS].update(sha256=None)),
    "a hash as a list": sealed(lambda c: c["files"][ARRAYS].update(sha256=[1])),
    "arrays as text": sealed(_put("arrays", CODE)),
    "an array too many": sealed(_put("arrays.draws/x", {"dtype": "O", "shape": []})),
    "an unknown field": sealed(_put("__reduce__", [CODE])),
    "an unknown field of the model": sealed(_put("model.__class__", CODE)),
    "an unknown field of a prior": sealed(_put("model.priors.0.code", CODE)),
    "an unknown field of a group": sealed(_put("model.groups.0.code", CODE)),
    "an unknown field of a column": sealed(_put("model.schema.x.code", CODE)),
    "an unknown field of the provenance": sealed(_put("provenance.code", CODE)),
    "a formula that runs": _written(f"I({CODE})"),
    "a formula that walks": _written("x.__class__"),
    "a formula that opens": _written("open(x)"),
    "a formula of formulaic": _written("{open('/etc/passwd')}"),
    "a formula of 20,000 characters": _written("x + " * 5_000 + "x"),
    "a formula that explodes": _written("(a+b+c+d+e+f+h+i+j+k+l+m)**5"),
    "a formula of deep parentheses": _written("(" * 4_000 + "x" + ")" * 4_000),
    "a formula as a list": sealed(_put("model.typed", ["y ~ x"])),
    "a formula with an escape": _written("`\x1b[2J`"),
    "a coefficient's state that runs": sealed(_put("model.states.0.rhs", f"I({CODE})")),
    "a transform that runs": sealed(
        _put("model.states.0.transforms", {"map": [[CODE, {"map": []}]]})
    ),
    "transforms as text": sealed(_put("model.states.0.transforms", CODE)),
    "a transform without end": sealed(
        _put("model.states.0.transforms.map.0.1", {"map": [["knots", {"array": [0.0] * 100_000}]]})
    ),
    "knots of text": sealed(_put("model.states.0.transforms.map.0.1.map.2.1", [CODE] * 8)),
    "an encoder that runs": sealed(_put("model.states.0.encoders", {CODE: {"kind": CODE}})),
    "an encoder's kind": sealed(
        _put("model.states.0.encoders", {"f": {"kind": "os.system", "categories": []}})
    ),
    "another level in a coding": sealed(_put("model.states.0.encoders.f.categories.1", "x")),
    "no states": sealed(_put("model.states", [])),
    "states of numbers": sealed(_put("model.states", [1, 2])),
    "a family that is code": sealed(_put("model.family.family", CODE)),
    "a family by its module": sealed(_put("model.family.family", "os.system")),
    "a link that is code": sealed(_put("model.family.link", "builtins.eval")),
    "a family as a list": sealed(_put("model.family", ["gaussian"])),
    "a prior that is code": sealed(_put("model.priors.0.prior.prior", "os.system")),
    "a prior by a dunder": sealed(_put("model.priors.0.prior.prior", "__class__")),
    "a prior with code for a number": sealed(_put("model.priors.0.prior.sd", CODE)),
    "a prior of a negative width": sealed(_put("model.priors.0.prior.sd", -1.0)),
    "a prior of no width": sealed(_put("model.priors.0.prior.sd", {"not finite": "nan"})),
    "a prior as text": sealed(_put("model.priors.0.prior", CODE)),
    "priors as a mapping": sealed(_put("model.priors", {"Intercept": CODE})),
    "a function that is code": sealed(_put("model.functions", {"os.system": "1"})),
    "a function of a strange version": sealed(_put("model.functions", {"half": CODE})),
    "a function nobody registered": sealed(_put("model.functions", {"half": "1"})),
    "functions as a list": sealed(_put("model.functions", ["half"])),
    "a column that is code": sealed(_put("model.schema", {CODE: {"kind": "number"}})),
    "levels of lists": sealed(_put("model.schema.f.levels", [["u"], ["v"]])),
    "a level twice": sealed(_put("model.schema.f.levels", ["u", "u"])),
    "names as text": sealed(_put("model.names", "Intercept")),
    "a name too many": sealed(lambda c: c["model"]["names"].append("x")),
    "a centre of text": sealed(_put("model.centre.0", CODE)),
    "a group of another column": sealed(_put("model.groups.0.factor", "__class__")),
    "a level too many": sealed(lambda c: c["model"]["groups"][0]["levels"].append("zz")),
    "effects of numbers": sealed(_put("model.groups.0.effects", [1, 2])),
    "a state that is code": sealed(_put("state.kind", "os.system")),
    "a state without arrays": sealed(
        _put("state", {"kind": "gaussian", "square": 1, "weight": 1, "level": 1, "rows": 1})
    ),
    "a verdict as text": sealed(_put("verdict", CODE)),
    "a severity that is none": sealed(_put("verdict.0.severity", "<script>")),
    "evidence that is code": sealed(_put("verdict.0.evidence", {"a": CODE})),
    "a seed as text": sealed(_put("provenance.seed", CODE)),
    "a whole number of 39 digits for a number": sealed(_put("model.centre.0", "9" * 39)),
    "rows as a mapping": sealed(_put("provenance.rows", {})),
    "missing rows as a list": sealed(_put("model.missing", [])),
    "a program beside the model": sealed(_put("program", {"label": "x"})),
    "a program in place of the model": sealed(
        lambda c: (c.pop("model"), c.update(program={"label": CODE, "call": CODE}))
    ),
    "independence as text": sealed(_put("independent", "yes")),
    "draws that are not numbers": arrays_of(
        lambda data: data[:-800] + np.full(100, np.nan).tobytes()
    ),
}  # fmt: skip

ALL: dict[str, Attack] = {**FILES, **SAFETENSORS, **JSON, **CONTENT}
