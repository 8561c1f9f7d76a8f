"""Predictions of rows by the posterior of the group that each row belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

import numpy as np

from bayesinf.data.schema import suggest_level
from bayesinf.data.table import Table
from bayesinf.design import predictor_columns, rows_at
from bayesinf.errors import DataError, name_rows
from bayesinf.fleet.division import Division, group_codes
from bayesinf.fleet.solved import Solved
from bayesinf.prediction.extrapolation import far_outside, outside_range, warn_of_extrapolation
from bayesinf.prediction.newcomers import warn_of_misspelt
from bayesinf.prediction.predict import (
    Kind,
    NewGroups,
    Prediction,
    check_word,
    refuse_many_rows,
)
from bayesinf.prediction.predictor import predictor_at

if TYPE_CHECKING:
    import pandas as pd


def predict(
    division: Division,
    solved: Solved,
    rows: object,
    kind: Kind = "response",
    prob: float | None = None,
    new_groups: NewGroups = "population",
) -> pd.DataFrame:
    """Predicts each row from the draws of its own group.

    Args:
        division: The groups.
        solved: Their posteriors.
        rows: A frame or a dict of arrays, with the column that divides the groups.
        kind: As in `prediction.predict.predict`, as all that follow.
        prob: Probability of the intervals.
        new_groups: About groups inside the formula.

    Returns:
        A frame with the rows' index and order, and columns `mean sd lower upper`.

    Raises:
        DataError: Where a row belongs to a group that was not fitted, or cannot be read.
    """
    import pandas as pd

    check_word("kind", kind, get_args(Kind))
    check_word("new_groups", new_groups, get_args(NewGroups))
    whole = division.whole
    formula, by = whole.formula, division.by
    table = Table.read(rows, [*predictor_columns(formula), by], [*formula.labels, by])
    refuse_many_rows(whole.design, table.n)
    codes = _known_codes(division, solved, table)
    order = np.argsort(codes, kind="stable")
    places, starts = np.unique(codes[order], return_index=True)
    numbers = rows_at(whole.design.recipe, table)[0].take(order)
    found = np.empty((table.n, 4))
    frame: pd.DataFrame | None = None
    for place, start, end in zip(places, starts, [*starts[1:], table.n], strict=True):
        posterior = solved.plain_posterior(int(place), division[int(place)])
        predictor = predictor_at(posterior, numbers.take(slice(start, end)), new_groups)
        frame = Prediction(posterior, predictor, cast(Kind, kind)).frame(prob)
        found[order[start:end]] = frame.to_numpy()
    index = pd.RangeIndex(table.n) if table.index is None else table.index
    answer = pd.DataFrame(found, index=index, columns=["mean", "sd", "lower", "upper"])
    answer.attrs = {} if frame is None else dict(frame.attrs)
    # Ranges are those of all groups together: one group alone may have seen next to nothing.
    outside = outside_range(whole.design.recipe, table)
    answer.attrs["extrapolated"] = {name: list(rows) for name, rows in outside.items()}
    warn_of_extrapolation(far_outside(whole.design.recipe, table))
    warn_of_misspelt(numbers.groups)
    return answer


def _known_codes(division: Division, solved: Solved, table: Table) -> np.ndarray:
    """Each row's place among the groups.

    Raises:
        DataError: Where a row's group is missing, is not known, or has no posterior.
    """
    groups, codes = group_codes(table, division.by)
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise DataError(
            f"The group '{division.by}' is missing in {name_rows(table.as_read(missing))}.",
            code="missing-values",
            column=division.by,
            rows=table.as_read(missing),
        )
    known = division.places
    strange = [group for group in groups if group not in known]
    if strange:
        rows = np.flatnonzero(np.isin(codes, [groups.index(group) for group in strange]))
        raise DataError(
            f"There is no model of {division.by}={strange[0]!r} ({name_rows(table.as_read(rows))})."
            f"{suggest_level(strange[0], division.groups, 'group')}",
            code="unknown-group",
            column=division.by,
            rows=table.as_read(rows),
        )
    places = np.array([known[group] for group in groups])[codes]
    refused = np.flatnonzero(np.isin(places, list(solved.refused)))
    if len(refused):
        place = int(places[refused[0]])
        raise DataError(
            f"The group {division.groups[place]!r} has no posterior "
            f"({name_rows(table.as_read(refused))}): {solved.refused[place]}",
            code="group-without-posterior",
            column=division.by,
            rows=table.as_read(refused),
        )
    return places
