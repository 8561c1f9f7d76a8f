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

    The corners are kept, small as their weights are: two random slopes needed 37 nodes of the 49
    without them to be as exact as the 25 of the next smaller rule with them.

    Args:
        count: Nodes in each dimension; the rule is exact for polynomials of degree 2 count - 1.
        effects: Dimensions.

    Returns:
        The rule.

    Source:
        Liu and Pierce (1994), Biometrika 81(3), for rules at the mode.
    """
    places, weights = np.polynomial.hermite_e.hermegauss(count)
    weights = weights / weights.sum()
    nodes = np.array(list(product(places, repeat=effects)))
    products = np.array([np.prod(w) for w in product(weights, repeat=effects)])
    return Rule(nodes, np.log(products))
