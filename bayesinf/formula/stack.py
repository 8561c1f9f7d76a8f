"""Right-hand sides that only list number columns, `1 + x + z`: stacked as they are.

Formulaic gives the same matrix, names and memory, and copies every column several times on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from bayesinf.formula.tokens import original, plain, with_backticks

INTERCEPT = "1"


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
    from formulaic.parser import DefaultFormulaParser

    parser = DefaultFormulaParser(feature_flags=DefaultFormulaParser.FeatureFlags.NONE)
    found: list[str] = []
    for term in parser.get_terms(plain(rhs)):
        if len(term.factors) != 1:
            return None
        factor = term.factors[0]
        if factor.expr == INTERCEPT:
            found.insert(0, INTERCEPT)
            continue
        name = original(factor.expr)
        if factor.eval_method.value != "lookup" or name not in columns or name in factors:
            return None
        if columns[name].dtype == object:
            return None
        found.append(factor.expr)
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
        matrix[:, place] = 1.0 if identifier == INTERCEPT else columns[original(identifier)]
    names = tuple("Intercept" if i == INTERCEPT else with_backticks(i) for i in listed)
    encoders = {i: {"kind": "numerical", "categories": None} for i in listed if i != INTERCEPT}
    return matrix, names, {"transforms": {"map": []}, "encoders": encoders}
