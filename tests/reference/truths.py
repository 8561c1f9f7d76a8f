"""Reads the reference values of `../shared/data/truths.json` and compares summaries with them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from tests.conftest import within


@lru_cache
def truth(folder: Path, name: str) -> dict:
    """The entry of that id."""
    entries = json.loads((folder / "truths.json").read_text())
    entries = entries if isinstance(entries, list) else entries["entries"]
    return next(entry for entry in entries if entry["id"] == name)


def agree(summary: pd.DataFrame, entry: dict, names: dict[str, str]) -> None:
    """Asserts that means and sds lie within 4 Monte Carlo errors of both sides together.

    Args:
        summary: Of our fit.
        entry: Of the reference.
        names: Our parameter's name for each of the reference's.
    """
    for theirs, ours in names.items():
        mean, sd = entry["values"][theirs]
        error = entry.get("mcse", {}).get(theirs, 0.0)
        row = summary.loc[ours]
        own_sd_error = row["sd"] / np.sqrt(2 * min(row["ess_bulk"], row["ess_tail"]))
        # The sd of a reference of n draws errs by sd / sqrt(2 n), that is mcse / sqrt(2); group
        # sds are skewed, which the larger factor 1 covers.
        within(row["mean"], mean, np.hypot(row["mcse"], error))
        within(
            row["sd"], sd, np.hypot(own_sd_error * (1.5 if ours.startswith("sd:") else 1), error)
        )


def posteriordb(folder: Path, name: str) -> pd.DataFrame:
    """A posteriordb data set as a frame: its arrays as columns, its scalars left out."""
    content = json.loads((folder / "bayes/posteriordb/data" / f"{name}.json").read_text())
    length = max(len(value) for value in content.values() if isinstance(value, list))
    return pd.DataFrame(
        {
            key: value
            for key, value in content.items()
            if isinstance(value, list) and len(value) == length and np.ndim(value) == 1
        }
    )
