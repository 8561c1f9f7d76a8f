"""Saved fits of earlier versions load for ever; those of later versions are refused by name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.errors import ArtefactError
from bayesinf.storage.manifest import FORMAT_VERSION, NAME, read_manifest, write_manifest
from benchmarks.faults.artefacts import rows

FILES = Path(__file__).parent / "files"
FROZEN = sorted(path.parent for path in FILES.glob("*/*/manifest.json"))


def label(folder: Path) -> str:
    return f"{folder.parent.name}-{folder.name}"


@pytest.mark.parametrize("folder", FROZEN, ids=label)
def test_an_earlier_artefact_loads_and_predicts_as_it_did(folder: Path) -> None:
    fit = bi.load(folder)
    expected = json.loads(folder.with_suffix(".json").read_text())
    mean = fit.summary()["mean"]
    assert list(mean.index) == list(expected["mean"])
    np.testing.assert_allclose(mean, list(expected["mean"].values()), rtol=1e-12)
    if "predicted" in expected:
        predicted = fit.predict(rows()[:3], kind="linear")["mean"]
        np.testing.assert_allclose(predicted, expected["predicted"], rtol=1e-9)


@pytest.mark.parametrize("folder", FROZEN, ids=label)
def test_an_earlier_artefact_survives_another_save(folder: Path, tmp_path: Path) -> None:
    fit = bi.load(folder)
    again = bi.load(fit.save(tmp_path / "fit"))
    np.testing.assert_array_equal(again.summary(), fit.summary())
    assert again.verdict == fit.verdict


def test_an_earlier_closed_form_can_still_be_updated() -> None:
    frame = rows(9)
    frame = frame[frame["z"].between(0.1, 8.9)]
    for folder in FROZEN:
        if folder.name == "closed_form":
            updated = bi.load(folder).update(frame)
            assert updated.posterior.provenance.rows == 60 + len(frame)


def test_there_are_frozen_artefacts_of_every_kind() -> None:
    assert len(FROZEN) >= 12
    versions = {
        read_manifest((path / NAME).read_bytes(), NAME)["format_version"] for path in FROZEN
    }
    assert versions == set(range(1, FORMAT_VERSION + 1))
    assert {path.name for path in FROZEN} == {"closed_form", "counts", "groups", "written_by_hand"}


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (FORMAT_VERSION + 1, "newer-format"),
        (10**9, "newer-format"),
        (0, "damaged-manifest"),
        (-1, "damaged-manifest"),
        (True, "damaged-manifest"),
        (1.0, "damaged-manifest"),
        ("1", "damaged-manifest"),
        (None, "damaged-manifest"),
    ],
)
def test_another_format_is_refused_by_name(version: Any, code: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FROZEN[0], tmp_path / "fit"))
    content = read_manifest((folder / NAME).read_bytes(), NAME)
    # A later format may hold anything; it is the version that is looked at first.
    content.update(format_version=version, more={"of": "what is to come"})
    (folder / NAME).write_bytes(write_manifest(content))
    with pytest.raises(ArtefactError) as caught:
        bi.load(folder)
    assert caught.value.code == code
    if code == "newer-format":
        assert "pip install --upgrade" in str(caught.value)
