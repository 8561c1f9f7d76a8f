"""The workloads of the ladder: what each one is, and its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).resolve().parent
BESIDE = HERE.parent.parent / "shared" / "data"
"""Where the data sets lie in the place that this project comes from; a clone names its own."""


@dataclass(frozen=True)
class Workload:
    """One row of the ladder.

    Attributes:
        name: As the command line names it.
        data: A file below the data folder, or `sim:...` for rows that are simulated.
        formula: In bayesinf's syntax.
        family: bayesinf's name of the family.
        factors: Columns that are read as text.
        r: The formula for R's packages.
        bambi: The formula for Bambi; None where no Bayesian peer is timed.
        bambi_family: Bambi's name of the family.
        reference: How the reference posterior is made: `method`, with `draws` and `settings` where
            it is an engine.
        targets: What is to be reached: see `TARGETS` in `benchmarks/tables.py`.
        derive: Indicator columns: name to (source column, level that counts as 1).
    """

    name: str
    data: str
    formula: str
    family: str
    factors: tuple[str, ...]
    r: str
    bambi: str | None
    bambi_family: str
    reference: Mapping[str, Any]
    targets: Mapping[str, float]
    derive: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether its rows need no file."""
        return self.data.startswith("sim:")

    @property
    def grouped(self) -> bool:
        """Whether its model has group effects."""
        return "|" in self.r

    def missing(self, folder: Path) -> str | None:
        """Says in a sentence why its rows cannot be had; None when they can."""
        if self.simulated or (folder / self.data).is_file():
            return None
        return (
            f"{self.name} is skipped: its rows are in {self.data}, which is not below the data "
            f"folder '{folder}'; name another folder with --data."
        )

    def frame(self, folder: Path) -> pd.DataFrame:
        """Its rows, the factor columns as text."""
        import pandas as pd

        from benchmarks import simulate

        if self.simulated:
            frame = simulate.frame(self.data)
        else:
            frame = pd.read_csv(folder / self.data, comment="#")
        for column, (source, level) in self.derive.items():
            frame[column] = (frame[source] == level).astype(int)
        return frame.astype(dict.fromkeys(self.factors, str))


def workloads() -> dict[str, Workload]:
    """All workloads by name, in the ladder's order."""
    kept = json.loads((HERE / "workloads.json").read_text(encoding="utf-8"))
    return {name: _workload(name, one) for name, one in kept.items() if not name.startswith("_")}


def _workload(name: str, kept: dict[str, Any]) -> Workload:
    return Workload(
        name=name,
        data=kept["data"],
        formula=kept["formula"],
        family=kept["family"],
        factors=tuple(kept["factors"]),
        r=kept["r"],
        bambi=kept["bambi"],
        bambi_family=kept.get("bambi_family", kept["family"]),
        reference=kept["reference"],
        targets=kept["targets"],
        derive={column: tuple(source) for column, source in kept.get("derive", {}).items()},
    )


def digest(frame: pd.DataFrame) -> str:
    """SHA-256 of a frame's values: a reference of other rows is noticed."""
    import numpy as np

    found = hashlib.sha256()
    for name in sorted(frame.columns):
        column = frame[name]
        found.update(name.encode())
        if column.dtype.kind in "iufb":
            found.update(np.ascontiguousarray(column.to_numpy(dtype=float)).tobytes())
        else:
            found.update("\0".join(column.astype(str)).encode())
    return found.hexdigest()
