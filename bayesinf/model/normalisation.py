"""What the integral of a model's density over flat vectors lacks to its evidence."""

from __future__ import annotations

import numpy as np

from bayesinf.model.model import Model
from bayesinf.prior import Prior

NODES = 64
"""Of Gauss-Legendre quadrature over the part of a prior that a lower bound cuts off."""


def evidence_offset(model: Model, width: np.ndarray) -> float | None:
    """The log evidence minus the log of the integral of the joint density over flat vectors.

    Args:
        model: The model.
        width: The unit of each element of the flat vector.

    Returns:
        The logarithm of the units, less that of the prior mass above the parameters' lower bounds;
        None where a prior is improper, which leaves the evidence undefined.
    """
    if not all(prior.proper for prior in model.scalar_priors):
        return None
    first = model.layout.coefficients
    bounded = zip(model.scalar_priors[first:], model.layout.lowers, strict=False)
    kept = sum(np.log1p(-_mass_below(prior, lower)) for prior, lower in bounded if lower > 0)
    return float(np.log(width).sum() - kept)


def _mass_below(prior: Prior, bound: float) -> float:
    """The probability that a positive prior gives to values below a bound."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    values = np.asarray(prior.log_density(0.5 * bound * (nodes + 1.0)))
    return float(0.5 * bound * weights @ np.exp(values))
