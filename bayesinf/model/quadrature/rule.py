"""Gauss-Hermite rules in one to three dimensions, for integrals against a standard normal."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from bayesinf.types import Array

COUNTS = (3, 5, 7, 9, 13, 17, 25)
"""Nodes per dimension to choose from; odd, so that the mode itself is one of them."""


class Rule(NamedTuple):
    """Nodes and weights: the mean of f(z) over a standard normal z is `sum(weights * f(nodes))`.

    Attributes:
        nodes: Shape (node, effect).
        log_weights: Shape (node,).
    """

    nodes: Array
    log_weights: Array


@lru_cache(maxsize=64)
def hermite_rule(count: int, effects: int) -> Rule:
    """The product rule with `count` nodes in each of `effects` dimensions.

    In two dimensions and more, the corners are left out: their weights are below that of the
    outermost node of an axis, times the mean weight.

    Args:
        count: Nodes in each dimension; the rule is exact for polynomials of degree 2 count - 1.
        effects: Dimensions.

    Returns:
        The rule.

    Source:
        Liu and Pierce (1994), Biometrika 81(3), for rules at the mode; Jaeckel (2005), A note on
        multivariate Gauss-Hermite quadrature, section 4, for the corners.
    """
    places, weights = np.polynomial.hermite_e.hermegauss(count)
    weights = weights / weights.sum()
    nodes = np.array(list(product(places, repeat=effects)))
    products = np.array([np.prod(w) for w in product(weights, repeat=effects)])
    if effects > 1:
        central = weights[count // 2]
        kept = products >= (1 - 1e-9) * weights[0] * central ** (effects - 1) / count
        nodes, products = nodes[kept], products[kept]
    return Rule(nodes, np.log(products))
