"""docs/architecture.md says what the code is: the contract's layers, the folders' catalogues."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from importlinter import api

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CATALOGUES = (
    "bayesinf/families",
    "bayesinf/terms",
    "bayesinf/priors",
    "bayesinf/engines",
    "causal/studies",
    "causal/estimators",
)


def layers_on_page(package: str) -> list[set[str]]:
    """The fenced block ```layers <package>: one layer a line, what follows two spaces explains."""
    block = re.search(rf"^```layers {package}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)
    assert block is not None, f"docs/architecture.md draws no layers of {package}"
    lines = [re.split(r"\s{2,}", line.strip())[0] for line in block[1].splitlines() if line.strip()]
    return [{name.strip() for name in line.split("|")} for line in lines]


def layers_in_contract(package: str) -> list[set[str]]:
    contracts = api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    layers = next(found["layers"] for found in contracts if found.get("id") == f"{package}-layers")
    return [{name.strip(" ()") for name in layer.split("|")} for layer in layers]


def members_on_page(folder: str) -> list[str]:
    """The row of the catalogue table: | `folder/` | what | `member`, `member` |."""
    row = re.search(rf"^\| `{folder}/` \|[^|]*\|([^|]*)\|$", PAGE, flags=re.MULTILINE)
    assert row is not None, f"docs/architecture.md has no row for {folder}/"
    return re.findall(r"`(\w+)`", row[1])


@pytest.mark.parametrize("package", ["bayesinf", "causal"])
def test_the_layers_are_those_of_the_contract(package: str) -> None:
    assert layers_on_page(package) == layers_in_contract(package)


@pytest.mark.parametrize("folder", CATALOGUES)
def test_the_catalogues_are_those_of_the_folders(folder: str) -> None:
    files = sorted(file.stem for file in (ROOT / folder).glob("*.py") if file.stem != "__init__")
    assert files, f"{folder}/ is empty"
    assert sorted(members_on_page(folder)) == files


def test_every_file_that_the_page_names_exists() -> None:
    named = re.findall(r"`((?:bayesinf|causal|tests|docs|benchmarks)/[\w./-]+)`", PAGE)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
