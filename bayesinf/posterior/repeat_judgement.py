"""A finding on rows that repeat others to the last digit, as after a merge of tables."""

from __future__ import annotations

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import name_rows
from bayesinf.model.model import Model
from bayesinf.numerics.distinct import row_hashes
from bayesinf.posterior.verdict import Finding

BY_CHANCE = 5
"""Repeated rows for each two different rows whose outcomes agree: so many are no accident."""

FEWEST = 20
"""Different outcomes from which on they may be measurements."""

MEASURED = 0.9
"""Share of different outcomes among different rows, from which on they are measurements."""


def judge_repeats(model: Model) -> tuple[Finding, ...]:
    """Finds measurements that were given several times, each of which counts as a row of its own.

    Counts, ratings and other outcomes of few values are equal often, and so are not looked at.
    """
    design = model.design
    outcomes = design.response
    # Sorting the outcomes alone tells most data to be free of repeats.
    if len(outcomes) < 2 or _different(outcomes) == len(outcomes):
        return ()
    _, first = np.unique(row_hashes(numbers_of(design)), return_index=True)
    single, repeated = len(first), len(outcomes) - len(first)
    different = _different(outcomes[first])
    if different < max(FEWEST, MEASURED * single):
        return ()
    if repeated <= BY_CHANCE * (1 + single - different):
        return ()
    rows = np.setdiff1d(np.arange(len(outcomes)), first)
    places = rows.tolist() if design.table is None else design.table.as_read(rows)
    return (
        Finding(
            f"{repeated:,} of {len(outcomes):,} rows ({name_rows(places)}) repeat others to the "
            "last digit, the outcome included, and each counts as a row of its own: intervals are "
            f"too narrow, as of {len(outcomes) / single:.2g} times the data.",
            "warning",
            "repeated-rows",
            {"rows": float(len(outcomes)), "repeated": float(repeated)},
            "If a merge or an append repeated them, fit frame.drop_duplicates().",
        ),
    )


def numbers_of(design: Design) -> list[np.ndarray]:
    """All numbers of the rows that enter the likelihood."""
    rows, known = design.rows, design.rows.known
    columns = [design.response, rows.offset, *rows.population.T]
    for part in (design.weights, known.trials, known.standard_error):
        if part is not None:
            columns.append(np.asarray(part))
    for group in rows.groups:
        columns += [group.codes, *group.matrix.T]
    return columns


def _different(values: np.ndarray) -> int:
    ordered = np.sort(values)
    return 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
