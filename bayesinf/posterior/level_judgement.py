"""A finding on levels that say "missing": what a file wrote for no value was read as text."""

from __future__ import annotations

import numpy as np

from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding
from bayesinf.texts import LIKE_MISSING


def judge_levels(posterior: Posterior) -> tuple[Finding, ...]:
    """Finds predictors and groups with such levels, which were fitted as levels like any other."""
    design = posterior.model.design
    found = []
    for name, column in design.recipe.schema.columns.items():
        for level in sorted(LIKE_MISSING.intersection(column.levels)):
            rows = 0 if design.table is None else int(np.sum(design.table.columns[name] == level))
            found.append(
                Finding(
                    f"Column '{name}' has the level '{level}'{f' in {rows} rows' * (rows > 0)}, "
                    "which looks like a missing value and was fitted as a level of its own.",
                    "warning",
                    "missing-as-level",
                    remedy="If it is one, make it missing before the fit, by "
                    f"frame['{name}'].replace({level!r}, None).",
                )
            )
    return tuple(found)
