"""Section J of the catalogue: files, processes, JSON."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.cli.records import as_json
from bayesinf.storage.manifest import parse_strictly
from tests.awkward.frames import frame
from tests.awkward.row import Handled, NotOffered, Row


@cache
def fits() -> tuple[bi.Fit, bi.Fit]:
    """Two fits that differ."""
    return tuple(bi.fit("y ~ x", frame(60), seed=seed, draws=400) for seed in (1, 2))


@contextmanager
def saved() -> Iterator[Path]:
    """A folder with the first fit."""
    with TemporaryDirectory() as place:
        yield fits()[0].save(Path(place) / "fit")


def same(one: bi.Fit, other: bi.Fit) -> bool:
    """Whether two fits have the same draws, and predict the same."""
    rows = {"x": [-1.0, 0.0, 2.0]}
    equal = np.array_equal(one.posterior.values.coefficients, other.posterior.values.coefficients)
    return bool(equal) and one.predict(rows).equals(other.predict(rows))


def refused(folder: Path) -> bi.ArtefactError:
    with pytest.raises(bi.ArtefactError) as caught:
        bi.load(folder)
    return caught.value


# -------------------------------------------------------------------------------------- saving


def a_killed_save_leaves_the_old_fit() -> None:
    class Killed(BaseException):
        """Ends the process, as far as the save can tell."""

    def kill(*_: object) -> None:
        raise Killed

    old, new = fits()
    for call in ("write", "fsync"):
        with saved() as folder:
            with mock.patch.object(os, call, kill), pytest.raises(Killed):
                new.save(folder)
            assert same(bi.load(folder), old)
            new.save(folder)
            assert same(bi.load(folder), new)


def a_full_disk_leaves_the_old_fit() -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    old, new = fits()
    for call in ("write", "fsync"):
        with saved() as folder:
            with mock.patch.object(os, call, full), pytest.raises(bi.ArtefactError) as caught:
                new.save(folder)
            assert caught.value.code == "not-saved"
            assert "No space left" in str(caught.value) and "unchanged" in str(caught.value)
            assert same(bi.load(folder), old)


def every_cut_and_flip_is_refused() -> None:
    places = np.random.default_rng(123)
    for name in ("manifest.json", "draws.safetensors"):
        with saved() as folder:
            path = folder / name
            whole = path.read_bytes()
            for share in (0.0, 0.25, 0.5, 0.999):
                path.write_bytes(whole[: int(share * len(whole))])
                assert name in str(refused(folder))
            for place in places.integers(0, 8 * len(whole), 40).tolist():
                flipped = bytearray(whole)
                flipped[place // 8] ^= 1 << place % 8
                path.write_bytes(bytes(flipped))
                assert name in str(refused(folder))
            path.write_bytes(whole)
            assert same(bi.load(folder), fits()[0])


def a_newer_format_is_refused() -> None:
    with saved() as folder:
        path = folder / "manifest.json"
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, "format_version": content["format_version"] + 1}))
        error = refused(folder)
    assert error.code == "newer-format"
    assert error.hint is not None and error.hint.startswith("Upgrade")


def an_open_file_keeps_what_it_had() -> None:
    old, new = fits()
    with saved() as folder, (folder / "draws.safetensors").open("rb") as file:
        first = file.read(100)
        new.save(folder)
        file.seek(0)
        assert file.read(100) == first
        assert same(bi.load(folder), new) and not same(bi.load(folder), old)


# ----------------------------------------------------------------------------------- processes


def refit(model: bi.Model) -> bi.Fit:
    """What a worker does: a fit of a model that came to it pickled."""
    return bi.fit(model, seed=1, draws=400)


def fail(column: str) -> None:
    """What a worker does when it fails."""
    bi.model(f"y ~ {column}", {"y": [1.0, 2.0], "x": [1.0, 2.0]})


def fits_models_and_errors_are_pickled() -> None:
    fit = bi.fit("y ~ x + g", frame(60), seed=1, draws=400)
    again = pickle.loads(pickle.dumps(fit))
    rows = {"x": [0.5], "g": ["b"]}
    assert again.predict(rows).equals(fit.predict(rows))
    assert again.summary().equals(fit.summary())
    model = pickle.loads(pickle.dumps(fit.model))
    np.testing.assert_array_equal(
        refit(model).posterior.values.coefficients, fit.posterior.values.coefficients
    )
    with pytest.raises(bi.DataError) as caught:
        fail("xx")
    error = pickle.loads(pickle.dumps(caught.value))
    assert type(error) is bi.DataError and str(error) == str(caught.value)
    assert (error.code, error.column, error.hint) == ("unknown-column", "xx", caught.value.hint)


def a_spawned_process_gives_the_same_bits() -> None:
    model = bi.model("y ~ x", frame(60))
    here = refit(model)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        there = pool.apply(refit, (model,))
        with pytest.raises(bi.DataError, match="There is no column 'xx'"):
            pool.apply(fail, ("xx",))
    assert same(here, there)


# ---------------------------------------------------------------------------------------- JSON


def numbers_that_json_has_not_are_null() -> None:
    text = as_json({"mean": float("nan"), "upper": [float("inf"), 1.5], "n": 3})
    assert json.loads(text) == {"mean": None, "upper": [None, 1.5], "n": 3}
    for given in (b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}'):
        with pytest.raises(bi.ArtefactError) as caught:
            parse_strictly(given, "manifest.json")
        assert caught.value.code == "damaged-manifest"


def odd_json_is_refused() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    for given in (b'{"a": 1e400}', b'{"a": 1, "a": 2}', deep, b'{"a": 1', b"\xff\xfe", b""):
        with pytest.raises(bi.ArtefactError) as caught:
            parse_strictly(given, "manifest.json")
        assert caught.value.code == "damaged-manifest"
        assert "manifest.json" in str(caught.value) and caught.value.hint


ROWS: tuple[Row, ...] = (
    Handled(
        121,
        "a process killed while it saves",
        "the earlier fit stands, whole; the next save replaces it",
        a_killed_save_leaves_the_old_fit,
    ),
    Handled(
        122,
        "a full disk",
        "refused, `not-saved`; the earlier fit stands, whole",
        a_full_disk_leaves_the_old_fit,
    ),
    Handled(
        123,
        "files that were cut or have a flipped bit",
        "each refused; the file is named",
        every_cut_and_flip_is_refused,
    ),
    NotOffered(124, "a stale cache of fits", "fits are not cached; programs are, by structure"),
    Handled(
        125,
        "a folder of a newer format",
        "refused, `newer-format`; no older format exists yet",
        a_newer_format_is_refused,
    ),
    Handled(
        126,
        "pickled fits, models and errors",
        "come back to the last bit; loading a folder never unpickles",
        fits_models_and_errors_are_pickled,
    ),
    Handled(
        126,
        "a spawned process",
        "gives the same bits; its errors arrive with code and hint",
        a_spawned_process_gives_the_same_bits,
    ),
    Handled(
        127,
        "a save over a folder that is open",
        "works: the reader keeps the old file",
        an_open_file_keeps_what_it_had,
    ),
    NotOffered(
        128,
        "resuming after a crash",
        "draws are not checkpointed; an interrupt keeps them in memory (117)",
    ),
    Handled(
        129,
        "NaN and Infinity in JSON",
        "written as null, refused where they are read",
        numbers_that_json_has_not_are_null,
    ),
    Handled(
        130,
        "JSON with 1e400, repeated keys, a depth of 100,000, a cut",
        "refused, `damaged-manifest`",
        odd_json_is_refused,
    ),
)
