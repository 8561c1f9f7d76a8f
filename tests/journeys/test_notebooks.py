"""The notebooks run from top to bottom, and the built ones hold the sources' cells."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))


def cells_of_source(path: Path) -> list[tuple[str, str]]:
    """Kind and text of each cell of a file in jupytext's percent format."""
    _, *cells = path.read_text(encoding="utf-8").split("\n# %%")
    return [one_cell(cell) for cell in cells]


def one_cell(cell: str) -> tuple[str, str]:
    marker, _, text = cell.partition("\n")
    if marker.strip() != "[markdown]":
        return "code", text.strip()
    lines = [line.removeprefix("#").removeprefix(" ") for line in text.strip().splitlines()]
    return "markdown", "\n".join(lines)


def built(path: Path) -> list[dict]:
    return json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]


def test_there_are_notebooks() -> None:
    assert len(SOURCES) == 10


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_assertions_hold(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    matplotlib.use("Agg")
    try:
        runpy.run_path(str(source), run_name="__main__")
    finally:
        plt.close("all")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_built_notebook_has_the_cells_of_its_source(source: Path) -> None:
    found = [(cell["cell_type"], "".join(cell["source"]).strip()) for cell in built(source)]
    assert found == cells_of_source(source), "build it again: notebooks/README.md says how"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_built_notebook_shows_its_output_and_no_error(source: Path) -> None:
    outputs = [output for cell in built(source) for output in cell.get("outputs", [])]
    assert len(outputs) >= 8
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert [output for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_asserts_what_it_says(source: Path) -> None:
    assert source.read_text(encoding="utf-8").count("\nassert ") >= 4
