"""A saved fit is the fit: same tables, same predictions to the last bit, in another process too."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.errors import ArtefactError
from bayesinf.numerics.nuts import NutsRun
from bayesinf.posterior.judgement import nuts_statistics
from bayesinf.storage.folder import ARRAYS, load, save
from bayesinf.storage.manifest import NAME, read_manifest, write_manifest

SIZE = 90


def simulated() -> pd.DataFrame:
    """The training rows, made again by the process that checks the predictions."""
    rng = np.random.default_rng(5)
    made = pd.DataFrame(
        {
            "x": rng.normal(size=SIZE),
            "z": rng.uniform(0.0, 9.0, SIZE),
            "i": rng.integers(1, 4, SIZE),
            "g": pd.Categorical(rng.choice(["lo", "mid", "hi"], SIZE), ["lo", "mid", "hi"]),
            "school": rng.choice(["A", "B", "C", "D"], SIZE),
            "n": 9,
            "k": rng.integers(0, 9, SIZE),
        }
    )
    return made.assign(y=made["x"] + rng.standard_t(5, SIZE), b=(made["k"] > 4).astype(int))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulated()


# Every family, every engine but NUTS, every kind of remembered column.
FITS = {
    "gaussian": ("y ~ bs(z, df=4) + poly(x, 2) * g + C(i):scale(k)", "gaussian"),
    "grouped": ("y ~ center(z) + C(i) + (1 + scale(x) | school)", "gaussian"),
    "student_t": ("y ~ x", "student_t"),
    "bernoulli": ("b ~ x * g", "bernoulli"),
    "binomial": ("k | trials(n) ~ bs(z, df=3)", "binomial"),
    "poisson": ("k ~ scale(x) + offset(log(n))", "poisson"),
    "negative_binomial": ("k ~ poly(x, 2)", "negative_binomial"),
}


@pytest.fixture(scope="module")
def fits(frame: pd.DataFrame) -> dict[str, bi.Fit]:
    return {
        name: bi.fit(formula, frame, family=family, draws=400, seed=1)
        for name, (formula, family) in FITS.items()
    }


@pytest.fixture(scope="module")
def grouped(fits: dict[str, bi.Fit]) -> bi.Fit:
    return fits["grouped"]


@pytest.fixture
def folder(grouped: bi.Fit, tmp_path: Path) -> Path:
    return grouped.save(tmp_path / "fit")


def predicted(fit: bi.Fit, rows: pd.DataFrame) -> str:
    """A fingerprint of every kind of prediction, to the last bit."""
    parts = [fit.predict(rows, kind=kind).to_numpy() for kind in ("response", "mean", "linear")]
    return hashlib.sha256(
        b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    ).hexdigest()


def same_arrays(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        assert theirs[name].dtype == values.dtype, name
        np.testing.assert_array_equal(theirs[name], values, err_msg=name)


@pytest.mark.parametrize("name", FITS)
def test_everything_comes_back(name: str, fits: dict[str, bi.Fit], tmp_path: Path) -> None:
    fit = fits[name]
    again = bi.load(fit.save(tmp_path / "fit"))
    same_arrays(fit.posterior.values.arrays(), again.posterior.values.arrays())
    pd.testing.assert_frame_equal(
        again.summary(group_effects=True), fit.summary(group_effects=True)
    )
    assert again.verdict == fit.verdict
    assert again.posterior.provenance == fit.posterior.provenance
    assert again.posterior.independent == fit.posterior.independent
    assert type(again.posterior.state) is type(fit.posterior.state)
    assert repr(again.model) == repr(fit.model)
    assert again.model.design.table is None
    assert len(again.model.design.rows) == 0


def test_a_fresh_process_predicts_the_same_bits_and_never_unpickles(
    fits: dict[str, bi.Fit], frame: pd.DataFrame, tmp_path: Path
) -> None:
    for name, fit in fits.items():
        fit.save(tmp_path / name)
    code = (
        "import sys, json, pickle, bayesinf as bi\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_folder import predicted, simulated\n"
        "events, real = [], {n: getattr(pickle, n) for n in ('load', 'loads', 'Unpickler')}\n"
        "def refuse(*_, **__): raise AssertionError('unpickled')\n"
        "sys.addaudithook(lambda event, _: events.append(event))\n"
        "for name in real: setattr(pickle, name, refuse)\n"
        "fits = {name: bi.load(sys.argv[1] + '/' + name) for name in sys.argv[2:]}\n"
        "unpickled = [event for event in events if event.startswith('pickle.')]\n"
        "for name in real: setattr(pickle, name, real[name])\n"
        "rows = simulated()[:7].drop(columns=['y', 'b'])\n"
        "bits = {name: predicted(fit, rows) for name, fit in fits.items()}\n"
        "print(json.dumps([len(events) > 0, unpickled, bits]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *fits],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(bi.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    rows = frame[:7].drop(columns=["y", "b"])
    here = {name: predicted(fit, rows) for name, fit in fits.items()}
    assert json.loads(done.stdout) == [True, [], here]


def test_the_audit_of_the_test_above_would_notice() -> None:
    code = (
        "import sys, pickle, pathlib\n"
        "text, events = pickle.dumps(pathlib.Path('x')), []\n"
        "sys.addaudithook(lambda event, _: events.append(event))\n"
        "pickle.loads(text); print('pickle.find_class' in events)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_the_training_rows_are_not_stored(frame: pd.DataFrame, folder: Path) -> None:
    text, data = (folder / NAME).read_text(), (folder / ARRAYS).read_bytes()
    for column in ("y", "x"):
        for value in frame[column]:
            is_range = value in (frame[column].min(), frame[column].max())
            assert is_range or repr(float(value)) not in text
            assert np.float64(value).tobytes() not in data
    assert sorted(os.listdir(folder)) == [ARRAYS, NAME]


def test_every_flipped_byte_is_refused(folder: Path) -> None:
    rng = np.random.default_rng(9)
    for name in (NAME, ARRAYS):
        data = (folder / name).read_bytes()
        places = {0, 1, 7, 8, 9, len(data) - 1, *rng.integers(0, len(data), 60).tolist()}
        for place in sorted(places):
            flipped = bytearray(data)
            flipped[place] ^= 1 << int(rng.integers(8))
            (folder / name).write_bytes(flipped)
            with pytest.raises(ArtefactError, match=name.replace(".", r"\.")):
                load(folder)
        (folder / name).write_bytes(data)
    load(folder)


def test_every_truncation_is_refused(folder: Path) -> None:
    rng = np.random.default_rng(10)
    for name in (NAME, ARRAYS):
        data = (folder / name).read_bytes()
        for length in {0, 1, 8, len(data) - 1, *rng.integers(0, len(data), 30).tolist()}:
            (folder / name).write_bytes(data[:length])
            with pytest.raises(ArtefactError, match=name.replace(".", r"\.")):
                load(folder)
        (folder / name).write_bytes(data + b"\0")
        with pytest.raises(ArtefactError):
            load(folder)
        (folder / name).write_bytes(data)


def reseal(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes the manifest and seals it again, as somebody would who wants to deceive."""
    content = read_manifest((folder / NAME).read_bytes(), NAME)
    change(content)
    (folder / NAME).write_bytes(write_manifest(content))


DECEPTIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a path": lambda c: c["files"].update({"../secret": {"bytes": 1, "sha256": ""}}),
    "an absolute path": lambda c: c.update(files={"/etc/passwd": {"bytes": 1, "sha256": ""}}),
    "no files": lambda c: c.update(files={}),
    "files as a list": lambda c: c.update(files=[]),
    "a negative size": lambda c: c["files"][ARRAYS].update(bytes=-1),
    "a size as text": lambda c: c["files"][ARRAYS].update(bytes="many"),
    "no hash": lambda c: c["files"][ARRAYS].update(sha256=None),
    "another type": lambda c: c["arrays"]["draws/coefficients"].update(dtype="float32"),
    "another shape": lambda c: c["arrays"]["draws/coefficients"].update(shape=[4, 100, 9]),
    "an array too few": lambda c: c["arrays"].pop("draws/effects.0"),
    "an array too many": lambda c: c["arrays"].update(more={"dtype": "float64", "shape": [1]}),
    "no model": lambda c: c.pop("model"),
    "no terms": lambda c: c["model"].update(states=[]),
    "another formula": lambda c: c["model"].update(typed="y ~ x"),
    "code": lambda c: c["model"].update(typed="y ~ I(__import__('os').getpid())"),
    "an unknown family": lambda c: c["model"]["family"].update(family="cauchit"),
    "an unknown prior": lambda c: c["model"]["priors"][0]["prior"].update(prior="Popen"),
    "a prior too few": lambda c: c["model"]["priors"].pop(),
    "a broken prior": lambda c: c["model"]["priors"][0]["prior"].update(sd=-1.0),
    "a level too few": lambda c: c["model"]["groups"][0]["levels"].pop(),
    "a group too few": lambda c: c["model"]["groups"].pop(),
    "an unknown state": lambda c: c["state"].update(kind="os.system"),
    "a strange finding": lambda c: c["verdict"].append({"sentence": "x"}),
    "a strange provenance": lambda c: c["provenance"].update(more=1),
    "a term without memory": lambda c: c["model"]["states"].__setitem__(0, {}),
    "a group term without memory": lambda c: c["model"]["states"].__setitem__(-1, {}),
    "another memory": lambda c: c["model"]["states"][-1]["levels"].pop(),
    "a count as text": lambda c: c["model"]["missing"].update(n_before="90"),
    "a count of a column as text": lambda c: c["model"]["missing"].update(by_column={"x": "1"}),
    "an unknown count": lambda c: c["model"]["missing"].update(more=1),
    "seconds as text": lambda c: c["provenance"].update(seconds="0.1"),
    "a seed as text": lambda c: c["provenance"].update(seed="1"),
    "a history as text": lambda c: c["provenance"].update(history="added 5 rows"),
    "a choice as text": lambda c: c["provenance"]["explanation"]["choices"][0].update(chosen="no"),
    "independence as text": lambda c: c.update(independent="False"),
    "evidence as text": lambda c: c["verdict"][0].update(evidence={"k_hat": "0.1"}),
    "an unknown kind of column": lambda c: c["model"]["schema"]["z"].update(kind="date"),
    "a bound as text": lambda c: c["model"]["schema"]["z"].update(low="0"),
    "a factor without levels": lambda c: c["model"]["schema"]["school"].update(levels=[]),
    "a level twice": lambda c: c["model"]["schema"]["school"]["levels"].append("A"),
    "a group's level twice": lambda c: c["model"]["groups"][0]["levels"].__setitem__(1, "A"),
    "correlation as text": lambda c: c["model"]["groups"][0].update(correlated="yes"),
    "an unknown source": lambda c: c["model"]["priors"][0].update(source="oracle"),
}


