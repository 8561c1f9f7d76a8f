"""No hostile folder runs anything or opens anything elsewhere; each is refused with a reason."""

from __future__ import annotations

import resource
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import bayesinf as bi
from tests.evil.artefacts import ALL
from tests.evil.watch import warm_up, watched

RNG = np.random.default_rng(3)
FRAME = {
    "y": RNG.normal(size=60) + 3,
    "x": RNG.random(60) * 3,
    "g": np.array(list("abcdef") * 10),
    "f": np.array(list("uvw") * 20),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fit = bi.fit("y ~ bs(x, df=4) + f + (x | g)", FRAME, seed=1, draws=200)
    folder = fit.save(tmp_path_factory.mktemp("good") / "fit")
    warm_up()
    bi.load(folder)
    with pytest.raises(bi.ArtefactError):
        bi.load(folder.parent)
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "fit"))


def test_there_are_many_of_them() -> None:
    assert len(ALL) >= 150


def test_a_good_folder_is_loaded_and_causes_nothing(folder: Path) -> None:
    bi.load(folder)
    with watched(inside=folder) as events:
        bi.load(folder)
    assert [event for event in events if not event.startswith(("compile(", "exec("))] == []


@pytest.mark.parametrize("name", ALL)
def test_every_hostile_folder_is_refused_and_nothing_happens(name: str, folder: Path) -> None:
    ALL[name](folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    with watched(inside=folder) as events, pytest.raises(bi.ArtefactError) as caught:
        bi.load(folder)
    assert time.process_time() - began < 10.0
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 512 * 1024, f"{grown / 1024:.0f} MiB"
    assert [event for event in events if not event.startswith(("compile(", "exec("))] == []
    assert not any("os.system" in event or "getpid" in event for event in events)
    assert caught.value.code
    assert len(str(caught.value)) < 3_000
    assert "\x1b" not in str(caught.value)
