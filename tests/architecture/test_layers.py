"""The import contracts of pyproject.toml hold, and would notice if they did not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter import api

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bayesinf", "causal")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs import-linter over the packages of a folder, with that folder's pyproject.toml."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def layer_names(contract: str) -> list[str]:
    contracts = api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    layers = next(options["layers"] for options in contracts if options.get("id") == contract)
    return [name.strip() for layer in layers for name in layer.split("|")]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts, copied to where a test may break them."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_every_layer_exists_and_none_is_optional(package: str) -> None:
    for name in layer_names(f"{package}-layers"):
        assert not name.startswith("("), f"{package}.{name} is still marked as optional"
        place = ROOT / package / name
        assert place.is_dir() or place.with_suffix(".py").is_file(), f"{package}.{name} is missing"


# What is planted, where, and the contract that must break.
VIOLATIONS = {
    "a name without a layer": ("bayesinf/helpers.py", "", "bayesinf is layered"),
    "a lower layer imports a higher one": (
        "bayesinf/numerics/planted.py",
        "from bayesinf.design import Design as Design\n",
        "bayesinf is layered",
    ),
    "a family knows another": (
        "bayesinf/families/planted.py",
        "from bayesinf.families.gaussian import Gaussian as Gaussian\n",
        "one family does not know another",
    ),
    "a picture inside mathematics": (
        "bayesinf/numerics/planted.py",
        "def draw() -> None:\n    import matplotlib\n",
        "mathematics imports neither frames nor pictures",
    ),
    "bayesinf imports causal": (
        "bayesinf/model/planted.py",
        "import causal as causal\n",
        "causal stands on bayesinf, never the other way round",
    ),
    "causal looks behind the public face": (
        "causal/estimators/planted.py",
        "from bayesinf.numerics import special as special\n",
        "causal uses only what `import bayesinf` offers",
    ),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_planted_violation_is_caught(violation: str, copy: Path) -> None:
    path, text, contract = VIOLATIONS[violation]
    (copy / path).write_text(f'"""Planted by a test."""\n{text}')
    result = lint(copy)
    assert result.returncode == 1, f"not caught: {violation}"
    assert f"{contract} BROKEN" in result.stdout, result.stdout + result.stderr
