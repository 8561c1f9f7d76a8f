from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.errors import ArtefactError
from bayesinf.model.program import Program, read_program
from bayesinf.storage.programs import program_draws, program_from_plain, program_to_plain
from tests.bayesinf.model import programs


@pytest.fixture(scope="module")
def program() -> Program:
    rng = np.random.default_rng(0)
    data = {"y": rng.normal(size=(6, 2)), "counts": np.array([5, 5, 10])}
    return read_program(programs.constrained, data)


def test_a_program_comes_back_without_code_and_data(program: Program) -> None:
    again = program_from_plain(program_to_plain(program))
    assert repr(again) == repr(program)
    assert again.sites.latent == program.sites.latent
    assert again.sites.observed == program.sites.observed
    assert (again.call, again.data) == (None, None)
    assert again.fingerprint == program.fingerprint
    assert again.instructions == program.instructions != ""
    assert again.rows == program.rows


def test_settings_are_kept_in_words() -> None:
    program = read_program(programs.noncentred, programs.EIGHT)
    assert program_from_plain(program_to_plain(program)).settings == {"J": "8"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda kept: kept.update(code="import os"),
        lambda kept: kept.update(label=7),
        lambda kept: kept["latent"][0].update(shape=[2.5]),
        lambda kept: kept["latent"][0].update(plates=[3, None, None]),
        lambda kept: kept["derived"].append(kept["latent"][0]),
        lambda kept: kept["observed"][0].pop("event"),
    ],
)
def test_what_is_no_program_is_refused(program: Program, spoil) -> None:
    kept = {
        name: [dict(site) for site in value] if name in ("latent", "derived", "observed") else value
        for name, value in program_to_plain(program).items()
    }
    spoil(kept)
    with pytest.raises((ArtefactError, KeyError)):
        program_from_plain(kept)


def arrays(program: Program) -> dict[str, np.ndarray]:
    return {site.name: np.zeros((2, 3, *site.shape)) for site in program.sites.kept}


def test_draws_must_be_those_of_the_sites(program: Program) -> None:
    assert program_draws(program, arrays(program)).shape == (2, 3)
    for name, spoilt in (
        ("p", np.zeros((2, 3, 4))),
        ("p", np.zeros((2, 4, 3))),
        ("p", np.zeros((2, 3, 3), dtype=np.float32)),
        ("p", np.zeros(3)),
        ("q", np.zeros((2, 3))),
    ):
        with pytest.raises(ArtefactError) as caught:
            program_draws(program, {**arrays(program), name: spoilt})
        assert caught.value.code == "other-arrays"


def test_the_folder_holds_no_data_and_no_code(tmp_path: Path) -> None:
    y = np.array([1.25, 2.5, 3.75])
    fit = bi.fit(programs.bounded, data={"y": y}, draws=40, engine="laplace", seed=1)
    folder = fit.save(tmp_path / "bounded")
    manifest = (folder / "manifest.json").read_text()
    assert "Uniform" not in manifest and "1.25" not in manifest
    bytes_of = (folder / "draws.safetensors").read_bytes()
    assert y.tobytes() not in bytes_of


def test_other_code_than_was_fitted_is_warned_of(tmp_path: Path) -> None:
    fit = bi.fit(programs.bounded, data={"y": np.ones(3)}, draws=40, engine="laplace", seed=1)
    folder = fit.save(tmp_path / "bounded")
    bi.load(folder, model=programs.bounded)
    with pytest.warns(UserWarning, match="something else than the code that was fitted"):
        bi.load(folder, model=programs.noncentred)
