"""Right-hand sides of numbers, `1 + x + I(z / 10) + x:z`: computed and stacked as they are.

Formulaic gives the same matrix, names and memory, and takes a millisecond for each expression.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from bayesinf.formula.algebra import INTERCEPT, Factor, expansion_of
from bayesinf.formula.evaluate import arithmetic_of, compute
from bayesinf.formula.tokens import original, with_backticks


@dataclass(frozen=True)
class Products:
    """What a right-hand side lists, when it lists products of numbers and nothing else.

    Attributes:
        terms: The texts of the factors of each product, in the order of the matrix: those of fewer
            factors first; none for the intercept.
        values: Of each factor, by its text: an array of shape (row,), or one number.
    """

    terms: tuple[tuple[str, ...], ...]
    values: Mapping[str, Any]


def listed_products(
    rhs: str, columns: Mapping[str, np.ndarray], factors: Collection[str]
) -> Products | None:
    """The products of numbers that a right-hand side lists.

    Args:
        rhs: Guarded already.
        columns: One array of shape (row,) per name.
        factors: Those that are coded by levels.

    Returns:
        The products; None where the right-hand side has factors, compares, or calls functions that
        remember the rows of the fit or are the user's own.
    """
    terms, ways = _terms_and_ways(rhs, columns, factors)
    return None if None in ways.values() else _computed(terms, ways, columns)


def products_among(
    rhs: str, columns: Mapping[str, np.ndarray], factors: Collection[str]
) -> Products:
    """The products of numbers among what a right-hand side lists; arguments as above."""
    terms, ways = _terms_and_ways(rhs, columns, factors)
    known = [term for term in terms if all(ways[factor.text] is not None for factor in term)]
    return _computed(known, ways, columns)


def _terms_and_ways(
    rhs: str, columns: Mapping[str, np.ndarray], factors: Collection[str]
) -> tuple[Sequence[Sequence[Factor]], dict[str, ast.expr | str | None]]:
    """The terms, and how each factor of them is computed where it is a number."""
    numbers = {
        name for name, values in columns.items() if values.dtype != object and name not in factors
    }
    terms = [() if term == (INTERCEPT,) else term for term in expansion_of(rhs).terms]
    return terms, {factor.text: _way(factor, numbers) for factor in chain.from_iterable(terms)}


def _computed(
    terms: Sequence[Sequence[Factor]],
    ways: Mapping[str, ast.expr | str | None],
    columns: Mapping[str, np.ndarray],
) -> Products:
    values = {}
    for text in dict.fromkeys(factor.text for factor in chain.from_iterable(terms)):
        way = ways[text]
        assert way is not None
        values[text] = columns[way] if isinstance(way, str) else compute(way, columns)
    texts = (tuple(factor.text for factor in term) for term in terms)
    return Products(tuple(sorted(texts, key=len)), values)


def _way(factor: Factor, numbers: Collection[str]) -> ast.expr | str | None:
    """The column that a factor is, or the arithmetic; None where it is neither."""
    if factor.kind == "lookup":
        name = original(factor.text)
        return name if name in numbers else None
    return arithmetic_of(factor.text, numbers)


def stack(products: Products, size: int) -> tuple[np.ndarray, tuple[str, ...], dict[str, Any]]:
    """Stacks products of numbers.

    Args:
        products: Of a right-hand side.
        size: Number of rows.

    Returns:
        The matrix in Fortran order, its columns' names, and formulaic's memory of such a fit.
    """
    matrix = np.empty((size, len(products.terms)), order="F")
    places = {term: place for place, term in enumerate(products.terms)}
    with np.errstate(all="ignore"):  # what is not finite is refused by name afterwards
        for term, place in places.items():
            begun = places.get(term[:-1])  # x:z of x:z:w is there already, mostly
            if len(term) > 1 and begun is not None:
                np.multiply(matrix[:, begun], products.values[term[-1]], out=matrix[:, place])
                continue
            matrix[:, place] = 1.0
            for factor in term:
                matrix[:, place] *= products.values[factor]
    names = tuple(with_backticks(":".join(term)) or "Intercept" for term in products.terms)
    encoders = {
        factor: {"kind": "numerical", "categories": None}
        for term in products.terms
        for factor in term
    }
    return matrix, names, {"transforms": {"map": []}, "encoders": encoders}
