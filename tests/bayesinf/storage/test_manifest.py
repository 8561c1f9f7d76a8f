"""The manifest's text: what is written comes back, and no changed byte is believed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bayesinf.errors import ArtefactError
from bayesinf.storage import manifest
from bayesinf.storage.manifest import FORMAT, FORMAT_VERSION, read_manifest, write_manifest

CONTENT: dict[str, Any] = {
    "format": FORMAT,
    "format_version": FORMAT_VERSION,
    "bayesinf": "0.1.0",
    "numbers": [0.1 + 0.2, 1e-310, -0.0, 2**70, True, None],
    "broken": {"k_hat": float("-inf"), "gap": float("inf"), "r_hat": float("nan")},
    "words": "σ ~ 'half' \"quoted\" \n\u2028",
}


def sealed(**changes: Any) -> bytes:
    return write_manifest({**CONTENT, **changes})


def test_what_is_written_comes_back() -> None:
    back = read_manifest(sealed(), "m")
    assert back["numbers"] == CONTENT["numbers"]
    assert str(back["numbers"][2]) == "-0.0"
    assert back["words"] == CONTENT["words"]
    assert back["broken"]["k_hat"] == -np.inf
    assert np.isnan(back["broken"]["r_hat"])


def test_it_is_strict_json_for_everybody_else() -> None:
    text = sealed().decode("ascii")
    assert "Infinity" not in text
    assert "NaN" not in text
    assert set(json.loads(text)) == {*CONTENT, "seal"}


def test_numbers_of_numpy_become_plain() -> None:
    back = read_manifest(sealed(numbers=(np.float64(0.1), np.int64(3), np.bool_(True))), "m")
    assert back["numbers"] == [0.1, 3, True]
    assert [type(value) for value in back["numbers"]] == [float, int, bool]


@pytest.mark.parametrize("value", [object(), {1: 2}, b"bytes", {1, 2}, np.zeros(2)])
def test_what_is_not_plain_is_not_written(value: object) -> None:
    with pytest.raises(ArtefactError, match="cannot be saved"):
        sealed(value=value)


def test_every_flipped_byte_is_refused() -> None:
    data = sealed()
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << (place % 8)
        with pytest.raises(ArtefactError):
            read_manifest(bytes(flipped), "m")


def test_every_truncation_is_refused() -> None:
    data = sealed()
    for length in range(len(data)):
        with pytest.raises(ArtefactError):
            read_manifest(data[:length], "m")


@pytest.mark.parametrize("more", [b" ", b"\n", b"{}", b"\x00"])
def test_bytes_after_the_end_are_refused(more: bytes) -> None:
    with pytest.raises(ArtefactError):
        read_manifest(sealed() + more, "m")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e400}',
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        '{"a":' * 50_000,
        "",
        "\ufeff{}",
        '{"a": ' + "9" * 5000 + "}",
    ],
    ids=["nan", "infinity", "overflow", "repeated", "deep", "deep map", "empty", "mark", "digits"],
)
def test_json_that_python_would_read_leniently_is_refused(text: str) -> None:
    with pytest.raises(ArtefactError, match="is not JSON") as caught:
        read_manifest(text.encode(), "manifest.json")
    assert caught.value.code == "damaged-manifest"


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(ArtefactError, match="is not JSON"):
        read_manifest(b"\xff\xfe\x00", "m")


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": "another"}', "3"])
def test_a_foreign_manifest_is_not_taken_for_ours(text: str) -> None:
    with pytest.raises(ArtefactError, match="not the manifest of a saved bayesinf fit") as caught:
        read_manifest(text.encode(), "manifest.json")
    assert caught.value.code == "not-an-artefact"


def test_a_newer_format_says_upgrade() -> None:
    with pytest.raises(ArtefactError, match="pip install --upgrade bayesinf") as caught:
        read_manifest(sealed(format_version=FORMAT_VERSION + 1, bayesinf="9.0"), "m")
    assert caught.value.code == "newer-format"
    assert "written by bayesinf 9.0" in str(caught.value)


@pytest.mark.parametrize("version", [0, -1, True, "1", None, 1.0])
def test_a_version_that_is_none_is_damage(version: object) -> None:
    with pytest.raises(ArtefactError, match="format version"):
        read_manifest(sealed(format_version=version), "m")


def test_a_manifest_that_could_not_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "LARGEST_MANIFEST", 100)
    with pytest.raises(ArtefactError, match="too many levels"):
        sealed()
