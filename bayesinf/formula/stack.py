"""Right-hand sides of number columns and their products, `1 + x + z + x:z`: stacked as they are.

Formulaic gives the same matrix, names and memory, and copies every column several times on the way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from bayesinf.formula.algebra import INTERCEPT, Factor, expansion_of
from bayesinf.formula.tokens import original, with_backticks

type Product = tuple[str, ...]
"""The identifiers of the columns that are multiplied; none for the intercept."""


def listed_products(
    rhs: str, columns: Mapping[str, np.ndarray], factors: Collection[str]
) -> list[Product] | None:
    """The products that a right-hand side lists, when it does nothing else.

    Args:
        rhs: Guarded already.
        columns: One array of shape (row,) per name.
        factors: Those that are coded by levels.

    Returns:
        Products of number columns, in the order of the matrix: those of fewer columns first; None
        where there are factors or functions.
    """
    found: list[Product] = []
    for term in expansion_of(rhs).terms:
        own = () if term == (INTERCEPT,) else term
        if not all(_is_number(factor, columns, factors) for factor in own):
            return None
        found.append(tuple(factor.text for factor in own))
    return sorted(found, key=len)


def _is_number(factor: Factor, columns: Mapping[str, np.ndarray], factors: Collection[str]) -> bool:
    name = original(factor.text)
    if factor.kind != "lookup" or name not in columns or name in factors:
        return False
    return columns[name].dtype != object


def stack(
    listed: Sequence[Product], columns: Mapping[str, np.ndarray], size: int
) -> tuple[np.ndarray, tuple[str, ...], dict[str, Any]]:
    """Stacks the listed products.

    Args:
        listed: As `listed_products` gives them.
        columns: One array of shape (row,) per name.
        size: Number of rows.

    Returns:
        The matrix in Fortran order, its columns' names, and formulaic's memory of such a fit.
    """
    matrix = np.empty((size, len(listed)), order="F")
    places = {product: place for place, product in enumerate(listed)}
    for product, place in places.items():
        begun = places.get(product[:-1])  # x:z of x:z:w is there already, mostly
        if len(product) > 1 and begun is not None:
            np.multiply(matrix[:, begun], columns[original(product[-1])], out=matrix[:, place])
            continue
        matrix[:, place] = 1.0
        for identifier in product:
            matrix[:, place] *= columns[original(identifier)]
    names = tuple(with_backticks(":".join(product)) or "Intercept" for product in listed)
    encoders = {
        identifier: {"kind": "numerical", "categories": None}
        for product in listed
        for identifier in product
    }
    return matrix, names, {"transforms": {"map": []}, "encoders": encoders}
