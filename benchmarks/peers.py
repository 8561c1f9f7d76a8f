"""The peers: who they are, whether this machine has them, and how one is timed on a workload."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.processes import run
from benchmarks.workloads import HERE, Workload

PYTHON = "PEER_PYTHON"
"""The environment variable that names a Python with Bambi."""


@dataclass(frozen=True)
class Peer:
    """Another program that fits the same model.

    Attributes:
        name: As the lines and tables name it.
        title: As people name it.
        bayesian: Whether it gives a posterior; else a point estimate.
        language: `"python"` or `"r"`.
        packages: What it needs to be installed.
        serves: Whether it has the model of a workload.
    """

    name: str
    title: str
    bayesian: bool
    language: str
    packages: tuple[str, ...]
    serves: Callable[[Workload], bool]

    def absent(self) -> str | None:
        """Says in a sentence why it cannot run on this machine; None when it can."""
        if self.language == "r":
            return _absent_in_r(self.title, self.packages)
        return _absent_in_python(self.title, self.packages)

    def time(
        self, workload: Workload, rows: Path, scratch: Path, timeout: float
    ) -> dict[str, Any] | str:
        """Times it on rows in a CSV file: what was measured, or a sentence on what went wrong."""
        if self.language == "r":
            factors = ",".join(workload.factors)
            script = [str(HERE / "peer.R"), self.name, workload.family, workload.r, factors]
            return run(["Rscript", "--vanilla", *script, str(rows)], {}, timeout)
        task = scratch / f"{workload.name}.json"
        task.write_text(
            json.dumps(
                {
                    "bambi": workload.bambi,
                    "bambi_family": workload.bambi_family,
                    "family": workload.family,
                    "factors": list(workload.factors),
                }
            ),
            encoding="utf-8",
        )
        script = [str(HERE / "peer.py"), self.name, str(task), str(rows)]
        return run([peer_python(), *script], {}, timeout)


def _has_bambi(workload: Workload) -> bool:
    return workload.bambi is not None


def _is_plain(workload: Workload) -> bool:
    """Numeric columns and an outcome `y` only: what scikit-learn takes as it is."""
    return workload.r == "y ~ ."


ALL: tuple[Peer, ...] = (
    Peer("bambi-nutpie", "Bambi + nutpie", True, "python", ("bambi", "nutpie"), _has_bambi),
    Peer("bambi-numpyro", "Bambi + NumPyro", True, "python", ("bambi", "numpyro"), _has_bambi),
    Peer("lme4", "lme4", False, "r", ("lme4",), lambda workload: workload.grouped),
    Peer("glmmTMB", "glmmTMB", False, "r", ("glmmTMB",), lambda workload: workload.grouped),
    Peer("glm", "R's glm, lm, glm.nb", False, "r", ("MASS",), lambda w: not w.grouped),
    Peer("sklearn", "scikit-learn", False, "python", ("sklearn",), _is_plain),
    Peer("statsmodels", "statsmodels", False, "python", ("statsmodels",), _is_plain),
)


def peer_python() -> str:
    """The Python that runs the Python peers: that of PEER_PYTHON, else this one."""
    return os.environ.get(PYTHON, sys.executable)


@cache
def _absent_in_python(title: str, packages: tuple[str, ...]) -> str | None:
    question = f"from importlib.util import find_spec; print(all(map(find_spec, {packages!r})))"
    python = peer_python()
    if shutil.which(python) is None:
        return f"{title} is left out: {PYTHON} is '{python}', which is no program."
    asked = subprocess.run([python, "-c", question], capture_output=True, text=True)
    if asked.stdout.strip() == "True":
        return None
    return (
        f"{title} is left out: '{python}' does not have {' and '.join(packages)}; set {PYTHON} to "
        "a Python that does."
    )


@cache
def _absent_in_r(title: str, packages: tuple[str, ...]) -> str | None:
    if shutil.which("Rscript") is None:
        return f"{title} is left out: there is no Rscript on PATH."
    for package in packages:
        question = f'cat(requireNamespace("{package}", quietly = TRUE))'
        asked = subprocess.run(
            ["Rscript", "--vanilla", "-e", question], capture_output=True, text=True
        )
        if asked.stdout.strip() != "TRUE":
            return f"{title} is left out: R does not have the package {package}."
    return None
