"""The mode of the posterior density with the group effects integrated out.

The Laplace approximation of the whole model says where it is and how wide, in coordinates in which
the density is almost a standard normal. Where groups have few rows it is off by up to a posterior
standard deviation or two; two or three Newton steps on the density itself put that right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.latent import Approximation
from bayesinf.model.quadrature.rule import hermite_rule
from bayesinf.model.quadrature.value import (
    Accuracy,
    Centre,
    Integrand,
    choose_rule,
    find_centre,
    log_densities,
)
from bayesinf.numerics.mode import Mode, Modes, differences, find_mode, stencil
from bayesinf.numerics.proposal import Student

STEP = 0.1
"""Of central differences, in approximate standard deviations: their errors are 1e-3 of the bends
at the most, and rounding is far below."""

TOLERANCE = 1e-3
"""In nats: 1e-3 is 0.04 posterior standard deviations away, enough for a proposal."""

NODES = 5
"""Per dimension, for the search."""

STARTS = 7
"""Of trajectories, besides the mode."""


@dataclass(frozen=True, eq=False)
class Summit:
    """The mode, and the quadrature that serves the density around it.

    Attributes:
        modes: What the search found.
        centre: The group modes there.
        accuracy: The rule that was chosen.
        proposal: A stand-in for the posterior: a t at the mode, or what is nearest to it.
    """

    modes: Modes
    centre: Centre
    accuracy: Accuracy
    proposal: Student

    def starts(self, generator: np.random.Generator) -> np.ndarray:
        """Points from which trajectories may start, (s, d), the mode among them."""
        return np.vstack([self.modes.best.point, self.proposal.sample(generator, STARTS)])


def find_summit(
    whole: Integrand, approximation: Approximation, generator: np.random.Generator
) -> Summit:
    """Climbs from the Laplace approximation to the mode, and chooses the nodes.

    Args:
        whole: The rows.
        approximation: Of the same model.
        generator: For the points over which the nodes' error is measured.

    Returns:
        The summit. Its modes agree when the mode was reached and the approximation's starts agreed.
    """
    point = approximation.centre
    factor = np.linalg.cholesky(approximation.joint_covariance())
    rule = hermite_rule(NODES, whole.rows.effects)
    rough = find_centre(whole, point, factor)

    def value(places: np.ndarray) -> np.ndarray:
        return log_densities(whole, rough, rule, 2, point + places @ factor.T)

    def derivatives(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        steps = np.full(len(place), STEP)
        return differences(value(place + steps * stencil(len(place))), steps)

    found = find_mode(value, derivatives, np.zeros(len(point)), tolerance=TOLERANCE)
    inverse = np.linalg.inv(factor)
    mode = Mode(
        point + factor @ found.point,
        found.value,
        inverse.T @ found.hessian @ inverse,
        found.converged,
        found.iterations,
    )
    modes = Modes(mode, (mode,), mode.converged and approximation.agree, approximation.gap)
    proposal = Student(mode.point, factor)
    if mode.converged:
        proposal = Student.at_mode(mode.point, mode.hessian)
    centre = find_centre(whole, mode.point, proposal.cholesky)
    accuracy = choose_rule(whole, centre, proposal, generator)
    return Summit(modes, centre, accuracy, proposal)
