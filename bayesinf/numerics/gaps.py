"""Which values of a column are missing, and which whole numbers a double cannot hold."""

from __future__ import annotations

import numpy as np

EXACT = 2**53
"""Up to here every whole number is a float64."""


def missing_rows(values: np.ndarray) -> np.ndarray:
    """Which values are missing: nan in numbers, None in text, factors and booleans.

    Example:
        >>> missing_rows(np.array([1.0, np.nan])).tolist()
        [False, True]
    """
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype == object:
        return np.asarray(values == np.array(None), dtype=bool)
    return np.zeros(len(values), dtype=bool)


def inexact_rows(values: np.ndarray) -> np.ndarray:
    """Which whole numbers would be rounded as float64.

    Example:
        >>> inexact_rows(np.array([3, 2**53 + 1])).tolist()
        [False, True]
    """
    if values.dtype.kind not in "iu":
        return np.zeros(len(values), dtype=bool)
    large = values > EXACT
    return large | (values < -EXACT) if values.dtype.kind == "i" else large
