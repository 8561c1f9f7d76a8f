"""What an encoding remembers (knots, centres, levels), as plain JSON and back, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayesinf.errors import ArtefactError


def freeze(value: Any) -> Any:
    """Turns remembered values into numbers, text and lists that JSON can hold.

    Doubles survive exactly: JSON writes the shortest text that reads back as the same number.

    Raises:
        ArtefactError: For a value of a kind that no allowed function remembers.
    """
    if value is None or isinstance(value, str | bool | int | float):
        # NumPy's float64 is a float; naming the plain type keeps its repr out of the file.
        return float(value) if isinstance(value, float) else value
    if isinstance(value, np.generic):
        return freeze(value.item())
    if isinstance(value, np.ndarray):
        return {"array": value.astype(np.float64).tolist()}
    if isinstance(value, dict):
        return {"map": [[freeze(key), freeze(item)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return [freeze(item) for item in value]
    raise ArtefactError(
        f"A value of type {type(value).__name__} cannot be kept.", code="unknown-state"
    )


def thaw(value: Any) -> Any:
    """Turns what `freeze` made back into the values."""
    if isinstance(value, list):
        return [thaw(item) for item in value]
    if isinstance(value, dict):
        if "array" in value:
            return np.array(value["array"], dtype=np.float64)
        return {thaw(key): thaw(item) for key, item in value["map"]}
    return value
