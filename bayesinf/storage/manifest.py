"""The manifest's text: strict JSON that seals itself, so that no changed byte goes unnoticed.

The file is the canonical text of its content and of the content's SHA-256. Reading it checks that
the text is canonical and that the seal fits, so that also a flipped byte that still is JSON fails.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from bayesinf.errors import ArtefactError

NAME = "manifest.json"
FORMAT = "bayesinf posterior"
FORMAT_VERSION = 2
"""Counted up when what is written changes, so that an older bayesinf says that it is too old.

1 The first.
2 Sums in an orthonormal basis, with its origin; functions that were registered; a hash of the code
  of a model written by hand. Fits of format 1 have none of these, and load as they are, unless
  their formula is refused by now: a sign of the intercept in parentheses, or a power that changes
  nothing.
"""

LARGEST_MANIFEST = 64 * 2**20
"""Bytes. A manifest is a few kB, and 20 bytes or so for every level of a factor."""

MAX_DEPTH = 32
"""Lists and mappings inside of each other; a manifest has about ten."""

LONGEST_INTEGER = 40
"""Characters of a whole number: seeds have up to 39 digits."""

NOT_FINITE = "not finite"
"""JSON has no infinity; `{"not finite": "inf"}` stands for it."""


def write_manifest(content: Mapping[str, Any]) -> bytes:
    """The file's bytes.

    Args:
        content: Plain values: mappings with text keys, lists, text, numbers, booleans, None.

    Raises:
        ArtefactError: For values of other kinds, and above `LARGEST_MANIFEST`.
    """
    plain = _plain(content)
    data = _text({**plain, "seal": _seal(plain)}).encode()
    if len(data) > LARGEST_MANIFEST:
        raise ArtefactError(
            f"The manifest would have {len(data):,} bytes, and may have {LARGEST_MANIFEST:,}: the "
            "factors have too many levels.",
            code="too-large",
        )
    return data


def read_manifest(data: bytes, place: str) -> dict[str, Any]:
    """Reads the bytes back, and checks format, version and seal, in this order.

    Args:
        data: The file's bytes.
        place: The file's name, for the sentences.

    Returns:
        The content, without the seal.

    Raises:
        ArtefactError: `damaged-manifest`, `not-an-artefact`, `newer-format`, `broken-seal`.
    """
    parsed = parse_strictly(data, place)
    if not isinstance(parsed, dict) or parsed.get("format") != FORMAT:
        raise ArtefactError(
            f"{place} is not the manifest of a saved bayesinf fit.", code="not-an-artefact"
        )
    _check_version(parsed.get("format_version"), parsed.get("bayesinf"), place)
    seal = parsed.pop("seal", None)
    if seal != _seal(parsed) or _text({**parsed, "seal": seal}).encode() != data:
        raise _damaged(place, "its content does not fit its seal", "broken-seal")
    return {key: _thaw(value) for key, value in parsed.items()}


def parse_strictly(data: bytes, place: str) -> Any:
    """Parses JSON without what Python adds to it: NaN, infinities, repeated keys."""
    try:
        parsed = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_exact,
            object_pairs_hook=_without_repeats,
        )
    except (ValueError, RecursionError) as error:
        raise _damaged(place, f"it is not JSON ({error})") from error
    _refuse_deep(parsed, place)
    return parsed


def _refuse_deep(parsed: Any, place: str) -> None:
    level, depth = [[parsed]], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _damaged(place, f"it is nested more than {MAX_DEPTH} deep")
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, dict) else value)
            if isinstance(item, dict | list)
        ]


def _check_version(version: object, writer: object, place: str) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise _damaged(place, f"its format version is {version!r}")
    if version > FORMAT_VERSION:
        raise ArtefactError(
            f"{place} has format {version}, written by bayesinf {writer}; this bayesinf reads "
            f"formats 1 to {FORMAT_VERSION}.",
            code="newer-format",
            hint="Upgrade: pip install --upgrade bayesinf",
        )


def _damaged(place: str, why: str, code: str = "damaged-manifest") -> ArtefactError:
    return ArtefactError(
        f"{place} is damaged: {why}. Nothing was loaded.",
        code=code,
        hint="Restore the folder from a copy, or save the fit again.",
    )


def _text(plain: Mapping[str, Any]) -> str:
    return json.dumps(plain, ensure_ascii=True, allow_nan=False, indent=1) + "\n"


def _seal(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Turns tuples into lists, NumPy numbers into Python's, infinities into words."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return {NOT_FINITE: str(value)}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise ArtefactError(
        f"A value of type {type(value).__name__} ({value!r}) cannot be saved.", code="not-plain"
    )


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    raise ArtefactError(f"The key {key!r} cannot be saved: it is not text.", code="not-plain")


def _thaw(value: Any) -> Any:
    """Turns the words for infinities back into numbers."""
    if isinstance(value, dict):
        if set(value) == {NOT_FINITE}:
            return _not_finite(value[NOT_FINITE])
        return {key: _thaw(item) for key, item in value.items()}
    return [_thaw(item) for item in value] if isinstance(value, list) else value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def _not_finite(word: object) -> float:
    if word not in ("inf", "-inf", "nan"):
        raise ArtefactError(
            f"The manifest has a number {word!r:.60}, which is not 'inf', '-inf' or 'nan'.",
            code="bad-manifest",
        )
    return float(str(word))


def _exact(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise ValueError(f"a whole number has {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is too large for a number")
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is repeated")
    return made
