"""Right-hand sides that only list number columns, `1 + x + z`: stacked as they are.

Formulaic gives the same matrix, names and memory, and copies every column several times on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from bayesinf.formula.algebra import INTERCEPT, expansion_of
from bayesinf.formula.tokens import original, with_backticks


def listed_columns(
    rhs: str, columns: Mapping[str, np.ndarray], factors: Collection[str]
) -> list[str] | None:
    """The columns that a right-hand side lists, when it does nothing else.

    Args:
        rhs: Guarded already.
        columns: One array of shape (row,) per name.
        factors: Those that are coded by levels.

    Returns:
        The identifiers of number columns, in the order of the matrix, `INTERCEPT` first where there
        is one; None when there are factors, interactions or functions.
    """
    found: list[str] = []
    for term in expansion_of(rhs).terms:
        if len(term) != 1:
            return None
        factor = term[0]
        if factor == INTERCEPT:
            found.insert(0, INTERCEPT.text)
            continue
        name = original(factor.text)
        if factor.kind != "lookup" or name not in columns or name in factors:
            return None
        if columns[name].dtype == object:
            return None
        found.append(factor.text)
    return found


def stack(
    listed: list[str], columns: Mapping[str, np.ndarray], size: int
) -> tuple[np.ndarray, tuple[str, ...], dict[str, Any]]:
    """Stacks the listed columns.

    Args:
        listed: As `listed_columns` gives them.
        columns: One array of shape (row,) per name.
        size: Number of rows.

    Returns:
        The matrix in Fortran order, its columns' names, and formulaic's memory of such a fit.
    """
    matrix = np.empty((size, len(listed)), order="F")
    for place, identifier in enumerate(listed):
        matrix[:, place] = 1.0 if identifier == INTERCEPT.text else columns[original(identifier)]
    names = tuple("Intercept" if i == INTERCEPT.text else with_backticks(i) for i in listed)
    encoders = {i: {"kind": "numerical", "categories": None} for i in listed if i != INTERCEPT.text}
    return matrix, names, {"transforms": {"map": []}, "encoders": encoders}