@pytest.mark.parametrize("deception", DECEPTIONS)
def test_a_manifest_that_was_sealed_again_still_has_to_make_sense(
    deception: str, folder: Path
) -> None:
    reseal(folder, DECEPTIONS[deception])
    with pytest.raises(ArtefactError):
        load(folder)


@pytest.mark.parametrize("typed", ["y ~ (0+x)", "y ~ (x-1)+z", "y ~ (x+x)**2"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_formula_that_was_accepted_once_is_said_to_be_refused_now(
    typed: str, version: int, folder: Path
) -> None:
    reseal(folder, lambda c: (c["model"].update(typed=typed), c.update(format_version=version)))
    with pytest.raises(ArtefactError, match="does not accept the formula") as caught:
        load(folder)
    assert caught.value.code == "refused-formula"
    assert typed in str(caught.value) and "Fit again" in str(caught.value)
    assert "not written by bayesinf" not in str(caught.value)


def test_a_fit_whose_smallest_values_do_not_go_together_is_loaded(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"z": rng.uniform(1.0, 9.0, 40), "y": rng.normal(size=40)})
    frame["x"] = 10.0 - frame["z"] + rng.normal(size=40)
    assert frame["z"].min() + frame["x"].min() < 5.0
    fit = bi.fit("y ~ np.log(x + z - 5)", frame, seed=1)
    again = bi.load(fit.save(tmp_path / "fit"))
    assert again.predict(frame).equals(fit.predict(frame))


@pytest.mark.parametrize("name", ["", ".", "..", "/", "x\0", b"x", 3])
def test_paths_that_no_fit_can_have_are_sentences(
    name: Any, grouped: bi.Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    with pytest.raises(ArtefactError):
        grouped.save(name)
    with pytest.raises(ArtefactError):
        bi.load(name)
    assert os.listdir(tmp_path) == ["inside"] and os.listdir(inside) == []


def test_a_fit_is_loaded_from_the_folder_that_one_stands_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert bi.load(".").verdict == bi.load(folder).verdict == bi.load("../fit/.").verdict


def test_a_folder_below_a_file_is_refused(grouped: bi.Fit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArtefactError, match="is not a folder"):
        grouped.save(tmp_path / "file" / "deeper" / "fit")


def test_the_draws_that_a_manifest_lists_are_lost_when_absent(folder: Path) -> None:
    (folder / ARRAYS).unlink()
    with pytest.raises(ArtefactError) as caught:
        load(folder)
    assert caught.value.code == "lost-file"


def test_arrays_that_are_not_safetensors_are_refused(folder: Path) -> None:
    data = pickle.dumps({"a": 1})
    (folder / ARRAYS).write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    reseal(folder, lambda c: c["files"][ARRAYS].update(bytes=len(data), sha256=sha256))
    with pytest.raises(ArtefactError, match=r"draws\.safetensors cannot be read"):
        load(folder)


def test_links_and_strangers_are_refused(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    (folder / ARRAYS).rename(moved)
    with pytest.raises(ArtefactError, match=r"There is no draws\.safetensors"):
        load(folder)
    (folder / ARRAYS).symlink_to(moved)
    with pytest.raises(ArtefactError, match="plain file"):
        load(folder)
    (folder / ARRAYS).unlink()
    moved.rename(folder / ARRAYS)
    (folder / "payload.pkl").write_bytes(b"x")
    with pytest.raises(ArtefactError, match=r"payload\.pkl"):
        load(folder)


def test_a_newer_format_says_upgrade(folder: Path) -> None:
    reseal(folder, lambda c: c.update(format_version=3))
    with pytest.raises(ArtefactError, match="Upgrade"):
        load(folder)


def test_what_is_not_a_saved_fit_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="There is no folder"):
        bi.load(tmp_path / "nowhere")
    with pytest.raises(ArtefactError, match=r"There is no manifest\.json"):
        bi.load(tmp_path)


def test_saving_replaces_a_saved_fit_and_nothing_else(
    grouped: bi.Fit, fits: dict[str, bi.Fit], folder: Path, tmp_path: Path
) -> None:
    fits["poisson"].save(folder)
    assert bi.load(folder).model.family.name == "poisson"
    reseal(folder, lambda c: c.update(format_version=99))
    grouped.save(folder)
    damaged = bytearray((folder / NAME).read_bytes())
    damaged[damaged.index(b"Intercept")] ^= 1
    (folder / NAME).write_bytes(damaged)
    grouped.save(folder)
    assert bi.load(folder).model.family.name == "gaussian"
    foreign = tmp_path / "web"
    foreign.mkdir()
    (foreign / NAME).write_text('{"name": "an app"}')
    with pytest.raises(ArtefactError, match="not a saved fit"):
        grouped.save(foreign)
    assert (foreign / NAME).read_text() == '{"name": "an app"}'


def test_a_full_disk_keeps_the_old_fit(
    grouped: bi.Fit, fits: dict[str, bi.Fit], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtefactError, match="No space left"):
        fits["poisson"].save(folder)
    monkeypatch.undo()
    assert bi.load(folder).verdict == grouped.verdict
    assert os.listdir(folder.parent) == ["fit"]


def test_a_loaded_fit_can_be_updated(frame: pd.DataFrame, tmp_path: Path) -> None:
    fit = bi.fit("y ~ x", frame[:60], seed=1)
    again = bi.load(fit.save(tmp_path / "exact")).update(frame[60:])
    at_hand = fit.update(frame[60:])
    same_arrays(at_hand.posterior.values.arrays(), again.posterior.values.arrays())
    assert again.posterior.provenance.rows == SIZE
    assert again.model.design.table is None
    assert again.posterior.provenance.fingerprint != fit.posterior.provenance.fingerprint
    weighed = bi.fit("b ~ x", frame[:80], family="bernoulli", seed=1)
    once = bi.load(weighed.save(tmp_path / "weighed")).update(frame[80:85])
    twice = bi.load(once.save(tmp_path / "weighed")).update(frame[85:])
    at_hand = weighed.update(frame[80:85]).update(frame[85:])
    same_arrays(at_hand.posterior.values.arrays(), twice.posterior.values.arrays())
    assert len(twice.posterior.provenance.history) == 2


def test_what_the_sampler_said_is_kept(grouped: bi.Fit, tmp_path: Path) -> None:
    shape, rng = grouped.posterior.values.shape, np.random.default_rng(4)
    run = NutsRun(
        positions=np.zeros((*shape, 1)),
        diverging=rng.random(shape) < 0.1,
        energy=rng.normal(size=shape),
        n_steps=rng.integers(1, 9, shape).astype(np.int32),
        tree_depth=rng.integers(1, 9, shape).astype(np.int32),
        acceptance_rate=rng.random(shape).astype(np.float32),
        lp=rng.normal(size=shape),
        step_size=np.full(shape, 0.1),
        interrupted=False,
        max_tree_depth=10,
    )
    statistics = nuts_statistics(run)
    again = bi.load(save(replace(grouped.posterior, statistics=statistics), tmp_path / "fit"))
    kept = again.posterior.statistics
    assert set(kept) == set(statistics)
    for name, values in statistics.items():
        np.testing.assert_array_equal(kept[name], values, err_msg=name)
    assert kept["diverging"].dtype == bool
    assert int(again.draws["sample_stats"]["diverging"].sum()) == run.diverging.sum()


@pytest.mark.parametrize("which", ["fresh", "loaded"])
def test_draws_also_save_as_netcdf(
    which: str, grouped: bi.Fit, folder: Path, tmp_path: Path
) -> None:
    import xarray

    fit = grouped if which == "fresh" else bi.load(folder)
    fit.draws.to_netcdf(tmp_path / "draws.nc", engine="h5netcdf")
    with xarray.open_datatree(tmp_path / "draws.nc", engine="h5netcdf") as tree:
        np.testing.assert_array_equal(
            tree["posterior"]["coefficients"].to_numpy(), fit.posterior.values.coefficients
        )
        assert tree["posterior"].sizes["school_level"] == 4
        assert ("log_likelihood" in tree.children) == (which == "fresh")
