"""`import bayesinf` is cheap: it loads neither frames nor pictures nor samplers until asked."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import pytest

HEAVY = (
    "arviz",
    "arviz_base",
    "arviz_plots",
    "arviz_stats",
    "formulaic",
    "matplotlib",
    "scipy.optimize",
    "scipy.stats",
    "networkx",
    "numpyro",
    "pandas",
    "polars",
    "pyarrow",
    "xarray",
)
PAIRS = 7
ALLOWED_RATIO = 1.5


def run(code: str) -> str:
    """Runs code in a fresh interpreter and returns what it prints.

    Byte code may be written there: without it, each import would compile the project's own files
    again, which is not what a user's second start does.
    """
    settings = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=settings
    )
    return done.stdout


def seconds_to_import(package: str) -> float:
    code = "from time import perf_counter as now; start = now(); import {}; print(now() - start)"
    return float(run(code.format(package)))


@pytest.mark.parametrize("package", ["bayesinf", "causal"])
def test_importing_loads_nothing_heavy(package: str) -> None:
    code = f"import sys, {package}; print(*(n for n in {HEAVY!r} if n in sys.modules))"
    assert run(code).split() == []


def test_importing_leaves_the_users_precision_alone() -> None:
    code = "import jax, {}; print(jax.config.jax_enable_x64)"
    assert run(code.format("bayesinf")) == run(code.format("sys"))


@pytest.mark.timing
def test_importing_costs_little_more_than_jax() -> None:
    seconds_to_import("bayesinf")  # leaves the byte code behind
    # Neighbours in time share whatever else the machine does, so that it cancels in their ratio.
    ratios = [seconds_to_import("bayesinf") / seconds_to_import("jax") for _ in range(PAIRS)]
    assert statistics.median(ratios) <= ALLOWED_RATIO, f"import bayesinf / import jax: {ratios}"
