"""Large arrays are refused before they are made, with what they need and what is free."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.errors import SamplingError
from bayesinf.numerics import memory
from bayesinf.numerics.memory import LARGE, free_memory, refuse_beyond_memory


def test_free_memory_is_a_size() -> None:
    assert 1e6 < free_memory() <= np.inf


def test_small_arrays_are_never_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: pytest.fail("asked"))
    refuse_beyond_memory("A small array", LARGE, "Nothing.")


def test_what_fits_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_memory", lambda: 8.0 * 10 * LARGE)
    refuse_beyond_memory("An array", 10 * LARGE, "Nothing.")
    with pytest.raises(SamplingError, match=r"An array would take about 0\.[67] GB") as caught:
        refuse_beyond_memory("An array", 10 * LARGE + 1, "Do less.")
    assert (caught.value.code, caught.value.hint) == ("no-memory", "Do less.")


def test_a_container_says_what_it_leaves(tmp_path: Path) -> None:
    for name, text in (("max", "1000\n"), ("current", "700\n"), ("stat", "inactive_file 50\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert memory._of_container(tmp_path) == 350.0
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._of_container(tmp_path) == np.inf
    assert memory._of_container(tmp_path / "absent") == np.inf


def test_predictions_and_columns_are_refused_before_they_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = bi.examples.sleepstudy()
    fit = bi.fit("Reaction ~ Days", frame, seed=1)
    many = {"Days": np.tile(np.arange(10.0), 100_000)}
    monkeypatch.setattr(memory, "LARGE", 1_000_000)
    monkeypatch.setattr(memory, "free_memory", lambda: 2e7)
    with pytest.raises(SamplingError, match=r"1,000,000 rows of 2 columns would take"):
        fit.predict(many)
    with pytest.raises(SamplingError, match="The draws of 500 rows x 4,000 draws"):
        fit.predict_draws({"Days": np.zeros(500)})
    with pytest.raises(SamplingError, match="1,000,000 rows and 2 columns"):
        bi.model("y ~ x", {"x": many["Days"], "y": many["Days"]})
    assert len(fit.predict({"Days": np.zeros(500)})) == 500


def test_chains_over_many_rows_are_refused_before_they_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below Python, the runtime ends a process that finds no memory for a thread."""
    rows = np.arange(200_000) % 7
    model = bi.model("k ~ 1", {"k": rows}, "poisson")
    monkeypatch.setattr(memory, "free_memory", lambda: 1e7)
    with pytest.raises(SamplingError, match=r"200,000 rows in 4 chains by 'nuts'") as caught:
        bi.fit(model, engine="nuts", draws=40, seed=1)
    assert caught.value.code == "no-memory"
